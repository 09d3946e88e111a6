/**
 * The statistics of a run as outputs and listeners see them. `stats` builds them; every output reads them here, so each
 * number has one definition. Response times are milliseconds with decimals; timestamps are seconds since 1970.
 */
import type { FailureSample } from './recorder.js';

/** Which samples a number is about: all (Locust's columns), the successes, or the failures. */
export type Outcome = 'all' | 'ok' | 'failed';

/** One line of statistics: a request type and name, or the aggregate (`method` empty, name `Aggregated`). */
export interface EntryView {
  /** Locust's `method`: the request type. */
  readonly method: string;
  readonly name: string;
  /** All samples, failures included. */
  readonly numRequests: number;
  readonly numFailures: number;
  /** Samples without a response time. */
  readonly numNoneRequests: number;
  /** Sum of response times. */
  readonly totalResponseTime: number;
  /** `null` while there is no timed sample. */
  readonly minResponseTime: number | null;
  readonly maxResponseTime: number;
  /** 0 while there is no timed sample. */
  readonly avgResponseTime: number;
  readonly medianResponseTime: number;
  readonly totalContentLength: number;
  readonly avgContentLength: number;
  /** Failures divided by requests; 0 without requests. */
  readonly failRatio: number;
  /** Over the whole run. Per second. */
  readonly totalRps: number;
  readonly totalFailPerSec: number;
  /** Over the last ten whole seconds; falls to 0 when traffic stops. Per second. */
  readonly currentRps: number;
  readonly currentFailPerSec: number;
  readonly startTime: number;
  readonly lastRequestTimestamp: number | null;
  /** Some of its response times come from Locust's workers, which know two digits of them. */
  readonly isCoarse: boolean;
  /** `quantile` from 0 to 1; 1 gives the exact maximum. 0 while there is no timed sample. */
  percentile(quantile: number, outcome?: Outcome): number;
  /** Over the last ten whole seconds; `null` when nothing was timed in them. */
  currentPercentile(quantile: number, outcome?: Outcome): number | null;
  /** Counts by response time in milliseconds at the histogram's precision, ascending. */
  responseTimes(outcome?: Outcome): Iterable<readonly [milliseconds: number, count: number]>;
  /** Timed samples of that outcome. */
  count(outcome: Outcome): number;
  /** The same entry, all its numbers about one outcome only. */
  only(outcome: Outcome): EntryView;
}

/** An error of the target, grouped by request and text. */
export interface ErrorView {
  readonly method: string;
  readonly name: string;
  readonly error: string;
  readonly occurrences: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** The first three. */
  readonly samples: readonly FailureSample[];
}

/** An exception of a locustfile, grouped by traceback. */
export interface ExceptionView {
  readonly count: number;
  readonly message: string;
  readonly traceback: string;
  /** Ids of the first thousand workers that had it; `local` in a one-process run. */
  readonly nodes: readonly string[];
}

/** How the process of a load generator did in an interval. */
export interface GeneratorHealth {
  /** Percent of one core. */
  readonly cpuPercent: number;
  /** Resident bytes. */
  readonly memoryBytes: number;
  /** 99th percentile by which the event loop was late. */
  readonly loopDelayMillis: number;
  /** Share of the interval in which the event loop was busy: 0 to 1. */
  readonly loopUtilisation: number;
  /** Milliseconds spent in garbage collection. */
  readonly gcMillis: number;
}

/** What a worker says of itself in a report. */
export interface WorkerHealth extends GeneratorHealth {
  /** The generator was too busy to measure well. */
  readonly isSaturated: boolean;
}

/** One second of the run, or several merged into one once the history is long. */
export interface HistoryPoint {
  /** Start of the interval, seconds since 1970. */
  readonly time: number;
  readonly seconds: number;
  readonly userCount: number;
  readonly currentRps: number;
  readonly currentFailPerSec: number;
  readonly totalAvgResponseTime: number;
  /** By quantile, for the charted ones: `0.5` and `0.95` unless set otherwise. Current, of all samples; 0 without. */
  readonly percentiles: Readonly<Record<string, number>>;
  /** The load generator: of each number the highest of all workers. `null` when none has reported in this interval. */
  readonly generator: GeneratorHealth | null;
  /** The generator was saturated in this interval: its times are not the target's alone. */
  readonly isSaturated: boolean;
  readonly isWarmup: boolean;
}

/** What there is to say of a worker beside what it measured. */
export interface WorkerView {
  /** `local` in a one-process run. */
  readonly id: string;
  /** Seconds of the run in which it was saturated. */
  readonly saturatedSeconds: number;
  /** Seconds since 1970, when it was last heard of; `null` for one that is not lost. */
  readonly lostAt: number | null;
  /** Of a lost one: for how long, at most, it measured what is in no number. */
  readonly unreportedSeconds: number;
}

/** Lost workers of which there is no line any more, as too many others were gone after them. */
export interface ForgottenLost {
  readonly count: number;
  /** Seconds since 1970, when the last of them was last heard of; `null` without any. */
  readonly lastLostAt: number | null;
  /** The sum of theirs. */
  readonly unreportedSeconds: number;
}

export interface StatisticsView {
  /** Sorted by name, then method. */
  entries(): readonly EntryView[];
  entry(name: string, method: string): EntryView | undefined;
  readonly total: EntryView;
  readonly errors: readonly ErrorView[];
  readonly exceptions: readonly ExceptionView[];
  readonly history: readonly HistoryPoint[];
  /** Requests that a stop cut off. */
  readonly cutOff: number;
  /** Samples of the warm-up, which no total contains. */
  readonly warmupRequests: number;
  /** Seconds of the run in which the generator was saturated. */
  readonly saturatedSeconds: number;
  /** All that have reported in this test, in the order in which they were first heard of; of those that are gone the last ten thousand. */
  readonly workers: readonly WorkerView[];
  readonly forgottenLost: ForgottenLost;
  /** Names beyond the cap are counted as `(other)`. */
  readonly isNameCapReached: boolean;
}
