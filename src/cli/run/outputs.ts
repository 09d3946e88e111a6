/**
 * The outputs of a run: opened before it, so that one that can't be written stops it in time; fed while it lasts; written a last
 * time when the last report is in, so that they all say the same.
 */
import { epochSeconds } from '../../clock.js';
import type { Environment } from '../../environment/index.js';
import type { Runner } from '../../events/index.js';
import type { KeptJournal, ResumedRun } from '../../master/index.js';
import { CsvReport, HdrLog, JsonReport, type Moment, PerSecond, statisticsJson } from '../../reports/index.js';
import { RunStatistics } from '../../stats/index.js';
import type { Settings } from '../options/optionTable.js';
import { Console } from './console.js';

/** So long after each whole second the CSV files are written: what workers have reported of the time before it is counted by then. */
const csvDelaySeconds = 0.85;
/** Name of the requests by second in a journal. */
const perSecondPart = 'perSecond';

/** What a journal has to do with the outputs of its run. */
export interface OutputRecord {
  /** It keeps what an output needs to go on. */
  readonly journal?: KeptJournal | undefined;
  /** The run goes on: what the master before wrote stays, and further rows follow. */
  readonly resumed?: ResumedRun | undefined;
}

interface Files {
  readonly csv: CsvReport | undefined;
  readonly json: JsonReport | undefined;
  readonly hdrLog: HdrLog | undefined;
}

export class Outputs {
  readonly #console: Console;
  readonly #perSecond = new PerSecond();
  readonly #forget: (() => void)[] = [];
  #csvTimer: NodeJS.Timeout | undefined;
  #isFinished = false;

  private constructor(
    private readonly settings: Settings,
    private readonly environment: Environment,
    private readonly runner: Runner,
    private readonly files: Files,
  ) {
    this.#console = new Console(settings, environment.stats, runner);
  }

  /** Makes the files. Throws `TsloadError` with code OUTPUT for one that can't be written. */
  static async open(
    settings: Settings,
    environment: Environment,
    runner: Runner,
    record: OutputRecord = {},
  ): Promise<Outputs> {
    const { csvPrefix, jsonFile, hdrLog, outcome, statsHistoryEnabled } = settings;
    const continues = record.resumed !== undefined;
    const files: Files = {
      csv:
        csvPrefix === undefined
          ? undefined
          : await CsvReport.open(csvPrefix, { fullHistory: statsHistoryEnabled, outcome, continues }),
      json: jsonFile === undefined ? undefined : await JsonReport.open(jsonFile),
      hdrLog:
        hdrLog === undefined ? undefined : await HdrLog.open(hdrLog, { startTime: epochSeconds(), outcome, continues }),
    };
    const outputs = new Outputs(settings, environment, runner, files);
    outputs.#keepSeconds(record);
    return outputs;
  }

  /** Requests by second, which only JSON has: as they were before, and for a master that may go on after this one. */
  #keepSeconds({ journal, resumed }: OutputRecord): void {
    if (!this.#wantsSeconds) return;
    resumed?.replay(perSecondPart, {
      restore: (piece) => this.#perSecond.restore(piece),
      apply: (interval) => this.#perSecond.apply(interval),
    });
    journal?.part(perSecondPart, () => this.#perSecond.snapshots());
  }

  get #wantsSeconds(): boolean {
    return this.settings.json || this.files.json !== undefined;
  }

  /** Begins to write: CSV files each second from now on, tables and the live line while users run. */
  start(): void {
    const { stats } = this.environment;
    const { csv, hdrLog } = this.files;
    if (stats instanceof RunStatistics) {
      if (hdrLog !== undefined) this.#forget.push(stats.onInterval((...second) => void hdrLog.write(...second)));
      if (csv !== undefined) {
        this.#forget.push(stats.onInterval((_interval, workers) => csv.addWorkers(workers)));
      }
      if (this.#wantsSeconds) this.#forget.push(stats.onInterval((interval) => this.#perSecond.apply(interval)));
    }
    if (csv !== undefined) this.#writeCsvOf(Math.floor(epochSeconds()), csv);
    this.#console.start();
  }

  /** No more tables and live line: the final ones follow. */
  stopPrinting(): void {
    this.#console.stop();
  }

  /**
   * Writes everything a last time, closes the files and prints the final tables, or what stands below them; nothing of a test that never began, which has
   * no `runSeconds`. Never rejects; may be called twice.
   */
  async finish(runSeconds: number | undefined): Promise<void> {
    if (this.#isFinished) return;
    this.#isFinished = true;
    clearTimeout(this.#csvTimer);
    this.stopPrinting();
    for (const forget of this.#forget) forget();
    const { stats } = this.environment;
    const { csv, json, hdrLog } = this.files;
    await Promise.all([
      csv?.close(stats, this.#momentOf(epochSeconds())),
      json?.write(stats, this.#perSecond),
      hdrLog?.close(),
    ]);
    if (this.settings.json) for (const part of statisticsJson(stats, this.#perSecond)) await printed(part);
    if (runSeconds === undefined) return;
    if (json === undefined) this.#console.printFinal(runSeconds);
    else this.#console.printCaveats(runSeconds);
  }

  /** What could not be written, a sentence for each file. */
  get failures(): readonly string[] {
    const { csv, json, hdrLog } = this.files;
    return [csv?.failed, json?.failed, hdrLog?.failed].filter((failure) => failure !== undefined);
  }

  /** Planned by the clock and not from one time to the next, which would be late by a little more each time and leave out a second. */
  #writeCsvOf(second: number, csv: CsvReport): void {
    const write = (): void => {
      const reached = Math.floor(epochSeconds() - csvDelaySeconds);
      if (reached >= second) void csv.write(this.environment.stats, this.#momentOf(reached));
      this.#writeCsvOf(reached + 1, csv);
    };
    const millis = Math.ceil((second + csvDelaySeconds - epochSeconds()) * 1000);
    this.#csvTimer = setTimeout(write, Math.max(0, millis)).unref();
  }

  #momentOf(now: number): Moment {
    return { now, userCount: this.runner.userCount };
  }
}

function printed(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}
