/**
 * What a master and a worker say to each other. The readers that make these types out of unknown input are in
 * `readWorkerMessage.ts` and `readMasterMessage.ts`; how a message travels is the link's affair.
 *
 *   master                              worker
 *     │ ◀──────────── ready ────────────── │    it exists
 *     │ ── welcome ──────────────────────▶ │    its index
 *     │ ── testStart ────────────────────▶ │    settings, once for each test
 *     │ ◀──────────── started ──────────── │    its testStart listeners are done
 *     │ ── spawn, spawn, … ──────────────▶ │    what changed for this worker, and when each user starts
 *     │ ◀─────── report, each second ───── │ ── acknowledge ──▶
 *     │ ◀──────────── users ────────────── │    everything up to that step is done
 *     │ ── spawningComplete ─────────────▶ │
 *     │ ── stop ─────────────────────────▶ │
 *     │ ◀──────── report, stopped ──────── │    no user is left, and the last report was sent before
 */
import type { WorkerHealth } from '../events/index.js';
import type { IntervalStats } from '../stats/index.js';

/** Iterations a worker may run: the whole share of it, or as many for each of its users. */
export type IterationLimit =
  | { readonly kind: 'total'; readonly count: number }
  | { readonly kind: 'perUser'; readonly count: number };

/** What holds for a whole test; sent once to each worker, not with every spawn. */
export interface TestSettings {
  readonly host: string | undefined;
  readonly stopTimeoutSeconds: number;
  readonly catchExceptions: boolean;
  /** Seconds from the start of the test whose samples are in no total. */
  readonly warmupSeconds: number;
  readonly iterations: IterationLimit | undefined;
  readonly seed: number | undefined;
  readonly tags: readonly string[];
  readonly excludeTags: readonly string[];
  /** Custom options of the locustfile, by name. */
  readonly customOptions: Readonly<Record<string, unknown>>;
}

/** Users of one class that one worker has to start in a step. */
export interface PlannedStarts {
  readonly userClass: string;
  /** Places in the whole step, over all workers: the user of rank r starts at `startTime + r * spacingSeconds`. Ascending. */
  readonly ranks: readonly number[];
}

/** One step of a ramp, as far as one worker is concerned. */
export interface SpawnMessage {
  readonly kind: 'spawn';
  readonly test: number;
  /** Counts up within a test. */
  readonly step: number;
  /** Seconds since 1970, of the master's clock: when the step begins. */
  readonly startTime: number;
  readonly spacingSeconds: number;
  /** How many users of a class this worker shall have: the classes for which that changed. */
  readonly counts: Readonly<Record<string, number>>;
  readonly starts: readonly PlannedStarts[];
  /** The ramp ends here: say so when it is done (`users`). */
  readonly isLast: boolean;
}

/** What may be changed of a user class from outside. Locust: the argument of `update_user_class`. */
export interface UserClassUpdate {
  readonly userClass: string;
  readonly host?: string;
  readonly weight?: number;
  readonly fixedCount?: number;
  /** Names of the tasks that stay. */
  readonly tasks?: readonly string[];
}

export type MasterMessage =
  | { readonly kind: 'welcome'; readonly index: number }
  | {
      readonly kind: 'testStart';
      readonly test: number;
      /** Seconds since 1970: the warm-up counts from here. */
      readonly startTime: number;
      readonly period: number;
      readonly settings: TestSettings;
    }
  | SpawnMessage
  | { readonly kind: 'spawningComplete'; readonly test: number; readonly userCount: number }
  | {
      /** What was measured so far counts no more; reports from now on carry the new period. */
      readonly kind: 'reset';
      readonly period: number;
    }
  | { readonly kind: 'stop'; readonly test: number }
  | { readonly kind: 'quit' }
  | { readonly kind: 'updateUserClass'; readonly update: UserClassUpdate }
  | { readonly kind: 'acknowledge'; readonly sequence: number }
  | CustomLinkMessage;

/** A message of a locustfile. */
export interface CustomLinkMessage {
  readonly kind: 'custom';
  readonly type: string;
  readonly data: unknown;
  readonly nodeId: string;
}

/** Exceptions of user code with the same traceback. */
export interface ReportedException {
  readonly message: string;
  readonly traceback: string;
  readonly count: number;
}

export interface ReportMessage {
  readonly kind: 'report';
  /** Counts up from 1 over the whole life of a worker: a report is counted once by (worker, sequence). */
  readonly sequence: number;
  /** Changes with each test and each reset: reports of an older period are acknowledged and not counted. */
  readonly period: number;
  readonly interval: IntervalStats;
  /** Live users by class. */
  readonly userCounts: Readonly<Record<string, number>>;
  readonly exceptions: readonly ReportedException[];
  readonly health: WorkerHealth;
  /** What listeners of `reportToMaster` added. */
  readonly data: Readonly<Record<string, unknown>>;
}

export type WorkerMessage =
  | { readonly kind: 'ready'; readonly worker: string }
  | { readonly kind: 'started'; readonly test: number }
  | ReportMessage
  | {
      /** Every start and stop up to `step` is done, or a user ended by itself when nothing was left to do. */
      readonly kind: 'users';
      readonly test: number;
      readonly step: number;
      readonly userCounts: Readonly<Record<string, number>>;
      /** Nobody is left and no iteration either: this worker has no more to do. */
      readonly isSpent: boolean;
    }
  | { readonly kind: 'stopped'; readonly test: number }
  | {
      /** A `StopTest` was thrown on this worker. */
      readonly kind: 'stopTest';
      readonly test: number;
      readonly reason: string;
      /** A user class cannot run as it is set up, which is a mistake and no wish: exit code 1. */
      readonly isBadSetup: boolean;
    }
  | {
      /** Something failed that is no sample and no task exception: the run goes on and its exit code says so. */
      readonly kind: 'fault';
      readonly message: string;
    }
  | { readonly kind: 'quit' }
  | CustomLinkMessage;
