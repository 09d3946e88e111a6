/**
 * Merges what workers report into seconds of the run, each of which is then applied at once, however many workers there are.
 *
 * An interval belongs to the second in which its middle lies, those of the warm-up apart. One that is longer, because its
 * worker's event loop stood still or its worker reports less often, is merged only with its like: it must not blur a second.
 * Intervals may come late: a second that was taken before is made once more, with what came since.
 */
import { IntervalMerge } from './intervalMerge.js';
import { defaultMaxNames } from './intervalRecorder.js';
import type { IntervalStats, WorkerInterval } from './intervalStats.js';

/** What all workers measured in one second, and how they did in it. */
export interface MergedSecond {
  readonly interval: IntervalStats;
  readonly workers: readonly WorkerInterval[];
}

/** Sums kept for later seconds. */
const spareSums = 4;

interface Open {
  /** As long as it is the only one, the interval itself. */
  single: IntervalStats | undefined;
  sum: IntervalMerge | undefined;
  startTime: number;
  endTime: number;
  readonly isWarmup: boolean;
  /** Whole seconds that it is cut to; `undefined` for long intervals, which keep their times. */
  readonly second: number | undefined;
  readonly workers: WorkerInterval[];
}

export class SecondMerger {
  readonly #maxNames: number;
  readonly #open = new Map<string, Open>();
  readonly #spare: IntervalMerge[] = [];

  /** `maxNames`: names that the statistics tell apart. Default 10,000. */
  constructor(maxNames = defaultMaxNames) {
    this.#maxNames = 2 * maxNames; // those that the statistics know already must not be kept out by others
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  /** Adds what a worker measured, and how it did. */
  add(interval: IntervalStats, worker?: WorkerInterval): void {
    const open = this.#openFor(interval);
    if (worker !== undefined) open.workers.push(worker);
    open.startTime = Math.min(open.startTime, interval.startTime);
    open.endTime = Math.max(open.endTime, interval.startTime + interval.seconds);
    if (open.sum === undefined && open.single === undefined) {
      open.single = interval;
      return;
    }
    open.sum ??= this.#spare.pop() ?? new IntervalMerge(this.#maxNames);
    if (open.single !== undefined) open.sum.add(open.single);
    open.single = undefined;
    open.sum.add(interval);
  }

  /** What was added since the last call, in the order of time. */
  take(): readonly MergedSecond[] {
    const taken = [...this.#open.values()].map((open) => this.#close(open));
    this.#open.clear();
    return taken.sort((a, b) => a.interval.startTime - b.interval.startTime);
  }

  #openFor({ startTime, seconds, isWarmup }: IntervalStats): Open {
    const middle = Math.floor(startTime + seconds / 2);
    const length = Math.max(1, Math.round(seconds));
    const key = `${middle} ${length} ${isWarmup}`;
    let open = this.#open.get(key);
    if (open === undefined) {
      const second = length === 1 ? middle : undefined;
      const times = { startTime: Infinity, endTime: -Infinity, isWarmup, second };
      open = { single: undefined, sum: undefined, ...times, workers: [] };
      this.#open.set(key, open);
    }
    return open;
  }

  #close(open: Open): MergedSecond {
    const { single, sum, workers } = open;
    if (single !== undefined || sum === undefined) return { interval: single!, workers };
    const interval = sum.take(timeOf(open));
    if (this.#spare.length < spareSums) this.#spare.push(sum);
    return { interval, workers };
  }
}

/** Clocks agree to some milliseconds: what sticks out of a second is cut. */
function timeOf({ startTime, endTime, second, isWarmup }: Open): {
  startTime: number;
  seconds: number;
  isWarmup: boolean;
} {
  if (second === undefined) return { startTime, seconds: endTime - startTime, isWarmup };
  const start = Math.max(second, startTime);
  return { startTime: start, seconds: Math.max(0, Math.min(second + 1, endTime) - start), isWarmup };
}
