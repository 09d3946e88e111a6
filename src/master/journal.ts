/**
 * What a master tells whoever keeps its journal, and what it needs back to go on with a run that an ended master began.
 *
 * Only types: the journal itself is a file elsewhere. What workers measured is not here; `reports.ts` hands it over.
 */
import type { IterationState, RunSetup, TestSettings } from '../link/index.js';
import type { Load } from './load.js';

/** Calls return at once and never throw: a journal that cannot be written says so in the log, and the run goes on. */
export interface Journal {
  /** Before anything else, and again when it changes (`userConfigs` grows with each update of a user class). */
  setup(setup: RunSetup): void;
  /** A worker was given its index. Once for each id. `graceSeconds`: for how long it goes on without a master. */
  worker(id: string, index: number, graceSeconds: number): void;
  /** Nobody waits for this worker any more; it may come back all the same, and has its index then. */
  workerLost(id: string): void;
  /** Before any worker is told of it. `shapeStartTime`: seconds since 1970, when a shape decides the load. */
  testStarted(test: TestRecord): void;
  /** The load that is wanted from now on. */
  targetChanged(load: Load): void;
  /** All users of the wanted load are there, and everybody was told so. */
  spawned(): void;
  /** What was measured before counts no more. */
  reset(period: number): void;
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
  /** Every worker that ever had an index. */
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
  /** It was lost before the master ended: nobody waits for it. */
  readonly isLost: boolean;
}
