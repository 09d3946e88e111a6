/**
 * Requests and failures of each second and entry, for the JSON output's `num_reqs_per_sec` and `num_fail_per_sec`. Only
 * there: everything else has its rates from the statistics.
 *
 * Bounded: an hour of seconds is kept, and less when there are so many entries that this would be more than a million
 * numbers; then the oldest go, and the sum of the map is less than the number of requests.
 */
import type { EntryStats, IntervalStats } from '../stats/index.js';

export interface PerSecondOptions {
  /** Most seconds kept of each entry. Default 3,600. */
  readonly maxSeconds?: number;
  /** Most pairs of second and count kept in all. Default 1,000,000. */
  readonly maxCounts?: number;
}

/** By second since 1970, ascending. */
export type SecondCounts = readonly (readonly [second: number, count: number])[];

/** Of some entries. */
export interface PerSecondSnapshot {
  readonly maxSeconds: number;
  readonly newest: number;
  readonly entries: readonly EntrySeconds[];
}

/** Second, count, second, count, … */
interface EntrySeconds {
  readonly requestType: string;
  readonly name: string;
  readonly requests: Float64Array;
  readonly failures: Float64Array;
}

interface Seconds {
  readonly requests: Map<number, number>;
  readonly failures: Map<number, number>;
}

/** Pairs in a snapshot, about; an entry counts as so many besides. */
const countsAtOnce = 2000;
const entryCost = 5;

export class PerSecond {
  readonly #byType = new Map<string, Map<string, Seconds>>();
  readonly #maxCounts: number;
  #maxSeconds: number;
  #newest = 0;
  #kept = 0;

  constructor(options: PerSecondOptions = {}) {
    this.#maxSeconds = options.maxSeconds ?? 3600;
    this.#maxCounts = options.maxCounts ?? 1_000_000;
  }

  /** Adds what a worker measured; an interval counts for the second in which its middle lies. Not the warm-up. */
  apply(interval: IntervalStats): void {
    if (interval.isWarmup) return;
    const second = Math.floor(interval.startTime + interval.seconds / 2);
    for (const entry of interval.entries) this.#add(entry, second);
    if (second > this.#newest) this.#forget(second);
    while (this.#kept > this.#maxCounts && this.#maxSeconds > 1) {
      this.#maxSeconds = Math.ceil(this.#maxSeconds / 2);
      this.#forget(this.#newest);
    }
  }

  /** As plain data, for the journal of a master: some entries at a time, as they are when they are taken. */
  *snapshots(): IterableIterator<PerSecondSnapshot> {
    let entries: EntrySeconds[] = [];
    let kept = 0;
    for (const [requestType, names] of this.#byType) {
      for (const [name, { requests, failures }] of names) {
        entries.push({ requestType, name, requests: pairsOf(requests), failures: pairsOf(failures) });
        kept += entryCost + requests.size + failures.size;
        if (kept < countsAtOnce) continue;
        yield { maxSeconds: this.#maxSeconds, newest: this.#newest, entries };
        entries = [];
        kept = 0;
      }
    }
    yield { maxSeconds: this.#maxSeconds, newest: this.#newest, entries };
  }

  /** Takes on what a snapshot has, instead of what its entries had; what is none, as of another version, is left out. */
  restore(snapshot: unknown): void {
    if (!isSnapshot(snapshot)) return;
    for (const entry of snapshot.entries) {
      const { requests, failures } = this.#secondsOf(entry);
      for (const [counts, pairs] of [[requests, entry.requests] as const, [failures, entry.failures] as const]) {
        this.#kept -= counts.size;
        counts.clear();
        for (let at = 0; at + 1 < pairs.length; at += 2) this.#count(counts, pairs[at]!, pairs[at + 1]!);
      }
    }
    const isShorter = snapshot.maxSeconds < this.#maxSeconds;
    this.#maxSeconds = snapshot.maxSeconds;
    this.#newest = snapshot.newest;
    if (isShorter) this.#forget(snapshot.newest);
  }

  /** From the second `startTime` on: what was before belongs to an earlier test or to before a reset. */
  of(
    method: string,
    name: string,
    startTime: number,
  ): { readonly requests: SecondCounts; readonly failures: SecondCounts } {
    const seconds = this.#byType.get(method)?.get(name);
    const since = (counts: Map<number, number> | undefined) =>
      [...(counts ?? [])].filter(([second]) => second >= Math.floor(startTime)).sort(([a], [b]) => a - b);
    return { requests: since(seconds?.requests), failures: since(seconds?.failures) };
  }

  #add(entry: EntryStats, second: number): void {
    const { requests, failures } = this.#secondsOf(entry);
    const [ok, failed] = [entry.ok, entry.failed].map((stats) => (stats ? stats.timed + stats.untimed : 0));
    this.#count(requests, second, (ok ?? 0) + (failed ?? 0));
    this.#count(failures, second, failed ?? 0);
  }

  #count(counts: Map<number, number>, second: number, count: number): void {
    if (count === 0) return;
    const known = counts.get(second);
    if (known === undefined) this.#kept++;
    counts.set(second, (known ?? 0) + count);
  }

  #secondsOf({ requestType, name }: Pick<EntryStats, 'requestType' | 'name'>): Seconds {
    const names = this.#byType.get(requestType) ?? new Map<string, Seconds>();
    this.#byType.set(requestType, names);
    const seconds = names.get(name) ?? { requests: new Map(), failures: new Map() };
    names.set(name, seconds);
    return seconds;
  }

  /** Drops what is older than the seconds to keep. Seconds stand in the order in which they came, nearly ascending. */
  #forget(newest: number): void {
    this.#newest = newest;
    const oldest = newest - this.#maxSeconds;
    for (const names of this.#byType.values()) {
      for (const { requests, failures } of names.values()) {
        this.#drop(requests, oldest);
        this.#drop(failures, oldest);
      }
    }
  }

  #drop(counts: Map<number, number>, oldest: number): void {
    for (const second of counts.keys()) {
      if (second > oldest) break;
      counts.delete(second);
      this.#kept--;
    }
  }
}

function pairsOf(counts: ReadonlyMap<number, number>): Float64Array {
  const pairs = new Float64Array(2 * counts.size);
  let at = 0;
  for (const [second, count] of counts) {
    pairs[at++] = second;
    pairs[at++] = count;
  }
  return pairs;
}

function isSnapshot(value: unknown): value is PerSecondSnapshot {
  return (
    typeof value === 'object' &&
    value !== null &&
    'maxSeconds' in value &&
    typeof value.maxSeconds === 'number' &&
    'newest' in value &&
    typeof value.newest === 'number' &&
    'entries' in value &&
    Array.isArray(value.entries) &&
    value.entries.every(isEntry)
  );
}

function isEntry(value: unknown): value is EntrySeconds {
  return (
    typeof value === 'object' &&
    value !== null &&
    'requestType' in value &&
    typeof value.requestType === 'string' &&
    'name' in value &&
    typeof value.name === 'string' &&
    'requests' in value &&
    value.requests instanceof Float64Array &&
    'failures' in value &&
    value.failures instanceof Float64Array
  );
}
