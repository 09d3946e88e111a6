/**
 * The life of one user: from `start` through its tasks to `onStop`, and how a stop ends it.
 *
 *   ready ─start─▶ running ⇄ waiting ─stop─▶ stopping ─▶ stopped
 *
 * A graceful stop ends a waiting user at once; a running one ends when its task returns. A forced stop cancels what the task
 * awaits; the task then has a second to unwind. One that does not is left behind: named in the log, and nothing that it
 * awaits from tsload settles any more. Either way `onStop` of its task sets (innermost first) and its own follow, with a
 * client that works, and a time limit once the stop was forced. So a forced stop always ends.
 */
import { nowMicros } from '../clock.js';
import { TsloadError } from '../errors.js';
import { isControl, isRecordedFailure, type TaskGate } from '../events/index.js';
import { describeThrown, getLogger } from '../log.js';
import { StopTest, StopUser } from './controlExceptions.js';
import { faultText } from './faultText.js';
import { tellLeftBehind } from './leftBehindLog.js';
import { repeatedFaultsOf } from './repeatedFaults.js';
import { type Task, taskName } from './task.js';
import type { TaskList } from './taskList.js';
import { TaskLoop } from './taskLoop.js';
import type { TaskSet } from './taskSet.js';
import type { User } from './user.js';
import { GateWait, rejected, turn, Wait } from './userPause.js';

/** Under this key users keep their life. */
export const lifeKey: unique symbol = Symbol('tsload user life');

/** Under this key a user class has what loads the packages of its client: called before the first test. */
export const preloadKey: unique symbol = Symbol('tsload preload');

/** Under this key a client's user class has what must be done before `onStart`, if there is anything. */
export const prepareKey: unique symbol = Symbol('tsload prepare');

/** Under this key a client's user class has what frees its resources: called once, after `onStop`. */
export const releaseKey: unique symbol = Symbol('tsload release');

/** What a user is doing. Locust: `user._state`. */
export type UserState = 'ready' | 'running' | 'waiting' | 'stopping' | 'stopped';

/** Seconds that a task gets to unwind after a forced stop, before it is left behind. */
export const unwindSeconds = 1;
/** Seconds that all `onStop` of one user get together once its stop was forced. */
export const onStopSeconds = 10;

/** What the awaits of a stopped user reject with. One for all: a stack for each would cost more than the stop. */
const userStopped = new StopUser('the user is being stopped');
const noIterationsLeft = new StopUser('no iterations are left');

const log = getLogger('tsload.user');
const taskLog = getLogger('tsload.user.task');

export class UserLife {
  state: UserState = 'ready';
  /** The task that was begun last, for the log. */
  task: Task | undefined = undefined;
  /** The user was left behind: what its tasks still do changes nothing any more. */
  hasLeft = false;
  readonly loop: TaskLoop;
  /** The loop of the innermost task set that was entered and not left. */
  #innermost: TaskLoop;
  #isForced = false;
  #isEnding = false;
  #random: (() => number) | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;
  #over: Promise<void> | undefined = undefined;
  #resolveOver: () => void = () => {};

  constructor(
    readonly user: User,
    list: TaskList,
  ) {
    this.loop = new TaskLoop(this, undefined, undefined, list, nowMicros());
    this.#innermost = this.loop;
  }

  /** Runs the user; resolves when it is over, never rejects. A second call gives the same promise. */
  start(): Promise<void> {
    this.#over ??= new Promise((resolve) => {
      this.#resolveOver = resolve;
      if (this.state === 'stopped') return resolve();
      this.state = 'running';
      this.#live().catch((thrown: unknown) => this.#broken(thrown));
    });
    return this.#over;
  }

  /** Returns whether the user was ended at once; otherwise it ends when its task returns. */
  stop(isForced: boolean): boolean {
    if (this.state === 'stopped') return true;
    if (this.state === 'ready') {
      this.#finish();
      return true;
    }
    if (!isForced && this.state !== 'waiting') {
      this.state = 'stopping';
      return false;
    }
    this.#force();
    return true;
  }

  /** Rests for `seconds`: the time in which a graceful stop ends the user at once. 0 is one turn of the event loop. */
  pause(seconds: number): Promise<void> {
    if (this.#isStopping) return rejected(userStopped);
    this.state = 'waiting';
    return seconds > 0 ? new Wait(this, seconds).promise : turn(this, userStopped);
  }

  /** The pause is over. Returns whether the user goes on. */
  resume(): boolean {
    if (this.state === 'waiting') this.state = 'running';
    return !this.#isStopping;
  }

  /** Throws the stop when the user is to end before the next task. */
  checkGoesOn(): void {
    if (this.#isStopping) throw userStopped;
  }

  /** Hot: what has to be asked before a task; mostly nothing. */
  get taskGate(): TaskGate | undefined {
    return this.user.environment.runtime.taskGate;
  }

  /** Asks the gate, and waits where it does not know yet. Throws when no task is left for this user, or it is stopped. */
  passGate(gate: TaskGate): Promise<void> | undefined {
    const mayRun = gate.claim(this.user);
    if (mayRun === undefined) return this.#waitAtGate(gate);
    if (!mayRun) throw noIterationsLeft;
    return undefined;
  }

  /** The task that was claimed is over, unless a stop has cut it off. */
  leaveGate(gate: TaskGate): void {
    if (this.#isForced) gate.unclaim(this.user);
    else gate.finish(this.user);
  }

  /** Throws on what a task threw because it was stopped: what comes of a stop is no fault of the task. */
  checkUnwinding(thrown: unknown): void {
    if (this.hasLeft) throw thrown;
    if (!this.#isForced) return;
    if (!isControl(thrown)) log.debug(`${this.#where()} threw while it was being stopped: ${describeThrown(thrown)}`);
    throw thrown instanceof StopTest ? thrown : userStopped;
  }

  random(): number {
    this.#random ??= this.user.environment.runtime.randomOf(this.user);
    return this.#random();
  }

  enter(loop: TaskLoop): void {
    if (!this.hasLeft) this.#innermost = loop;
  }

  leave(loop: TaskLoop): void {
    if (!this.hasLeft) this.#innermost = loop.parent ?? this.loop;
  }

  /** Counts, logs and tells what a task threw, or `what` instead. Throws the control exception of a listener. */
  reportTaskException(thrown: unknown, set: TaskSet | undefined, what = this.#taskName): void {
    const { environment } = this.user;
    environment.runtime.userException(thrown, this.user);
    const traceback = faultText(thrown);
    const namesTheClass = thrown instanceof TsloadError && thrown.code === 'BAD_USER_CLASS';
    const text = namesTheClass ? traceback : `${what} of ${(set ?? this.user).constructor.name} failed: ${traceback}`;
    const line = repeatedFaultsOf(environment).lineFor(text);
    if (line === undefined) taskLog.debug(text);
    else taskLog.error(line);
    const { userError } = environment.events;
    if (!userError.isListened) return;
    userError.fire({ userInstance: this.user, taskSet: set ?? this.user, exception: thrown, traceback });
  }

  /** The tasks are over: what is left is `onStop`, with awaits that work. */
  beginEnding(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.state = 'stopping';
    clearTimeout(this.#timer);
    if (!this.#isForced) return;
    this.user.activity.reopen();
    this.#limitOnStop();
  }

  /** Runs one `onStop`. Throws only what ends the user, and only while it is not ending already. */
  async runOnStop(owner: User | TaskSet): Promise<void> {
    try {
      await owner.onStop();
    } catch (thrown) {
      if (this.state === 'stopped') return;
      if (!isControl(thrown)) return this.#reportFault('onStop', owner, thrown);
      if (!this.#isEnding && (thrown instanceof StopUser || thrown instanceof StopTest)) throw thrown;
      if (thrown instanceof StopTest) this.user.environment.runtime.stopTest(thrown);
    }
  }

  async #waitAtGate(gate: TaskGate): Promise<void> {
    if (this.#isStopping) throw userStopped;
    this.state = 'waiting';
    if (!(await new GateWait(this, gate).promise)) throw noIterationsLeft;
    if (!this.#isStopping) return;
    gate.unclaim(this.user);
    throw userStopped;
  }

  get #isStopping(): boolean {
    return this.state === 'stopping' || this.state === 'stopped';
  }

  async #live(): Promise<void> {
    let hasStarted = false;
    try {
      const preparing = this.user[prepareKey]();
      if (preparing !== undefined) await preparing;
      await this.user.onStart();
      hasStarted = true;
      await this.loop.run();
    } catch (thrown) {
      if (this.hasLeft) return;
      await this.#end(thrown, hasStarted);
    }
    this.#finish();
  }

  async #end(thrown: unknown, hasStarted: boolean): Promise<void> {
    const isStop = this.#isForced || thrown instanceof StopUser || thrown instanceof StopTest;
    this.beginEnding();
    if (thrown instanceof StopTest) this.user.environment.runtime.stopTest(thrown);
    if (hasStarted && !isControl(thrown)) this.#reportFault('the task loop', this.user, thrown);
    if (!hasStarted && !isStop) this.#reportFault('onStart', this.user, thrown);
    else await this.runOnStop(this.user);
  }

  #force(): void {
    if (this.#isForced) return;
    this.#isForced = true;
    this.state = 'stopping';
    if (this.#isEnding) {
      this.#limitOnStop();
      return;
    }
    this.#timer = setTimeout(() => this.#leaveBehind(), unwindSeconds * 1000);
    this.user.activity.stop(userStopped);
  }

  /** The task did not unwind. Its frames stay where they are; `onStop` runs without them. */
  async #leaveBehind(): Promise<void> {
    tellLeftBehind(this.#where(), unwindSeconds);
    this.hasLeft = true;
    this.user.activity.close();
    this.beginEnding();
    for (let loop = this.#innermost; loop.set !== undefined; loop = loop.parent ?? this.loop) {
      await this.runOnStop(loop.set);
    }
    await this.runOnStop(this.user);
    this.#finish();
  }

  #limitOnStop(): void {
    this.#timer = setTimeout(() => {
      tellLeftBehind(`onStop of ${this.user.constructor.name}`, onStopSeconds);
      this.#finish();
    }, onStopSeconds * 1000);
  }

  #finish(): void {
    if (this.state === 'stopped') return;
    this.state = 'stopped';
    clearTimeout(this.#timer);
    this.user.activity.stop(userStopped);
    this.user.activity.close();
    try {
      this.user[releaseKey]();
    } catch (thrown) {
      log.error(`${this.user.constructor.name} could not be released: ${describeThrown(thrown)}`);
    }
    this.#resolveOver();
  }

  #reportFault(where: string, owner: User | TaskSet, thrown: unknown): void {
    if (this.#isForced && !this.#isEnding) return;
    if (!isRecordedFailure(thrown)) this.user.environment.runtime.userException(thrown, this.user);
    log.error(`${where} of ${owner.constructor.name} failed: ${faultText(thrown)}`);
  }

  /** Something in here failed that must not. The user is over all the same. */
  #broken(thrown: unknown): void {
    log.critical(`${this.user.constructor.name} broke off: ${describeThrown(thrown)}`);
    this.#finish();
  }

  get #taskName(): string {
    return this.task === undefined ? 'onStart' : `task ${taskName(this.task)}`;
  }

  #where(): string {
    return `${this.#taskName} of ${this.user.constructor.name}`;
  }
}
