/**
 * What a master tells whoever keeps its journal, and what it needs back to go on with a run that an ended master began.
 *
 * Only types: the journal itself is a file (`journal/`). What concerns the statistics, `reports.ts` hands over; the rest is the
 * master's.
 */
import type { IterationState, RunSetup, TestSettings } from '../link/index.js';
import type { MergedSecond, Tick, UserException } from '../stats/index.js';
import type { Load } from './load.js';

/** What `reports.ts` does to the statistics, in its order: the same once more gives the same statistics. */
export interface StatisticsJournal {
  /** A new period begins, and nothing measured so far counts: for a new test. `time`: seconds since 1970. */
  cleared(period: number, time: number): void;
  /** The totals are over the time from here on. */
  totalsBegun(time: number): void;
  /** A new period begins; the numbers do so too. */
  reset(period: number, time: number): void;
  /** This was added. Resolves when it is safe, or no journal is kept any more: then the reports are acknowledged. */
  applied(applied: AppliedReports): Promise<void>;
  /** A worker is gone without having said so; it may come back all the same. `at`: when it was last heard of. */
  workerLost(id: string, at: number, since: number): void;
  /** A lost worker is there again. */
  workerFound(id: string): void;
}

export interface AppliedReports {
  readonly seconds: readonly MergedSecond[];
  readonly exceptions: readonly UserException[];
  /** The last report of each worker that has any among them. */
  readonly counted: readonly CountedReport[];
  /** A point of the history that was made after it. */
  readonly tick?: Tick;
}

export interface CountedReport {
  readonly worker: string;
  readonly sequence: number;
  readonly iterations?: IterationState;
}

/** Calls return at once and never throw: a journal that cannot be written says so in the log, and the run goes on. */
export interface Journal extends StatisticsJournal {
  /** Before anything else, and again when it changes (`userConfigs` grows with each update of a user class). */
  setup(setup: RunSetup): void;
  /** A worker was given its index. Once for each id, unless it was forgotten. `graceSeconds`: for how long it goes on without a master. */
  worker(id: string, index: number, graceSeconds: number): void;
  /** Nobody waits for a worker any more, whether it was lost or has left. It may come back all the same. */
  workerGone(id: string): void;
  /** A worker that is gone is not expected any more: its id is as good as new. Not for the one with the highest index. */
  workerForgotten(id: string): void;
  /** Before any worker is told of it. `shapeStartTime`: seconds since 1970, when a shape decides the load. */
  testStarted(test: TestRecord): void;
  /** The load that is wanted from now on. */
  targetChanged(load: Load): void;
  /** All users of that load are there, and everybody was told so. */
  spawned(): void;
  /** Every worker has stopped, and all that they reported is applied. */
  testStopped(test: number): void;
}

/** A test as it was begun. */
export interface TestRecord {
  readonly test: number;
  readonly period: number;
  /** Seconds since 1970: the warm-up and the run time count from here. */
  readonly startTime: number;
  readonly settings: TestSettings;
  /** Seconds since 1970: the zero of the shape's time; absent without a shape. */
  readonly shapeStartTime?: number;
}

/** A run as its journal knows it, for the master that takes it over. The statistics are restored before, by the journal. */
export interface RestoredRun {
  readonly setup: RunSetup;
  /** The last test that was begun, and the last period; 0: none. */
  readonly test: number;
  readonly period: number;
  /** Seconds since 1970, of the last thing that the former master wrote down: it has heard of its workers until then. */
  readonly lastTime: number;
  /** Every worker that ever had an index, but for those that were forgotten. */
  readonly workers: readonly RestoredWorker[];
  /** Absent when no test was going on. */
  readonly running?: TestRecord & {
    readonly load: Load;
    /** All users of this load were there already. */
    readonly isSpawned: boolean;
  };
}

export interface RestoredWorker {
  readonly id: string;
  readonly index: number;
  readonly graceSeconds: number;
  /** Its reports up to this one are in the statistics. 0: none. */
  readonly sequence: number;
  /** Of its last report that is in the statistics. Absent without a total of iterations. */
  readonly iterations?: IterationState;
  /** It was gone before the master ended: nobody waits for it. */
  readonly isGone: boolean;
}
