/**
 * Task sets: tasks that belong together. A user that enters one stays until it is interrupted.
 */
import { nowMicros } from '../clock.js';
import { InterruptTaskSet } from './controlExceptions.js';
import { checkedSeconds, Sleep } from './sleep.js';
import { type Task, type TaskDeclaration, taskSetBrand, type WaitTime } from './task.js';
import { loopKey, TaskLoop } from './taskLoop.js';
import type { User } from './user.js';
import { secondsToWait } from './waiting.js';

/** The client of a user class, for task sets that say whose they are: `class Browse extends TaskSet<HttpUser>`. */
export type ClientOf<U> = U extends { readonly client: infer Client } ? Client : unknown;

/**
 * Tasks that belong together. Picked as a task of a user or of another set, it is made anew, runs `onStart` and then its
 * tasks, with its waits, until one of them interrupts it. `U` is the class of its user. Locust: `TaskSet`.
 */
export class TaskSet<U extends User = User> {
  /** Not a set to run but a base for others; keeps a `MarkovTaskSet` from being checked. Not inherited. */
  static abstract = false;

  /** Tasks beside those marked with `@task`: a list, a list of `[task, weight]` pairs, or a `Map`. Locust: `tasks`. */
  static tasks: TaskDeclaration = [];

  /** Wait function of this set; default: the user's. Locust: `wait_time`. */
  static waitTime: WaitTime | undefined = undefined;

  static readonly [taskSetBrand] = true;

  readonly [loopKey]: TaskLoop;
  readonly #parent: U | TaskSet<U>;

  constructor(parent: U | TaskSet<U>) {
    const outer = parent[loopKey];
    this.#parent = parent;
    this[loopKey] = new TaskLoop(outer.life, outer, this, outer.list.listOf(new.target), nowMicros());
  }

  /** The user that runs this set. Read-only. Locust: `user`. */
  get user(): U {
    return this[loopKey].life.user as U; // what the author of the set declares; sets nest in any user
  }

  /** The set around this one, or the user. Read-only. Locust: `parent`. */
  get parent(): U | TaskSet<U> {
    return this.#parent;
  }

  /** The user's client. Locust: `client`. */
  get client(): ClientOf<U> {
    const user: object = this.user;
    return Reflect.get(user, 'client');
  }

  /** The tasks of this set, each as often as its weight says. */
  get tasks(): readonly Task[] {
    return this[loopKey].list.tasks;
  }

  /** Runs when the set is entered. Locust: `on_start`. */
  onStart(): unknown {
    return undefined;
  }

  /** Runs when the set is left: interrupted, or because the user ends. Locust: `on_stop`. */
  onStop(): unknown {
    return undefined;
  }

  /** A wait function of this set, in place of `static waitTime`. Seconds. Locust: `wait_time` as a method. */
  waitTime?(): number;

  /** Waits one `waitTime` of this set, or of the user if it has none: a stop ends the user here at once. Locust: `wait`. */
  wait(): Promise<void> {
    return this[loopKey].life.pause(secondsToWait(this, this.user));
  }

  /** Sleeps for `seconds`, as part of the task; see `User.sleep`. */
  sleep(seconds: number): Promise<void> {
    return new Sleep(this.user.activity, checkedSeconds(seconds)).promise;
  }

  /**
   * Leaves this set: throws `InterruptTaskSet`. The parent picks its next task at once, or, with `reschedule` false, waits
   * first. Locust: `interrupt`.
   */
  interrupt(reschedule = true): never {
    throw new InterruptTaskSet(reschedule);
  }

  /**
   * Has a task run before any other: after those scheduled already, or, with `first`, ahead of them.
   * Locust: `schedule_task`.
   */
  scheduleTask(task: Task, first = false): void {
    this[loopKey].schedule(task, first);
  }

  /** Chooses what runs next when nothing is scheduled; override it to choose otherwise. Locust: `get_next_task`. */
  getNextTask(): Task {
    return this[loopKey].choose();
  }

  /** Runs one task; override it to do something around each. Locust: `execute_task`. */
  executeTask(task: Task): unknown {
    return this[loopKey].execute(task);
  }
}
