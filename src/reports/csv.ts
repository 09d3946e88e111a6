/**
 * The CSV files of `--csv PREFIX`: Locust's four (statistics, history, failures, exceptions), and one about the load generator.
 * The owner calls `write` each second, `addWorkers` with each interval, and `close` at the end; nothing that happens to the files
 * reaches the run, `failed` tells of it.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { stringify } from 'csv-stringify/sync';
import type { EntryView, Outcome, StatisticsView } from '../events/index.js';
import type { WorkerInterval } from '../stats/index.js';
import { AppendedFile } from './appendedFile.js';
import {
  type CsvRow,
  exceptionRow,
  exceptionsHeader,
  failureRow,
  failuresHeader,
  generatorHeader,
  generatorRow,
  historyHeader,
  historyRow,
  lostRow,
  type Moment,
  statsHeader,
  statsRow,
} from './csvRows.js';
import { lostWorkers } from './namedWorkers.js';
import { withOutcome } from './outcome.js';
import { ReplacedFile } from './replacedFile.js';

export interface CsvOptions {
  /** A row for each entry in the history, not only the aggregate. Default false. Locust: `--csv-full-history`. */
  readonly fullHistory?: boolean;
  /** Which samples the columns of statistics and history are about. Default `all`, as in Locust. */
  readonly outcome?: Outcome;
  /** The run goes on after its master ended: rows that are there stay, and further ones follow. Default false. */
  readonly continues?: boolean;
}

interface CsvFiles {
  readonly stats: ReplacedFile;
  readonly failures: ReplacedFile;
  readonly exceptions: ReplacedFile;
  readonly history: AppendedFile;
  readonly generator: AppendedFile;
}

/** Rows made in one turn of the event loop, which also carries the load. */
const rowsPerTurn = 200;
/** Rewriting takes at most this share of the time: with many names the files are renewed less often. */
const maxRewriteShare = 0.1;

export class CsvReport {
  #rewriting: Promise<void> | undefined;
  #rewriteNotBefore = 0;
  #lastTimestamp = -1;
  #closing: Promise<void> | undefined;

  private constructor(
    private readonly files: CsvFiles,
    private readonly fullHistory: boolean,
    private readonly outcome: Outcome,
  ) {}

  /** Makes the files, each with its header. Throws `TsloadError` with code OUTPUT when one cannot be written. */
  static async open(prefix: string, options: CsvOptions = {}): Promise<CsvReport> {
    const replaced = (name: string) => ReplacedFile.open(`${prefix}_${name}.csv`);
    const stats = await replaced('stats');
    const failures = await replaced('failures');
    const exceptions = await replaced('exceptions');
    const grown = (name: string, header: CsvRow) => {
      const begin = csvText([header]);
      const how = options.continues === true ? { continues: { begin, isQuoted: true } } : {};
      return AppendedFile.open(`${prefix}_${name}.csv`, begin, how);
    };
    const history = await grown('stats_history', historyHeader);
    const generator = await grown('generator', generatorHeader).catch(async (thrown: unknown) => {
      await history.close();
      throw thrown;
    });
    const report = new CsvReport(
      { stats, failures, exceptions, history, generator },
      options.fullHistory ?? false,
      options.outcome ?? 'all',
    );
    if (options.continues === true) return report; // what is there is newer than nothing
    await stats.write(csvText([statsHeader]));
    await failures.write(csvText([failuresHeader]));
    await exceptions.write(csvText([exceptionsHeader]));
    return report;
  }

  /** Why some results are missing in a file; undefined when none are. */
  get failed(): string | undefined {
    const { stats, failures, exceptions, history, generator } = this.files;
    return stats.failed ?? history.failed ?? failures.failed ?? exceptions.failed ?? generator.failed;
  }

  /** Adds rows about the load generator; they are in the file after the next `write` or `close`. */
  addWorkers(intervals: readonly WorkerInterval[]): void {
    if (intervals.length > 0) this.files.generator.append(csvText(intervals.map(generatorRow)));
  }

  /** Adds to what grows and renews the other files. Never rejects. A call during a slow one only adds. */
  async write(statistics: StatisticsView, moment: Moment): Promise<void> {
    const view = withOutcome(statistics, this.outcome);
    await Promise.all([this.#appendHistory(view, moment), this.files.generator.flush()]);
    if (this.#rewriting !== undefined || performance.now() < this.#rewriteNotBefore) return;
    const began = performance.now();
    this.#rewriting = this.#rewrite(view);
    await this.#rewriting;
    this.#rewriting = undefined;
    const ended = performance.now();
    this.#rewriteNotBefore = ended + (ended - began) * (1 / maxRewriteShare - 1);
  }

  /** Writes the final numbers and closes. May be called twice. Never rejects. */
  close(statistics: StatisticsView, moment: Moment): Promise<void> {
    this.#closing ??= this.#close(withOutcome(statistics, this.outcome), moment);
    return this.#closing;
  }

  async #close(view: StatisticsView, moment: Moment): Promise<void> {
    await this.#rewriting;
    if (Math.floor(moment.now) > this.#lastTimestamp) await this.#appendHistory(view, moment);
    await this.#rewrite(view);
    const lost = lostWorkers(view);
    if (lost.length > 0) this.files.generator.append(csvText(lost.map(lostRow)));
    await Promise.all([this.files.history.close(), this.files.generator.close()]);
  }

  async #appendHistory(view: StatisticsView, moment: Moment): Promise<void> {
    this.#lastTimestamp = Math.floor(moment.now);
    const rows = this.fullHistory
      ? eachEntry(view, (entry) => historyRow(entry, moment, 'current'))
      : [historyRow(view.total, moment, 'run')];
    this.files.history.append(await csvTextInTurns(rows));
    await this.files.history.flush();
  }

  async #rewrite(view: StatisticsView): Promise<void> {
    const { stats, failures, exceptions } = this.files;
    await stats.write(csvText([statsHeader]) + (await csvTextInTurns(eachEntry(view, statsRow))));
    await failures.write(csvText([failuresHeader, ...view.errors.map(failureRow)]));
    await exceptions.write(csvText([exceptionsHeader, ...view.exceptions.map(exceptionRow)]));
  }
}

/** Rows of all entries, the aggregate last, each made when it is asked for. */
function* eachEntry(view: StatisticsView, rowOf: (entry: EntryView) => CsvRow): Generator<CsvRow> {
  for (const entry of view.entries()) yield rowOf(entry);
  yield rowOf(view.total);
}

async function csvTextInTurns(rows: Iterable<CsvRow>): Promise<string> {
  let text = '';
  let batch: CsvRow[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < rowsPerTurn) continue;
    text += csvText(batch);
    batch = [];
    await turn();
  }
  return text + csvText(batch);
}

/** Python's default dialect: comma, quotes only where needed, doubled inside, CRLF. */
function csvText(rows: readonly CsvRow[]): string {
  // The package quotes fields with its own record end; a lone line feed, as in tracebacks, needs quotes as well.
  return stringify(rows as CsvRow[], { record_delimiter: '\r\n', quoted_match: /[\r\n]/ });
}
