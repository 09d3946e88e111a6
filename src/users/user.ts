/**
 * The base of every user class: who it is, what it does, what it awaits. How it lives and ends is in `userLife.ts`.
 */
import { TsloadError } from '../errors.js';
import type { Environment } from '../events/index.js';
import { Activity } from './activity.js';
import { checkedSeconds, Sleep } from './sleep.js';
import type { TaskDeclaration, WaitTime } from './task.js';
import { loopKey, type TaskLoop } from './taskLoop.js';
import { selectedTasks } from './taskSelection.js';
import { lifeKey, preloadKey, prepareKey, releaseKey, UserLife, type UserState } from './userLife.js';
import { secondsToWait } from './waiting.js';
import { constant } from './waitTime.js';

/**
 * A user that loads a system: it runs its tasks one after the other and waits in between. Make a subclass with tasks; for
 * HTTP and gRPC start from `HttpUser` and `GrpcUser`. Locust: `User`.
 */
export class User {
  /** Base URL. `environment.host` overrides it. Default: none. Locust: `host`. */
  static host: string | undefined = undefined;

  /** Share of this class among all users: a number, 0 or above; 0 leaves it out. Default 1. Locust: `weight`. */
  static weight = 1;

  /** Above 0: exactly so many users, started first; `weight` is ignored. Default 0. Locust: `fixed_count`. */
  static fixedCount = 0;

  /**
   * Not a class to run but a base for others. Not inherited: a subclass that does not say so itself is one to run.
   * Locust: `abstract`.
   */
  static abstract = true;

  /** Tasks beside those marked with `@task`: a list, a list of `[task, weight]` pairs, or a `Map`. Locust: `tasks`. */
  static tasks: TaskDeclaration = [];

  /**
   * Gives the seconds to wait after each task: `between(1, 5)`, `constant(1)`, `constantPacing(2)`, `constantThroughput(0.5)`
   * or a function of your own. Default `constant(0)`. Locust: `wait_time`.
   */
  static waitTime: WaitTime = constant(0);

  /**
   * Data files and folders that users of this class read, such as `['data/users.csv']`: workers that take the locustfile from
   * their master get them as well. Relative to the file in which the class is written; a `URL` is taken as it is. Default: none.
   */
  static files: readonly (string | URL)[] = [];

  /** For clients: loads the packages that users of this class need, so that no measured second contains it. */
  static [preloadKey](): void {}

  /** What this user awaits from tsload right now. For clients. */
  readonly activity = new Activity();

  readonly [lifeKey]: UserLife;

  constructor(readonly environment: Environment) {
    if (typeof environment !== 'object' || environment === null) {
      throw new TsloadError(
        'BAD_USER_CLASS',
        `the constructor of ${new.target.name} got no environment: a subclass that has one must call super(environment)`,
      );
    }
    this[lifeKey] = new UserLife(this, selectedTasks(environment, new.target));
  }

  /** The base URL in force: the environment's if it has one, else the class's. */
  get host(): string | undefined {
    const { host } = this.constructor as typeof User;
    return this.environment.host || host;
  }

  /** What the user is doing. */
  get state(): UserState {
    return this[lifeKey].state;
  }

  get [loopKey](): TaskLoop {
    return this[lifeKey].loop;
  }

  /** Merged under the context of each request. Locust: `context`. */
  context(): Record<string, unknown> {
    return {};
  }

  /** Runs once before the first task. If it throws, the user ends without `onStop`. Locust: `on_start`. */
  onStart(): unknown {
    return undefined;
  }

  /** Runs once after the last task, whatever ended the user, with a client that works. Locust: `on_stop`. */
  onStop(): unknown {
    return undefined;
  }

  /** A wait function of a class of its own, in place of `static waitTime`. Seconds. Locust: `wait_time` as a method. */
  waitTime?(): number;

  /**
   * Waits one `waitTime`, as between tasks: a stop ends the user here at once, even with a stop timeout. Locust: `wait`.
   */
  wait(): Promise<void> {
    return this[lifeKey].pause(secondsToWait(this, this));
  }

  /**
   * Sleeps for `seconds`, 0 or above, as part of the task: a graceful stop lets it finish, a forced one makes it reject.
   * Throws `TsloadError` MISUSE for what is no number.
   */
  sleep(seconds: number): Promise<void> {
    return new Sleep(this.activity, checkedSeconds(seconds)).promise;
  }

  /** Runs `onStart`, the tasks, and `onStop`. Resolves when the user is over; never rejects. Locust: `start`. */
  start(): Promise<void> {
    return this[lifeKey].start();
  }

  /**
   * Ends the user: gracefully (a waiting user at once, a running one when its task returns), or, with `force`, by making its
   * awaits reject. Returns whether it is ended at once; `onStop` follows in either case. Locust: `stop`.
   */
  stop(force = false): boolean {
    return this[lifeKey].stop(force);
  }

  /** For clients: what `onStart` and the tasks need. Throws like `onStart`. */
  [prepareKey](): Promise<void> | undefined {
    return undefined;
  }

  /** For clients: frees what the user holds. Called once, when the user is over. */
  [releaseKey](): void {}
}

/** A class of users, abstract or not. */
export type UserClass = typeof User;
