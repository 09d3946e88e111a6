/**
 * What a worker records into: one interval at a time, a histogram per entry and outcome.
 */
import type { Recorder, RecorderEntry } from '../events/index.js';
import type { IntervalStats } from './intervalStats.js';

export interface IntervalRecorderOptions {
  /** Distinct pairs of request type and name; what comes beyond is counted as `(other)`. Default 10,000. */
  readonly maxNames?: number;
  /** Seconds since 1970. Default: the process's clock. */
  readonly now?: () => number;
}

export class IntervalRecorder implements Recorder {
  constructor(readonly options: IntervalRecorderOptions = {}) {}

  entry(_requestType: string, _name: string): RecorderEntry {
    throw new Error('not built yet');
  }

  cutOff(_count: number): void {}

  /** What was measured since the last call, the construction or the last reset; then begins the next interval. */
  takeInterval(_options: { readonly isWarmup: boolean }): IntervalStats {
    throw new Error('not built yet');
  }

  /** Forgets the running interval, the known errors and the names. For a new test and for a reset of the statistics. */
  reset(): void {}
}
