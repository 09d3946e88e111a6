/**
 * Takes the recorder's interval at each whole second of the wall clock, and at the end of the warm-up, and hands it on.
 *
 * The next second is computed from the clock, not from the last one, so nothing drifts; an interval that comes late because
 * the process was busy is longer, and says so. A clock that was set back, as another master's is behind, delays none.
 */
import { callAt, epochSeconds } from '../clock.js';
import type { IntervalRecorder, IntervalStats } from '../stats/index.js';

/** Longer than any interval but one during which the clock was set back. */
const longestIntervalMillis = 1500;

export class Reporter {
  #next: { readonly cancel: () => void } | undefined;
  /** Seconds since 1970. */
  #warmupEnd = 0;
  #isWarmup = false;

  constructor(
    private readonly recorder: IntervalRecorder,
    private readonly report: (interval: IntervalStats, isLast: boolean) => void,
  ) {}

  /** Begins with an empty interval. Samples up to `warmupEnd`, seconds since 1970, are marked as warm-up. */
  start(warmupEnd: number): void {
    this.#warmupEnd = warmupEnd;
    this.#isWarmup = epochSeconds() < warmupEnd;
    this.#schedule();
  }

  #flush(isLast: boolean): void {
    const isWarmup = this.#isWarmup;
    if (isWarmup && epochSeconds() >= this.#warmupEnd) this.#isWarmup = false;
    const interval = this.recorder.takeInterval({ isWarmup });
    if (isWarmup && !this.#isWarmup) this.recorder.forgetErrors(); // what failed first in the warm-up is in no output
    this.report(interval, isLast);
  }

  /** Reports what there is, and then no more. */
  stop(): void {
    if (this.#next === undefined) return;
    this.#next.cancel();
    this.#next = undefined;
    this.#flush(true);
  }

  #schedule(): void {
    const cut = nextCut(epochSeconds(), this.#isWarmup ? this.#warmupEnd : Number.POSITIVE_INFINITY);
    const next = () => {
      this.#next?.cancel();
      try {
        this.#flush(false);
      } finally {
        this.#schedule(); // whatever becomes of one report, the next ones are due
      }
    };
    const due = callAt(cut, next);
    const late = setTimeout(next, longestIntervalMillis);
    this.#next = {
      cancel: () => {
        due.cancel();
        clearTimeout(late);
      },
    };
  }
}

/**
 * The next whole second, or the end of the warm-up if that comes first; also when it has passed, while the last interval was
 * taken: then the next one is due at once. Pure.
 */
export function nextCut(now: number, warmupEnd: number): number {
  return Math.min(Math.floor(now) + 1, warmupEnd);
}
