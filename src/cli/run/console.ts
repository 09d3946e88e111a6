/**
 * What a run prints on standard error beside log lines: a table every two seconds, a live line on a terminal, the tables at
 * the end. Nothing with `--skip-log-setup`.
 */
import type { Runner, StatisticsView } from '../../events/index.js';
import {
  canShowProgress,
  caveats,
  finalReport,
  nameWidth,
  ProgressLine,
  paintFor,
  progressText,
  requestTable,
  saturationNote,
  type TableOptions,
  withOutcome,
} from '../../reports/index.js';
import type { Settings } from '../options/optionTable.js';

const tableIntervalMillis = 2000;
const progressIntervalMillis = 500;

export class Console {
  readonly #view: StatisticsView;
  readonly #timers: NodeJS.Timeout[] = [];
  #progress: ProgressLine | undefined;
  #began = 0;
  #toldSaturatedSeconds = 0;

  constructor(
    private readonly settings: Settings,
    statistics: StatisticsView,
    private readonly runner: Runner,
  ) {
    this.#view = withOutcome(statistics, settings.outcome);
  }

  start(): void {
    if (this.settings.skipLogSetup) return;
    this.#began = performance.now();
    if (!this.settings.onlySummary) {
      this.#timers.push(setInterval(() => this.#printTable(), tableIntervalMillis).unref());
    }
    if (canShowProgress(process.stderr, process.env)) {
      const line = new ProgressLine(process.stderr, [process.stdout]);
      this.#progress = line;
      this.#timers.push(setInterval(() => line.update(this.#progressText()), progressIntervalMillis).unref());
    }
  }

  /** May be called twice. */
  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#progress?.close();
    this.#progress = undefined;
  }

  printFinal(runSeconds: number): void {
    if (!this.settings.skipLogSetup) this.#print(finalReport(this.#view, runSeconds, tableOptions()));
  }

  /** Where the numbers are in a file, what one must know to judge them. */
  printCaveats(runSeconds: number): void {
    const lines = caveats(this.#view, runSeconds, tableOptions());
    if (!this.settings.skipLogSetup && lines.length > 0) this.#print(lines);
  }

  #printTable(): void {
    const { saturatedSeconds } = this.#view;
    const note = saturationNote(saturatedSeconds - this.#toldSaturatedSeconds, tableOptions());
    this.#toldSaturatedSeconds = saturatedSeconds;
    this.#print([...requestTable(this.#view, 'current', tableOptions()), ...note]);
  }

  #print(lines: readonly string[]): void {
    process.stderr.write(`${lines.join('\n')}\n`);
  }

  #progressText(): string {
    const { userCount, targetUserCount } = this.runner;
    const runTimeSeconds = this.settings.runTime || undefined;
    const elapsedSeconds = (performance.now() - this.#began) / 1000;
    return progressText({ elapsedSeconds, runTimeSeconds, userCount, targetUserCount }, this.#view);
  }
}

/** Asked each time: a terminal may be resized. */
function tableOptions(): TableOptions {
  return { nameWidth: nameWidth(process.stderr), paint: paintFor(process.stderr, process.env) };
}
