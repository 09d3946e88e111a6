/**
 * The statistics of a run: the sum of the intervals of all workers. Lives in the master.
 */
import type { EntryView, ErrorView, ExceptionView, HistoryPoint, StatisticsView } from '../events/index.js';
import type { IntervalStats } from './intervalStats.js';

export interface RunStatisticsOptions {
  /** Default 10,000. */
  readonly maxNames?: number;
  /** Quantiles kept in the history, each above 0 and below 1. Default 0.5 and 0.95. */
  readonly chartPercentiles?: readonly number[];
  /** Seconds between two reports of a worker: current rates wait that long for the last of them. Default 1. */
  readonly reportSeconds?: number;
  /** Seconds since 1970. Default: the process's clock. */
  readonly now?: () => number;
}

export interface Tick {
  /** Seconds since 1970. */
  readonly now: number;
  readonly userCount: number;
  readonly isSaturated: boolean;
  readonly isWarmup: boolean;
}

export interface UserException {
  readonly message: string;
  readonly traceback: string;
  /** Worker id; `local` in a one-process run. */
  readonly node: string;
}

export type IntervalListener = (interval: IntervalStats, node: string) => void;

export class RunStatistics implements StatisticsView {
  constructor(readonly options: RunStatisticsOptions = {}) {}

  /** Adds what a worker measured. Intervals may come late and in any order. */
  apply(_interval: IntervalStats, _node: string): void {}

  /** Called with each interval that is applied, warm-up included. Returns the function that ends it. */
  onInterval(_listener: IntervalListener): () => void {
    return () => {};
  }

  addException(_exception: UserException): void {}

  /** Once a second: moves the current windows on and adds to the history. */
  tick(_tick: Tick): void {}

  /** Sets all numbers to zero; entries stay listed. Locust: `reset_all`. */
  resetAll(): void {}

  /** Forgets everything, entries too. Locust: `clear_all`, at the start of a test. */
  clearAll(_startTime: number): void {}

  entries(): readonly EntryView[] {
    return [];
  }
  entry(_name: string, _method: string): EntryView | undefined {
    return undefined;
  }
  get total(): EntryView {
    throw new Error('not built yet');
  }
  readonly errors: readonly ErrorView[] = [];
  readonly exceptions: readonly ExceptionView[] = [];
  readonly history: readonly HistoryPoint[] = [];
  readonly cutOff: number = 0;
  readonly warmupRequests: number = 0;
  readonly saturatedSeconds: number = 0;
  readonly isNameCapReached: boolean = false;
}
