/**
 * What listeners, users and shapes see of the environment and of the runner. The bodies are in `environment`.
 */
import type { Events } from './catalogue.js';
import type { Recorder } from './recorder.js';
import type { StatisticsView } from './statistics.js';

/** States of a run, Locust's words. */
export type RunState = 'ready' | 'spawning' | 'running' | 'cleanup' | 'stopping' | 'stopped';

/** Options as parsed from the command line, and custom ones, by camelCase name (`parsedOptions.runTime`). */
export type ParsedOptions = Readonly<Record<string, unknown>>;

/** A message that a locustfile sends between nodes. */
export interface CustomMessage {
  readonly type: string;
  readonly data: unknown;
  /** Id of the node that sent it; `local` in a one-process run. */
  readonly nodeId: string;
}
export type MessageListener = (message: CustomMessage, environment: Environment) => unknown;

/** Starts, stops and watches users. Locust: `environment.runner`. */
export interface Runner {
  readonly state: RunState;
  readonly userCount: number;
  /** Live users by class name. */
  readonly userClassesCount: Readonly<Record<string, number>>;
  readonly targetUserCount: number;
  readonly targetUserClassesCount: Readonly<Record<string, number>>;
  readonly spawnRate: number;
  readonly stats: StatisticsView;
  /** -1 on a worker that has none yet; 0 in a one-process run. */
  readonly workerIndex: number;
  readonly workerCount: number;
  readonly clientId: string;
  /**
   * Starts a test, or changes the user count of a running one. Returns at once; the ramp goes on by itself.
   * `spawnRate`: users per second over all workers, above 0. `wait`: refuse unless all can start in one step.
   */
  start(userCount: number, spawnRate: number, options?: StartOptions): void;
  startShape(): void;
  /**
   * Ends the test: `testStopping`, users stopped within the stop timeout, `testStop`. A task that awaits this waits for its own
   * end: it is left behind. A listener of `testStopping` or `testStop` that awaits it goes on at once.
   */
  stop(): Promise<void>;
  /** Stops, and ends the runner for good. Safe from a task or a listener, like `stop`. */
  quit(): Promise<void>;
  /** Resolves when the runner has quit. */
  readonly ended: Promise<void>;
  resetStats(): void;
  registerMessage(type: string, listener: MessageListener, options?: { readonly concurrent?: boolean }): void;
  sendMessage(type: string, data?: unknown, clientId?: string): void;
}

export interface StartOptions {
  readonly wait?: boolean;
  /** Only these classes from now on; users of others stay. */
  readonly userClasses?: readonly string[];
}

/** What is asked before each task: iterations are counted here, and a worker that must not go on lets nobody pass. */
export interface TaskGate {
  /** Whether every task that was claimed must be finished or unclaimed; otherwise neither means anything. */
  readonly isCounting: boolean;
  /** Whether one more task may run, which then counts as begun. Undefined: that is not known yet, and `wait` will tell. */
  claim(user: object): boolean | undefined;
  /** Calls back once with the answer that `claim` could not give, later. Returns what withdraws the question. */
  wait(user: object, decided: (mayRun: boolean) => void): () => void;
  /** The task that was claimed last for that user is over. Once more does nothing. */
  finish(user: object): void;
  /** The task that was claimed last for that user has not run to its end: somebody else may run one. */
  unclaim(user: object): void;
}

/** What the worker puts at its users' disposal. For tsload's own clients and users, not for locustfiles. */
export interface UserRuntime {
  readonly recorder: Recorder;
  /** A source of chance for one user: numbers in [0, 1). With `--seed` the same numbers in every run. */
  randomOf(user: object): () => number;
  /** Absent while nothing limits the tasks, so that nobody asks. */
  readonly taskGate?: TaskGate | undefined;
  /** An exception of user code, to be counted: a task's, `onStart`'s or `onStop`'s. */
  userException(thrown: unknown, user: object): void;
  /** A `StopTest` raised in a constructor, task or listener: ends the whole test. */
  stopTest(reason: unknown): void;
}

/** Everything that belongs to one test: classes, options, events, runner. Locust: `environment`. */
export interface Environment {
  readonly events: Events;
  /** Set by `createLocalRunner` and its like; undefined before, and under `runSingleUser`. */
  readonly runner: Runner | undefined;
  readonly stats: StatisticsView;
  /** Base URL for all user classes; overrides theirs when it is not empty. */
  host: string | undefined;
  /** Seconds that running tasks get to finish when users are stopped. */
  stopTimeout: number;
  /** Whether an exception of a task is logged and counted and the user goes on (true), or ends (false). */
  catchExceptions: boolean;
  readonly parsedOptions: ParsedOptions;
  /** Decides the exit code whatever happened in the run, when it is set before `quitting` listeners are done. */
  processExitCode: number | undefined;
  readonly profile: string | undefined;
  /** For tsload's own use. */
  readonly runtime: UserRuntime;
}
