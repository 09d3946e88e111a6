/**
 * The CSV files of `--csv PREFIX`: Locust's four (statistics, history, failures, exceptions), and one about the load generator.
 * The owner calls `write` each second, `addWorkers` with each interval, and `close` at the end; nothing that happens to the files
 * reaches the run, `failed` tells of it. From the first `write` to `close` each second has its rows in the history once, also where
 * a call came late or not at all: then with the numbers of the next one.
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
  forgottenRows,
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
/** Rows of the history made by one call, after a long time without any: the seconds longest ago have none then. */
const maxRowsAtOnce = 20_000;
/** Rewriting takes at most this share of the time: with many names the files are renewed less often. */
const maxRewriteShare = 0.1;

export class CsvReport {
  #rewriting: Promise<void> | undefined;
  #rewriteNotBefore = 0;
  /** The last second with rows in the history. */
  #lastSecond: number | undefined;
  #addingHistory: Promise<void> | undefined;
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
    // while the rows of a second are still being made, those of the next ones wait for the next call: they stay in order
    this.#addingHistory ??= this.#addHistory(view, moment).finally(() => {
      this.#addingHistory = undefined;
    });
    await this.#addingHistory;
    await Promise.all([this.files.history.flush(), this.files.generator.flush()]);
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
    await this.#addingHistory;
    await this.#addHistory(view, moment);
    await this.#rewrite(view);
    const lost = [...lostWorkers(view).map(lostRow), ...forgottenRows(view.forgottenLost)];
    if (lost.length > 0) this.files.generator.append(csvText(lost));
    await Promise.all([this.files.history.close(), this.files.generator.close()]);
  }

  async #addHistory(view: StatisticsView, { now, userCount }: Moment): Promise<void> {
    const rowsOfSecond = this.fullHistory ? view.entries().length + 1 : 1;
    const seconds = secondsWithoutRows(this.#lastSecond, now, Math.ceil(maxRowsAtOnce / rowsOfSecond));
    this.#lastSecond = seconds.at(-1) ?? this.#lastSecond;
    for (const second of seconds) {
      const moment = { now: second, userCount };
      const rows = this.fullHistory
        ? eachEntry(view, (entry) => historyRow(entry, moment, 'current'))
        : [historyRow(view.total, moment, 'run')];
      this.files.history.append(await csvTextInTurns(rows));
    }
  }

  async #rewrite(view: StatisticsView): Promise<void> {
    const { stats, failures, exceptions } = this.files;
    await stats.write(csvText([statsHeader]) + (await csvTextInTurns(eachEntry(view, statsRow))));
    await failures.write(csvText([failuresHeader, ...view.errors.map(failureRow)]));
    await exceptions.write(csvText([exceptionsHeader, ...view.exceptions.map(exceptionRow)]));
  }
}

/** The seconds after `last` up to the one of `now`, the last `most` of them; the one of `now` alone when there was none before. */
function secondsWithoutRows(last: number | undefined, now: number, most: number): readonly number[] {
  const newest = Math.floor(now);
  const count = last === undefined ? 1 : Math.max(0, Math.min(newest - last, most));
  return Array.from({ length: count }, (_, at) => newest - count + 1 + at);
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
