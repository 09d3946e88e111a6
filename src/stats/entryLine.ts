/**
 * One line of statistics as outputs see it: the numbers of an entry about all samples, the successes or the failures. Every
 * number of every output is defined here and nowhere else; docs/statistics.md says the same in words.
 */
import type { EntryView, Outcome } from '../events/index.js';
import type { EntryTotals } from './entryTotals.js';
import { microsOf, percentileMicros } from './percentile.js';
import type { TimeWindow } from './recentSeconds.js';
import type { Scratch, WorkedOut } from './scratch.js';

/** What the lines of a run have in common. */
export interface RunFrame {
  /** Seconds that total rates are taken over: from the start of the totals to the last request of the whole run. */
  readonly totalSeconds: number;
  /** Seconds that current numbers are about. */
  readonly window: TimeWindow;
  /** Another one whenever numbers have changed. */
  readonly version: number;
  readonly scratch: Scratch;
}

export class EntryLine implements EntryView {
  constructor(
    private readonly totals: EntryTotals,
    private readonly frame: RunFrame,
    private readonly outcome: Outcome = 'all',
  ) {}

  get method(): string {
    return this.totals.method;
  }
  get name(): string {
    return this.totals.name;
  }
  get numRequests(): number {
    return this.#sums.samples;
  }
  get numFailures(): number {
    return this.outcome === 'ok' ? 0 : this.totals.sums('failed').samples;
  }
  get numNoneRequests(): number {
    return this.#sums.untimed;
  }
  get totalResponseTime(): number {
    return this.#sums.totalMicros / 1000;
  }
  get minResponseTime(): number | null {
    return this.#sums.timed === 0 ? null : this.#sums.min / 1000;
  }
  get maxResponseTime(): number {
    return this.#sums.max / 1000;
  }
  get avgResponseTime(): number {
    return ratio(this.#sums.totalMicros, this.#sums.timed) / 1000;
  }
  get medianResponseTime(): number {
    return this.percentile(0.5);
  }
  get totalContentLength(): number {
    return this.#sums.bytes;
  }
  get avgContentLength(): number {
    return ratio(this.#sums.bytes, this.#sums.samples);
  }
  get failRatio(): number {
    return ratio(this.numFailures, this.numRequests);
  }
  get totalRps(): number {
    return ratio(this.numRequests, this.frame.totalSeconds);
  }
  get totalFailPerSec(): number {
    return ratio(this.numFailures, this.frame.totalSeconds);
  }
  get currentRps(): number {
    return this.totals.recent.rate(this.frame.window, this.outcome);
  }
  get currentFailPerSec(): number {
    return this.outcome === 'ok' ? 0 : this.totals.recent.rate(this.frame.window, 'failed');
  }
  get startTime(): number {
    return this.totals.startTime;
  }
  get isCoarse(): boolean {
    return this.totals.isCoarse;
  }
  get lastRequestTimestamp(): number | null {
    return this.totals.lastRequestTimestamp;
  }

  percentile(quantile: number, outcome: Outcome = 'all'): number {
    const found = this.#histogram(outcome);
    return ((found && percentileMicros(found.counts, found.extremes, quantile)) ?? 0) / 1000;
  }

  currentPercentile(quantile: number, outcome: Outcome = 'all'): number | null {
    const narrow = this.#narrow(outcome);
    if (narrow === undefined) return null;
    const { window, version, scratch } = this.frame;
    const found = scratch.workOut(this.totals, `current ${narrow}`, version, (counts) =>
      this.totals.recent.addTo(counts, window, narrow),
    );
    const micros = percentileMicros(found.counts, found.extremes, quantile);
    return micros === undefined ? null : micros / 1000;
  }

  responseTimes(outcome: Outcome = 'all'): Iterable<readonly [milliseconds: number, count: number]> {
    const found = this.#histogram(outcome);
    if (found === undefined) return [];
    const isShared = found.counts !== this.totals.all && found.counts !== this.totals.failed;
    return isShared ? [...inMilliseconds(found)] : { [Symbol.iterator]: () => inMilliseconds(found) };
  }

  count(outcome: Outcome): number {
    const narrow = this.#narrow(outcome);
    return narrow === undefined ? 0 : this.totals.sums(narrow).timed;
  }

  only(outcome: Outcome): EntryView {
    return outcome === this.outcome ? this : new EntryLine(this.totals, this.frame, outcome);
  }

  get #sums() {
    return this.totals.sums(this.outcome);
  }

  /** The outcome that is both asked for and shown by this line; undefined: none is. */
  #narrow(outcome: Outcome): Outcome | undefined {
    if (this.outcome === 'all') return outcome;
    return outcome === 'all' || outcome === this.outcome ? this.outcome : undefined;
  }

  #histogram(outcome: Outcome): WorkedOut | undefined {
    const narrow = this.#narrow(outcome);
    if (narrow === undefined) return undefined;
    const { totals, frame } = this;
    const extremes = totals.sums(narrow);
    const { all, failed } = totals;
    if (narrow === 'all' || (narrow === 'ok' && failed === undefined)) return { counts: all, extremes };
    if (failed === undefined) return undefined;
    if (narrow === 'failed') return { counts: failed, extremes };
    return frame.scratch.workOut(totals, 'ok', frame.version, (counts) => {
      counts.addDifference(all, failed);
      return extremes;
    });
  }
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

function* inMilliseconds({ counts, extremes }: WorkedOut): IterableIterator<readonly [number, number]> {
  for (const [slot, count] of counts.slots()) yield [microsOf(slot, extremes) / 1000, count];
}
