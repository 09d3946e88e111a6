/**
 * The last seconds of one entry, for its current rates and percentiles.
 *
 * Intervals of several workers neither begin nor end together, so the requests of one are spread over the seconds it covers,
 * by time: the seconds of all intervals add up to exactly what was measured. A histogram cannot be divided and goes whole to
 * the second in the middle of its interval.
 */
import type { Outcome } from '../events/index.js';
import { Counts } from './counts.js';
import { type EntryStats, type OutcomeStats, type SparseCounts, samplesOf } from './intervalStats.js';
import { type Extremes, noExtremes } from './percentile.js';
import type { RecentSnapshot, SecondSnapshot } from './snapshot.js';

/** Current numbers are about this many seconds. */
export const windowSeconds = 10;
/** Seconds kept: the window, and those that wait for the last report about them. */
const keptSeconds = 16;

/** Seconds since 1970, `from` included and `to` not; whole but for a run that began within the window. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/** One outcome in one second. A single interval's histogram is kept as it came, and only a second one is added to it. */
class RecentCounts {
  #single: SparseCounts | undefined;
  #sum: Counts | undefined;
  min = noExtremes.min;
  max = noExtremes.max;

  add(stats: OutcomeStats): void {
    if (stats.timed === 0) return;
    this.addAll({ min: stats.minMicros, max: stats.maxMicros, histogram: stats.histogram });
  }

  addAll({ min, max, histogram }: RecentSnapshot): void {
    this.min = Math.min(this.min, min);
    this.max = Math.max(this.max, max);
    if (this.#single === undefined) {
      this.#single = histogram;
      return;
    }
    if (this.#sum === undefined) {
      this.#sum = new Counts();
      this.#sum.add(this.#single);
    }
    this.#sum.add(histogram);
  }

  /** Undefined without a timed sample. */
  snapshot(): RecentSnapshot | undefined {
    const histogram = this.#sum?.snapshot() ?? this.#single;
    return histogram && { min: this.min, max: this.max, histogram };
  }

  addTo(counts: Counts): void {
    if (this.#sum !== undefined) counts.addAll(this.#sum);
    else if (this.#single !== undefined) counts.add(this.#single);
  }
}

class Second {
  requests = 0;
  failures = 0;
  ok: RecentCounts | undefined = undefined;
  failed: RecentCounts | undefined = undefined;

  constructor(readonly time: number) {}

  add(stats: EntryStats): void {
    if (stats.ok) {
      this.ok ??= new RecentCounts();
      this.ok.add(stats.ok);
    }
    if (stats.failed) {
      this.failed ??= new RecentCounts();
      this.failed.add(stats.failed);
    }
  }

  snapshot(): SecondSnapshot {
    const ok = this.ok?.snapshot();
    const failed = this.failed?.snapshot();
    const { time, requests, failures } = this;
    return { time, requests, failures, ...(ok && { ok }), ...(failed && { failed }) };
  }

  restore({ requests, failures, ok, failed }: SecondSnapshot): void {
    this.requests = requests;
    this.failures = failures;
    if (ok !== undefined) {
      this.ok = new RecentCounts();
      this.ok.addAll(ok);
    }
    if (failed !== undefined) {
      this.failed = new RecentCounts();
      this.failed.addAll(failed);
    }
  }
}

export class RecentSeconds {
  /** By time modulo its length; empty while nothing is recent. */
  readonly #seconds: (Second | undefined)[] = [];
  #newest = -Infinity;

  get isEmpty(): boolean {
    return this.#seconds.every((second) => second === undefined);
  }

  /** Adds what an interval has of this entry. What is too old to be shown is dropped. */
  add(stats: EntryStats, spread: Spread): void {
    const failures = samplesOf(stats.failed);
    const requests = failures + samplesOf(stats.ok);
    for (const { time, share } of spread.shares) {
      const second = this.#second(time);
      if (second === undefined) continue;
      second.requests += requests * share;
      second.failures += failures * share;
    }
    this.#second(spread.middle)?.add(stats);
  }

  /** Requests of the outcome per second. */
  rate(window: TimeWindow, outcome: Outcome): number {
    const length = window.to - window.from;
    if (length <= 0) return 0;
    let count = 0;
    for (const second of this.#within(window)) {
      if (outcome !== 'failed') count += second.requests;
      if (outcome === 'ok') count -= second.failures;
      if (outcome === 'failed') count += second.failures;
    }
    return Math.max(0, count) / length;
  }

  /** Adds the window's response times to `counts` and returns their extremes. */
  addTo(counts: Counts, window: TimeWindow, outcome: Outcome): Extremes {
    let { min, max } = noExtremes;
    for (const second of this.#within(window)) {
      for (const part of partsOf(second, outcome)) {
        part.addTo(counts);
        min = Math.min(min, part.min);
        max = Math.max(max, part.max);
      }
    }
    return { min, max };
  }

  /** Forgets the seconds before `time`; returns whether any are left. */
  forgetBefore(time: number): boolean {
    let isAnyLeft = false;
    for (let i = 0; i < this.#seconds.length; i++) {
      const second = this.#seconds[i];
      if (second === undefined) continue;
      if (second.time < time) this.#seconds[i] = undefined;
      else isAnyLeft = true;
    }
    if (!isAnyLeft) this.clear();
    return isAnyLeft;
  }

  /** In the order of time. */
  snapshot(): readonly SecondSnapshot[] {
    const seconds = this.#seconds.filter((second) => second !== undefined);
    return seconds.sort((a, b) => a.time - b.time).map((second) => second.snapshot());
  }

  restore(seconds: readonly SecondSnapshot[]): void {
    this.clear();
    for (const second of seconds) this.#second(second.time)?.restore(second);
  }

  clear(): void {
    this.#seconds.length = 0;
    this.#newest = -Infinity;
  }

  #second(time: number): Second | undefined {
    if (time <= this.#newest - keptSeconds) return undefined;
    this.#newest = Math.max(this.#newest, time);
    const at = time % keptSeconds;
    const known = this.#seconds[at];
    if (known?.time === time) return known;
    const second = new Second(time);
    this.#seconds[at] = second;
    return second;
  }

  *#within(window: TimeWindow): IterableIterator<Second> {
    const from = Math.floor(window.from);
    for (const second of this.#seconds) {
      if (second !== undefined && second.time >= from && second.time < window.to) yield second;
    }
  }
}

function partsOf(second: Second, outcome: Outcome): readonly RecentCounts[] {
  const parts = outcome === 'all' ? [second.ok, second.failed] : [second[outcome]];
  return parts.filter((part) => part !== undefined);
}

/** How an interval is spread over whole seconds: the same for all its entries. */
export interface Spread {
  /** The seconds that it touches, with the share of it that each covers: together 1, but for the oldest of a very long one. */
  readonly shares: readonly { readonly time: number; readonly share: number }[];
  readonly middle: number;
}

export function spreadOf(interval: { readonly startTime: number; readonly seconds: number }): Spread {
  const { startTime, seconds } = interval;
  const end = startTime + seconds;
  const middle = Math.floor(startTime + seconds / 2);
  const first = Math.floor(startTime);
  const last = Math.max(first, Math.ceil(end) - 1);
  if (last === first) return { shares: [{ time: first, share: 1 }], middle };
  const shares = [];
  for (let time = Math.max(first, last - keptSeconds + 1); time <= last; time++) {
    shares.push({ time, share: (Math.min(end, time + 1) - Math.max(startTime, time)) / seconds });
  }
  return { shares, middle };
}
