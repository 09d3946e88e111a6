/**
 * What a worker has measured in one interval: the content of its report. Plain data, to be sent and summed.
 */
import type { FailureSample, WorkerHealth } from '../events/index.js';

/** Counts of one histogram: parallel arrays, slots ascending, no count 0. Layout: see `histogramLayout.ts`. */
export interface SparseCounts {
  readonly slots: readonly number[] | Uint16Array;
  readonly counts: readonly number[] | Uint32Array | Float64Array;
}

/** One outcome (success or failure) of one entry in one interval. */
export interface OutcomeStats {
  /** Timed samples. */
  readonly timed: number;
  /** Samples without a response time. */
  readonly untimed: number;
  /** Timed samples over one hour, absent when there are none: the histogram has them as one hour, sum and maximum are exact. */
  readonly overlong?: number;
  readonly totalMicros: number;
  /** Exact; both 0 without a timed sample. */
  readonly minMicros: number;
  readonly maxMicros: number;
  readonly bytes: number;
  readonly histogram: SparseCounts;
}

export interface EntryStats {
  readonly requestType: string;
  readonly name: string;
  /** Absent: none of that outcome in this interval. */
  readonly ok?: OutcomeStats;
  readonly failed?: OutcomeStats;
  /** Seconds since 1970: the end of the interval, as samples carry no time of their own. */
  readonly lastRequestTimestamp: number;
  /** Response times came from a Locust worker, which knows two digits of them: absent for our own. */
  readonly isCoarse?: boolean;
}

export interface ErrorStats {
  readonly requestType: string;
  readonly name: string;
  readonly error: string;
  readonly occurrences: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Not more than three, and only of kinds whose three are not complete yet. */
  readonly samples: readonly FailureSample[];
}

export interface IntervalStats {
  /** Seconds since 1970, of the interval's start; and its length. */
  readonly startTime: number;
  readonly seconds: number;
  readonly isWarmup: boolean;
  /** Entries with at least one sample. A name may come twice. */
  readonly entries: readonly EntryStats[];
  readonly errors: readonly ErrorStats[];
  readonly cutOff: number;
  /** Names that did not fit under the cap, for the warning: at most five. */
  readonly overflowingNames: readonly string[];
}

/** How the process of one worker did in one of its intervals. */
export interface WorkerInterval {
  readonly worker: string;
  /** Seconds since 1970, of the interval's start; and its length. */
  readonly startTime: number;
  readonly seconds: number;
  readonly isWarmup: boolean;
  /** Its users at the end of the interval. */
  readonly userCount: number;
  readonly health: WorkerHealth;
  /** Absent in one process, and where the other end does not say it. */
  readonly link?: WorkerLinkView;
}

/** What is known of the way between a worker and its master. */
export interface WorkerLinkView {
  /** Of the latest heartbeat. */
  readonly roundTripMillis: number;
  /** Seconds that the master's clock is ahead of the worker's own. */
  readonly clockOffsetSeconds: number;
}

/** All samples of an outcome, timed or not. */
export function samplesOf(stats: OutcomeStats | undefined): number {
  return stats === undefined ? 0 : stats.timed + stats.untimed;
}
