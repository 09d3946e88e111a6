/**
 * Everything that belongs to one test: user classes, options, events, runner. The same for a program that uses tsload as a
 * library and for the command line. Locust: `Environment`.
 */
import { OptionError, TsloadError } from '../errors.js';
import {
  type Environment as EnvironmentView,
  Events,
  type ParsedOptions,
  type StatisticsView,
  type UserRuntime,
} from '../events/index.js';
import type { RunSetup, UserClassUpdate } from '../link/index.js';
import { RunStatistics } from '../stats/index.js';
import { taskSelectionOf, type User, updateUserClass } from '../users/index.js';
import { LocalRunner } from './localRunner.js';
import type { MasterRunner } from './masterRunner.js';
import type { MasterRunnerOptions } from './masterRunnerOptions.js';
import {
  type CompleteOptions,
  checkedShape,
  completeOptions,
  type EnvironmentOptions,
  type Shape,
  type UserClass,
} from './options.js';
import type { TestRunner } from './testRunner.js';
import { runnableClasses } from './userClasses.js';
import type { WorkerRunner, WorkerRunnerOptions } from './workerRunner.js';

export class Environment implements EnvironmentView {
  readonly events: Events;
  readonly shape: Shape | undefined;
  readonly #parsedOptions: Record<string, unknown>;
  readonly profile: string | undefined;
  /** The classes whose users run, sorted by name. */
  readonly userClasses: readonly UserClass[];
  /** The rest of what it was made from, complete. */
  readonly options: CompleteOptions;
  host: string | undefined;
  stopTimeout: number;
  catchExceptions: boolean;
  processExitCode: number | undefined = undefined;
  /** The user of `runSingleUser`. Locust: `single_user_instance`. */
  singleUserInstance: User | undefined = undefined;
  readonly #statistics: RunStatistics;
  #runner: TestRunner | undefined;
  #runtime: UserRuntime | undefined;
  readonly #userConfigs: { readonly userClass: string; readonly values: Readonly<Record<string, unknown>> }[] = [];
  #hasEqualWeights = false;

  /** Throws `OptionError` for options that cannot be used and `TsloadError` for user classes that cannot run together. */
  constructor(options: EnvironmentOptions = {}) {
    this.options = completeOptions(options);
    this.events = options.events ?? new Events();
    this.shape = checkedShape(options.shape);
    this.#parsedOptions = { ...options.parsedOptions };
    this.profile = options.profile;
    this.host = options.host;
    this.stopTimeout = this.options.stopTimeout;
    this.catchExceptions = this.options.catchExceptions;
    this.userClasses = runnableClasses(listOf(options.userClasses));
    const { maxNames } = this.options;
    const { chartPercentiles } = options;
    this.#statistics = new RunStatistics({ maxNames, ...(chartPercentiles === undefined ? {} : { chartPercentiles }) });
  }

  get stats(): StatisticsView {
    return this.#statistics;
  }

  get parsedOptions(): ParsedOptions {
    return this.#parsedOptions;
  }

  /** For tsload's own use: a worker's options that its master decides. Whoever holds `parsedOptions` sees them. */
  adoptOptions(options: ParsedOptions): void {
    Object.assign(this.#parsedOptions, options);
  }

  get runner(): TestRunner | undefined {
    return this.#runner;
  }

  /** For tsload's own use. */
  get runtime(): UserRuntime {
    if (this.#runtime !== undefined) return this.#runtime;
    throw new TsloadError('MISUSE', 'this environment has no runner yet: call createLocalRunner() first');
  }

  /** For tsload's own use: what users of this environment are given. */
  useRuntime(runtime: UserRuntime): void {
    this.#runtime = runtime;
  }

  /** A master and a worker in this process. Once for each environment. Locust: `create_local_runner`. */
  createLocalRunner(): LocalRunner {
    this.#checkNoRunner();
    const runner = new LocalRunner(this, this.#statistics);
    this.#runner = runner;
    this.#runtime = runner.runtime;
    return runner;
  }

  /**
   * A master in this process; its workers are other processes. Resolves when it listens; throws `ConnectionError` when it
   * cannot. Once for each environment. Locust: `create_master_runner`.
   */
  async createMasterRunner(options: MasterRunnerOptions = {}): Promise<MasterRunner> {
    this.#checkNoRunner();
    const { MasterRunner } = await import('./masterRunner.js');
    const runner = await MasterRunner.open(this, this.#statistics, options);
    this.#runner = runner;
    return runner;
  }

  /**
   * A worker in this process; its master is another process. Resolves when it has joined; throws `ConnectionError` when it
   * cannot. Once for each environment. Locust: `create_worker_runner`.
   */
  async createWorkerRunner(options: WorkerRunnerOptions = {}): Promise<WorkerRunner> {
    this.#checkNoRunner();
    const { WorkerRunner } = await import('./workerRunner.js');
    const runner = await WorkerRunner.open(this, options);
    this.#runner = runner;
    this.#runtime = runner.runtime;
    return runner;
  }

  #checkNoRunner(): void {
    if (this.#runner === undefined) return;
    throw new TsloadError('MISUSE', 'this environment has a runner already: make another environment for another one');
  }

  /**
   * Changes host, weight, fixed count or tasks of a class, here and on all workers. While a test runs, host and tasks hold for
   * users that start from now on; weight and fixed count for the next test. Any other key is a static of the class. Throws
   * `TsloadError` BAD_OPTION, also for what workers could not be sent: then nothing is changed. Locust: `update_user_class`.
   */
  updateUserClass(update: UserClassUpdate): void {
    const { userClass, ...values } = update;
    this.#runner?.checkUserClassUpdate?.(update);
    this.configureUserClass(userClass, values);
    this.#runner?.userClassUpdated?.(update);
  }

  /** For tsload's own use: sets statics of a class, and remembers them for workers. Throws `TsloadError` BAD_OPTION. */
  configureUserClass(name: string, values: Readonly<Record<string, unknown>>): void {
    const userClass = this.userClasses.find((each) => each.name === name);
    if (userClass === undefined) {
      const names = this.userClasses.map((each) => each.name).join(', ');
      throw new TsloadError('BAD_OPTION', `there is no user class ${name} in this test, only ${names}`);
    }
    updateUserClass(this, userClass, values);
    this.#userConfigs.push({ userClass: name, values });
  }

  /** What was set on classes, in the order in which it holds. */
  get userConfigs(): RunSetup['userConfigs'] {
    return this.#userConfigs;
  }

  /** `assignEqualWeights` was called. */
  get hasEqualWeights(): boolean {
    return this.#hasEqualWeights;
  }

  /** Weight 1 for every class, and its leaf tasks with equal chances. Locust: `assign_equal_weights`. */
  assignEqualWeights(): void {
    this.#hasEqualWeights = true;
    for (const userClass of this.userClasses) userClass.weight = 1;
    taskSelectionOf(this).assignEqualWeights();
  }
}

/** A program may be plain JavaScript, where one class is easily given instead of a list. */
function listOf(userClasses: EnvironmentOptions['userClasses']): readonly UserClass[] {
  if (userClasses === undefined) return [];
  if (typeof userClasses === 'object' && userClasses !== null && Symbol.iterator in userClasses)
    return [...userClasses];
  throw new OptionError('userClasses must be a list of user classes: put a single one in brackets, [Shopper]');
}
