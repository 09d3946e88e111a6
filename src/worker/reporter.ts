/**
 * Takes the recorder's interval at each whole second of the wall clock, and at the end of the warm-up, and hands it on.
 *
 * The next second is computed from the clock, not from the last one, so nothing drifts; an interval that comes late because
 * the process was busy is longer, and says so.
 */
import { epochSeconds } from '../clock.js';
import type { IntervalRecorder, IntervalStats } from '../stats/index.js';

export class Reporter {
  #timer: NodeJS.Timeout | undefined;
  /** Seconds since 1970. */
  #warmupEnd = 0;
  #isWarmup = false;

  constructor(
    private readonly recorder: IntervalRecorder,
    private readonly report: (interval: IntervalStats) => void,
  ) {}

  /** Begins with an empty interval. Samples up to `warmupEnd`, seconds since 1970, are marked as warm-up. */
  start(warmupEnd: number): void {
    this.#warmupEnd = warmupEnd;
    this.#isWarmup = epochSeconds() < warmupEnd;
    this.#schedule();
  }

  /** Reports what there is. */
  flush(): void {
    const isWarmup = this.#isWarmup;
    if (isWarmup && epochSeconds() >= this.#warmupEnd) this.#isWarmup = false;
    this.report(this.recorder.takeInterval({ isWarmup }));
  }

  /** Reports what there is, and then no more. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.flush();
  }

  #schedule(): void {
    const delay = nextCut(epochSeconds(), this.#isWarmup ? this.#warmupEnd : Number.POSITIVE_INFINITY);
    this.#timer = setTimeout(() => {
      this.flush();
      this.#schedule();
    }, delay * 1000);
  }
}

/** Seconds from `now` to the next whole second, or to the end of the warm-up if that comes first. Pure. */
export function nextCut(now: number, warmupEnd: number): number {
  const toSecond = Math.floor(now) + 1 - now;
  const toWarmupEnd = warmupEnd - now;
  return toWarmupEnd > 0 && toWarmupEnd < toSecond ? toWarmupEnd : toSecond;
}
