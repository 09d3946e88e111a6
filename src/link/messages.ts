/**
 * What a master and a worker say to each other. The readers that make these types out of unknown input are in
 * `readWorkerMessage.ts` and `readMasterMessage.ts`; how a message travels is the link's affair.
 *
 *   master                              worker
 *     │ ◀──────────── hello ────────────── │    who it is; part of making the connection, no message of its own
 *     │ ── welcome ──────────────────────▶ │    its index, and what was set up for the whole run
 *     │ ◀─────────── heartbeat ─────────── │ ── heartbeat ──▶   each second
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

/** Task runs after which a test ends by itself: of all users of all workers together, or of each user. */
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
  /** Seconds from the start of the test after which a worker that cannot hear its master ends it by itself. */
  readonly runSeconds: number | undefined;
  /**
   * Seconds after its last answered heartbeat at which a worker stops its users, because the master then gives them to others;
   * `undefined`: they are not moved, and the worker goes on for its grace.
   */
  readonly leaseSeconds: number | undefined;
  readonly iterations: IterationLimit | undefined;
  readonly seed: number | undefined;
  readonly tags: readonly string[];
  readonly excludeTags: readonly string[];
  /** Custom options of the locustfile, by name. */
  readonly customOptions: Readonly<Record<string, unknown>>;
}

/** What was set up for a whole run; a worker that takes the master's locustfile needs nothing else. */
export interface RunSetup {
  /** Names the run: a worker that comes back to a master of another run begins anew. */
  readonly run: string;
  /** Values of `--config-users` and of later updates, in the order in which they hold. */
  readonly userConfigs: readonly { readonly userClass: string; readonly values: Readonly<Record<string, unknown>> }[];
  readonly equalWeights: boolean;
  readonly maxNames: number;
}

/** What a worker says of itself when it makes a connection to a master that does not know it. */
export interface WorkerHello {
  /** Name of the host, `_`, 32 hex digits, as in Locust. The same for the whole life of the process. */
  readonly worker: string;
  /** Version of the program. */
  readonly version: string;
  /** Seconds that it goes on without a master. */
  readonly graceSeconds: number;
  /** SHA-256 of its own locustfile's bundle; absent when it took the master's, or has none that could be compared. */
  readonly locustfile?: string;
  /** What it is doing, when it has been with a master before. */
  readonly standing?: WorkerStanding;
  /**
   * It speaks Locust's protocol. Its reports have no numbers of its own, so they are numbered anew with each link; and it has shown
   * no token, so it takes no place that is not one of its kind. Never part of a message.
   */
  readonly isForeign?: boolean;
}

/** What a worker that lost its master is doing: for the master that takes it back. */
export interface WorkerStanding {
  readonly run: string;
  readonly index: number;
  readonly test: number;
  readonly period: number;
  /** The last step that it was told of. */
  readonly step: number;
  readonly userCounts: Readonly<Record<string, number>>;
  readonly isSpent: boolean;
  /** The last report that it made; those that were not acknowledged follow as messages. */
  readonly sequence: number;
  readonly iterations: IterationState;
}

/**
 * How a worker stands with its share of the iterations of a total. Numbers count from the start of the test, so what it may
 * still run is `granted - returned - finished`.
 *
 * A worker asks (`iterations` with `waiting` above 0) when users wait for a grant, or will within about a second, and again
 * after a grant that was not enough. The master answers with grants, now or when others give some back. In a report `finished`
 * belongs to the samples of the same report: the test ends when the reports of all workers together say that all iterations
 * are finished.
 */
export interface IterationState {
  /** Granted to it, as far as it has heard. */
  readonly granted: number;
  /** Whose task is over. */
  readonly finished: number;
  /**
   * That it will not run: of tasks that were cut off, and what was left when its last user was gone or had to stop. They go to
   * other workers.
   */
  readonly returned: number;
  /** Users that wait for a grant, or will soon. 0: it wants nothing. */
  readonly waiting: number;
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
  | { readonly kind: 'welcome'; readonly index: number; readonly setup: RunSetup }
  | {
      /** The answer to a heartbeat. */
      readonly kind: 'heartbeat';
    }
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
  | {
      readonly kind: 'stop';
      readonly test: number;
      /** The stop timeout is over at once. Also as a second stop of the same test: somebody does not want to wait any longer. */
      readonly isHurried: boolean;
    }
  | { readonly kind: 'quit' }
  | { readonly kind: 'updateUserClass'; readonly update: UserClassUpdate }
  | {
      /** Reports up to this one are safe: in the statistics, and in the journal if there is one. */
      readonly kind: 'acknowledge';
      readonly sequence: number;
    }
  | {
      /** So many more iterations may be run. Of a total there are none before the first grant. */
      readonly kind: 'grant';
      readonly test: number;
      readonly count: number;
      /** There are no more to come: who waits, waits in vain. */
      readonly isLast: boolean;
    }
  | {
      /**
       * Others have run some of what was granted to this worker, or may: up to so many that are not begun are to be given back, as
       * `returned` of the next `iterations` or report says.
       */
      readonly kind: 'revoke';
      readonly test: number;
      readonly count: number;
    }
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
  /** Absent without a total of iterations. */
  readonly iterations?: IterationState;
  /** What listeners of `reportToMaster` added. */
  readonly data: Readonly<Record<string, unknown>>;
  /** What was measured in this interval is too large for one message, and the next report has more of it. Absent in the last, or only one. */
  readonly hasMore?: boolean;
}

/** A `StopTest` was thrown on a worker, or no user can be started there. */
export interface StopWish {
  readonly kind: 'stopTest';
  readonly test: number;
  readonly reason: string;
  /** A user class cannot run as it is set up, which is a mistake and no wish: exit code 1. */
  readonly isBadSetup: boolean;
  /** That worker can start no user of this test: others may, and then the test goes on without it. */
  readonly isHopeless?: boolean;
}

export type WorkerMessage =
  | {
      /** Each second from the first connection on. */
      readonly kind: 'heartbeat';
      readonly state: 'ready' | 'spawning' | 'running';
      /** Percent of one core. */
      readonly cpuPercent: number;
      /** Resident bytes. */
      readonly memoryBytes: number;
      /** Of the last heartbeat; absent before the first one was answered. */
      readonly roundTripMillis?: number;
      /** Seconds that the master's clock is ahead of the worker's own; absent as the round trip is. */
      readonly clockOffsetSeconds?: number;
    }
  | {
      /** Users wait for iterations, or will soon; or some were given back. */
      readonly kind: 'iterations';
      readonly test: number;
      readonly state: IterationState;
    }
  | {
      /** Lines of its log, as it formats them. */
      readonly kind: 'logs';
      readonly lines: readonly { readonly level: string; readonly text: string }[];
    }
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
  | {
      readonly kind: 'stopped';
      readonly test: number;
      /** Why it is taken for stopped without having said so: its last numbers are lost. Only of workers of Locust. */
      readonly givenUp?: string;
    }
  | StopWish
  | {
      /** Something failed that is no sample and no task exception: the run goes on and its exit code says so. */
      readonly kind: 'fault';
      readonly message: string;
    }
  | { readonly kind: 'quit' }
  | CustomLinkMessage;
