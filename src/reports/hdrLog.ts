/**
 * `--hdr-log FILE`: the histograms of every interval in the HdrHistogram log format, for its standard tools. Values are
 * microseconds; each entry is a tag, `POST:/buy`; lines without a tag are the sum of all entries. A comment before an interval's
 * lines says when the load generator was saturated in it.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Outcome } from '../events/index.js';
import {
  type EntryStats,
  type IntervalStats,
  maxMicros,
  type OutcomeStats,
  type SparseCounts,
  significantDigits,
  type WorkerInterval,
} from '../stats/index.js';
import { AppendedFile } from './appendedFile.js';
import { encodeHistogram } from './hdrEncoding.js';

export interface HdrLogOptions {
  /** Seconds since 1970, of the run's start. */
  readonly startTime: number;
  /** Which samples are logged. Default `all`. */
  readonly outcome?: Outcome;
  /** The run goes on after its master ended: a log that is there stays, and further lines follow. Default false. */
  readonly continues?: boolean;
}

const range = { maxMicros, significantDigits };
/** Lines made in one turn of the event loop, which also carries the load: about half a millisecond. */
const linesPerTurn = 20;

export class HdrLog {
  #writing: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  /** Tags of which the log says already that they are coarse. */
  readonly #coarse = new Set<string>();

  private constructor(
    private readonly file: AppendedFile,
    private readonly outcome: Outcome,
  ) {}

  /** Makes the file with its head. Throws `TsloadError` with code OUTPUT when it cannot be written. */
  static async open(path: string, options: HdrLogOptions): Promise<HdrLog> {
    const start = options.startTime.toFixed(3);
    const date = new Date(options.startTime * 1000).toISOString();
    const begin = '#[tsload: response times in microseconds, a tag for each request type and name]\n';
    const head = [
      '#[Histogram log format version 1.3]',
      `#[StartTime: ${start} (seconds since epoch), ${date}]`,
      '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ];
    const how = options.continues === true ? { continues: { begin, isQuoted: false } } : {};
    return new HdrLog(await AppendedFile.open(path, `${begin}${head.join('\n')}\n`, how), options.outcome ?? 'all');
  }

  /** Why some intervals are not in the file; undefined when all are. */
  get failed(): string | undefined {
    return this.file.failed;
  }

  /** Adds what workers measured; an interval of the warm-up is left out. Never rejects. Intervals are written in their order. */
  write(interval: IntervalStats, workers: readonly WorkerInterval[] = []): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write(interval, workers));
    return this.#writing;
  }

  /** Writes what is left and closes. May be called twice. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#writing.then(() => this.file.close());
    return this.#closing;
  }

  #markCoarse(entry: EntryStats): void {
    const tag = tagOf(entry);
    if (this.#coarse.has(tag)) return;
    this.#coarse.add(tag);
    this.file.append(coarseLine(tag));
  }

  async #write(interval: IntervalStats, workers: readonly WorkerInterval[]): Promise<void> {
    if (interval.isWarmup) return;
    for (const worker of workers) if (worker.health.isSaturated) this.file.append(saturationLine(worker));
    for (const entry of interval.entries) if (entry.isCoarse === true) this.#markCoarse(entry);
    let made = 0;
    for (const line of linesOf(interval, this.outcome)) {
      this.file.append(line);
      if (++made % linesPerTurn === 0) await turn();
    }
    await this.file.flush();
  }
}

/** A comment to every reader of the format, once for each tag. */
function coarseLine(tag: string): string {
  return `#[Coarse: ${tag} (has response times of Locust's workers, known to two digits)]\n`;
}

/** A comment to every reader of the format, but one that a program can read: when, how long, which worker. */
function saturationLine(interval: WorkerInterval): string {
  const { worker, health } = interval;
  const busy = `event loop busy ${Math.round(health.loopUtilisation * 100)} %, ${Math.round(health.loopDelayMillis)} ms late`;
  return `#[Saturated: ${timesOf(interval)},${encoded(worker)} (${busy})]\n`;
}

function* linesOf(interval: IntervalStats, outcome: Outcome): Generator<string> {
  const all: OutcomeStats[] = [];
  for (const entry of interval.entries) {
    const timed = outcomesOf(entry, outcome).filter((stats) => stats.timed > 0);
    if (timed.length === 0) continue;
    all.push(...timed);
    yield lineOf(interval, timed, `Tag=${tagOf(entry)},`);
  }
  if (all.length > 0) yield lineOf(interval, all, '');
}

function outcomesOf(entry: EntryStats, outcome: Outcome): readonly OutcomeStats[] {
  const chosen = outcome === 'all' ? [entry.ok, entry.failed] : [entry[outcome]];
  return chosen.filter((stats) => stats !== undefined);
}

function lineOf(interval: IntervalStats, stats: readonly OutcomeStats[], tag: string): string {
  const longestMicros = Math.min(Math.max(...stats.map((each) => each.maxMicros)), range.maxMicros);
  const histogram = encodeHistogram(sum(stats.map((each) => each.histogram)), range);
  return `${tag}${timesOf(interval)},${(longestMicros / 1000).toFixed(3)},${histogram}\n`;
}

function timesOf({ startTime, seconds }: IntervalStats | WorkerInterval): string {
  return `${startTime.toFixed(3)},${seconds.toFixed(3)}`;
}

/** Commas, blanks and line ends would end a tag: they and other control characters are percent-encoded, as is `%`. */
export function tagOf(entry: { readonly requestType: string; readonly name: string }): string {
  return encoded(`${entry.requestType}:${entry.name}`);
}

function encoded(text: string): string {
  return text.replace(/[\s,%\p{Cc}]/gu, (character) => encodeURIComponent(character));
}

/** Slots ascending, each once. */
function sum(all: readonly SparseCounts[]): SparseCounts {
  if (all.length === 1 && all[0] !== undefined) return all[0];
  const bySlot = new Map<number, number>();
  for (const { slots, counts } of all) {
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      bySlot.set(slot, (bySlot.get(slot) ?? 0) + counts[i]!);
    }
  }
  const sorted = [...bySlot].sort(([a], [b]) => a - b);
  return { slots: sorted.map(([slot]) => slot), counts: sorted.map(([, count]) => count) };
}
