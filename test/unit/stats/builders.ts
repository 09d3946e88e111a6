/**
 * What the tests of statistics are made of: a recorder and statistics on one hand-driven clock.
 */
import type { WorkerHealth } from '../../../src/events/index.js';
import {
  IntervalRecorder,
  type IntervalStats,
  RunStatistics,
  type RunStatisticsOptions,
  type WorkerInterval,
} from '../../../src/stats/index.js';

/** Health of a worker that has nothing to do, save what the test is about. */
export function aHealth(about: Partial<WorkerHealth> = {}): WorkerHealth {
  return {
    cpuPercent: 0,
    memoryBytes: 0,
    loopDelayMillis: 0,
    loopUtilisation: 0,
    gcMillis: 0,
    isSaturated: false,
    ...about,
  };
}

/** A second without samples. */
export function anInterval(startTime: number, isWarmup = false): IntervalStats {
  return { startTime, seconds: 1, isWarmup, entries: [], errors: [], cutOff: 0, overflowingNames: [] };
}

/** How a worker did in that interval: it had one user and nothing to do, save what the test is about. */
export function aWorkerInterval(
  worker: string,
  { startTime, seconds, isWarmup }: IntervalStats,
  { userCount = 1, ...health }: Partial<WorkerHealth> & { readonly userCount?: number } = {},
): WorkerInterval {
  return { worker, startTime, seconds, isWarmup, userCount, health: aHealth(health) };
}

export class TestClock {
  /** Seconds since 1970. */
  time = 1_000_000;
  readonly now = () => this.time;
}

export interface Sample {
  readonly requestType?: string;
  readonly name?: string;
  /** Undefined: a sample without a response time. */
  readonly micros?: number | undefined;
  readonly bytes?: number;
  /** Undefined: a success. */
  readonly error?: string | undefined;
}

export function recordInto(recorder: IntervalRecorder, sample: Sample): void {
  const entry = recorder.entry(sample.requestType ?? 'GET', sample.name ?? '/');
  const bytes = sample.bytes ?? 0;
  if (sample.micros === undefined) entry.recordUntimed(bytes, sample.error);
  else if (sample.error === undefined) entry.record(sample.micros, bytes);
  else entry.recordFailure(sample.micros, bytes, sample.error);
}

/** One worker, its master's statistics, and the clock of both. */
export class TestRun {
  readonly clock = new TestClock();
  readonly recorder: IntervalRecorder;
  readonly statistics: RunStatistics;

  constructor(options: RunStatisticsOptions = {}) {
    const { now } = this.clock;
    const names = options.maxNames === undefined ? {} : { maxNames: options.maxNames };
    this.recorder = new IntervalRecorder({ ...names, now });
    this.statistics = new RunStatistics({ ...options, now });
    this.statistics.clearAll(this.clock.time);
  }

  record(...samples: readonly Sample[]): this {
    for (const sample of samples) recordInto(this.recorder, sample);
    return this;
  }

  /** A second passes; the worker reports and the master ticks. */
  second({ isWarmup = false, isSaturated = false, userCount = 1 } = {}): IntervalStats {
    this.clock.time += 1;
    const interval = this.recorder.takeInterval({ isWarmup });
    this.statistics.apply(interval, [aWorkerInterval('local', interval, { userCount, isSaturated })]);
    this.statistics.tick({ now: this.clock.time, userCount, isWarmup });
    return interval;
  }

  seconds(count: number): void {
    for (let i = 0; i < count; i++) this.second();
  }
}
