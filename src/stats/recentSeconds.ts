/**
 * The last seconds of one entry, for its current rates and percentiles.
 *
 * Intervals of several workers neither begin nor end together, so the requests of one are spread over the seconds it covers,
 * by time: the seconds of all intervals add up to exactly what was measured. A histogram cannot be divided and goes whole to
 * the second in the middle of its interval.
 */
import type { Outcome } from '../events/index.js';
import { Counts } from './counts.js';
import type { EntryStats, OutcomeStats, SparseCounts } from './intervalStats.js';
import { type Extremes, noExtremes } from './percentile.js';

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
    this.min = Math.min(this.min, stats.minMicros);
    this.max = Math.max(this.max, stats.maxMicros);
    if (this.#single === undefined) {
      this.#single = stats.histogram;
      return;
    }
    if (this.#sum === undefined) {
      this.#sum = new Counts();
      this.#sum.add(this.#single);
    }
    this.#sum.add(stats.histogram);
  }

  addTo(counts: Counts): void {
    if (this.#sum !== undefined) counts.addAll(this.#sum);
    else if (this.#single !== undefined) counts.add(this.#single);
  }
}

class Second {
  requests = 0;
  failures = 0;
  readonly ok = new RecentCounts();
  readonly failed = new RecentCounts();
  constructor(readonly time: number) {}
}

export class RecentSeconds {
  /** By time modulo its length; empty while nothing is recent. */
  readonly #seconds: (Second | undefined)[] = [];
  #newest = -Infinity;

  /** Adds an interval that began at `startTime` and lasted `seconds`. What is too old to be shown is dropped. */
  add(stats: EntryStats, startTime: number, seconds: number): void {
    const failures = samplesOf(stats.failed);
    const requests = failures + samplesOf(stats.ok);
    for (const [time, share] of shares(startTime, seconds)) {
      const second = this.#second(time);
      if (second === undefined) continue;
      second.requests += requests * share;
      second.failures += failures * share;
    }
    const middle = this.#second(Math.floor(startTime + seconds / 2));
    if (stats.ok) middle?.ok.add(stats.ok);
    if (stats.failed) middle?.failed.add(stats.failed);
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

function samplesOf(stats: OutcomeStats | undefined): number {
  return stats === undefined ? 0 : stats.timed + stats.untimed;
}

function partsOf(second: Second, outcome: Outcome): readonly RecentCounts[] {
  if (outcome === 'all') return [second.ok, second.failed];
  return [outcome === 'ok' ? second.ok : second.failed];
}

/** The whole seconds that an interval touches, with the share of the interval that each covers. */
function* shares(startTime: number, seconds: number): IterableIterator<readonly [time: number, share: number]> {
  const end = startTime + seconds;
  const first = Math.floor(startTime);
  const last = Math.max(first, Math.ceil(end) - 1);
  if (last === first) {
    yield [first, 1];
    return;
  }
  for (let time = Math.max(first, last - keptSeconds); time <= last; time++) {
    yield [time, (Math.min(end, time + 1) - Math.max(startTime, time)) / seconds];
  }
}
