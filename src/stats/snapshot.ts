/**
 * The statistics of a run as plain data, from which statistics are made that are equal in every number: for the journal of a
 * master. The numbers of the entries are apart, as there may be many: they are taken one by one. Times are seconds since 1970.
 */
import type { ForgottenLost, GeneratorHealth, HistoryPoint } from '../events/index.js';
import type { ErrorStats, SparseCounts } from './intervalStats.js';

export interface StatisticsSnapshot {
  readonly runStart: number;
  readonly lastTick: number;
  readonly window: { readonly from: number; readonly to: number };
  readonly cutOff: number;
  readonly warmupRequests: number;
  readonly saturatedSeconds: number;
  readonly hasWarnedOfNames: boolean;
  readonly hasWarnedOfOverlong: boolean;
  readonly total: EntrySnapshot;
  /** In the order in which they were made. */
  readonly entries: readonly EntryName[];
  readonly overflowing: readonly string[];
  /** In the order in which they were first seen. */
  readonly errors: readonly ErrorStats[];
  readonly exceptions: readonly ExceptionSnapshot[];
  readonly history: HistorySnapshot;
  readonly generator: GeneratorSnapshot;
  readonly workers: readonly WorkerSnapshot[];
  readonly forgottenLost: ForgottenLost;
}

/** What a request is known by, and when it was first seen. */
export interface EntryName {
  readonly method: string;
  readonly name: string;
  readonly startTime: number;
}

export interface EntrySnapshot extends EntryName {
  readonly lastRequestTimestamp: number | null;
  readonly ok: SumsSnapshot;
  readonly failed: SumsSnapshot;
  readonly all: SparseCounts;
  /** Absent while there are no failures. */
  readonly allFailed?: SparseCounts;
  readonly recent: readonly SecondSnapshot[];
  readonly isCoarse: boolean;
}

export interface SumsSnapshot {
  readonly timed: number;
  readonly untimed: number;
  readonly totalMicros: number;
  readonly bytes: number;
  /** Both 0 without a timed sample. */
  readonly min: number;
  readonly max: number;
}

/** One of the last seconds of an entry. */
export interface SecondSnapshot {
  readonly time: number;
  readonly requests: number;
  readonly failures: number;
  /** Absent without timed samples. */
  readonly ok?: RecentSnapshot;
  readonly failed?: RecentSnapshot;
}

export interface RecentSnapshot {
  readonly min: number;
  readonly max: number;
  readonly histogram: SparseCounts;
}

export interface ExceptionSnapshot {
  readonly message: string;
  readonly traceback: string;
  readonly count: number;
  readonly nodes: readonly string[];
}

export interface HistorySnapshot {
  /** Seconds that a point stands for. */
  readonly resolution: number;
  readonly points: readonly HistoryPoint[];
}

/** What was noted of the load generator since the last point of the history. */
export interface GeneratorSnapshot {
  readonly generator: GeneratorHealth | null;
  readonly isSaturated: boolean;
  readonly saturatedSeconds: readonly (readonly [worker: string, seconds: number])[];
}

export interface WorkerSnapshot {
  readonly id: string;
  readonly reportedUntil: number;
  readonly saturatedSeconds: number;
  readonly lostAt: number | null;
}
