/**
 * Starts and stops the users of a worker as the spawn messages say.
 *
 * A message says how many users of a class there shall be and at which moment each new one starts. What is missing is counted
 * against the users that are really there, so users that ended by themselves are replaced with the next message, as in
 * Locust. Starts are due by plan: one that is late does not shift those after it.
 */
import { epochSeconds } from '../clock.js';
import { type Environment, isControl } from '../events/index.js';
import type { SpawnMessage } from '../link/index.js';
import { getLogger } from '../log.js';
import { createUser, StopTest, type User, type UserClass } from '../users/index.js';
import { StartQueue } from './startQueue.js';
import { Hurry, stopUsers } from './stopping.js';
import { type LiveUser, UserPool } from './userPool.js';

/** Milliseconds that users are started in one go before the event loop turns. */
const burstMillis = 10;

const log = getLogger('tsload.runners');

export interface UserRunnerOptions {
  readonly environment: Environment;
  readonly userClasses: ReadonlyMap<string, UserClass>;
  /** A user was made and is about to start. */
  created(user: User, userClass: string): void;
  /** A user is over, or was given up. */
  ended(user: User): void;
  /** A user ended, or there is nothing left to start or stop. */
  changed(): void;
  /** Users of a class cannot be made. */
  constructionFailed(message: string): void;
  /** Nor those of any other class of this test. `why` tells which, and of each what is wrong with it. */
  nobodyCanStart(why: string): void;
  /** A constructor threw `StopTest`. */
  stopTest(reason: unknown): void;
}

export class UserRunner {
  readonly pool = new UserPool();
  readonly #queue = new StartQueue();
  /** How many users of each class there shall be. */
  #wanted = new Map<string, number>();
  /** Classes whose constructor threw in this test: they are not tried again. */
  readonly #broken = new Set<string>();
  /** No later step of the ramp brings users of further classes. */
  #isRampOver = false;
  /** For stops that come. */
  stopTimeoutSeconds = 0;
  /** Groups of users that are being stopped. */
  #leavingGroups = 0;
  #hurry = new Hurry();
  #timer: NodeJS.Timeout | undefined;
  #isTurning = false;

  constructor(private readonly options: UserRunnerOptions) {}

  /** A new test: nobody is wanted yet. */
  begin(stopTimeoutSeconds: number): void {
    this.stopTimeoutSeconds = stopTimeoutSeconds;
    this.#wanted = new Map();
    this.#broken.clear();
    this.#isRampOver = false;
    this.#hurry = new Hurry();
  }

  /** How many users of each class there shall be. */
  get wanted(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#wanted);
  }

  /** Everything that was asked for is done: no start is due later, and no user is still being stopped. */
  get isSettled(): boolean {
    return this.#queue.size === 0 && this.#leavingGroups === 0;
  }

  spawn(message: SpawnMessage): void {
    for (const [userClass, count] of Object.entries(message.counts)) this.#wanted.set(userClass, count);
    for (const [userClass, wanted] of this.#wanted) {
      const present = this.pool.stayingOf(userClass) + this.#queue.countOf(userClass);
      if (wanted > present) this.#plan(message, userClass, wanted - present);
      else if (wanted < present) this.#takeBack(userClass, present - wanted);
    }
    this.#isRampOver = message.isLast;
    if (this.#isHopeless) this.options.nobodyCanStart(this.#whyHopeless());
    this.#startDue();
    if (this.isSettled) this.options.changed();
  }

  /** Nobody starts any more, and everybody is stopped. Resolves when nobody is left. */
  async stopAll(): Promise<void> {
    this.#queue.clear();
    this.#wanted = new Map();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#stop(this.pool.takeAll());
  }

  /** Users that are being stopped, now and later, get no more time to finish their tasks. */
  hurry(): void {
    this.#hurry.now();
  }

  /** The planned moments first; users beyond the plan, which replace others, are spread over the same time. */
  #plan(message: SpawnMessage, userClass: string, count: number): void {
    if (this.#broken.has(userClass)) return;
    const { startTime, spacingSeconds } = message;
    const ranks = message.starts.find((planned) => planned.userClass === userClass)?.ranks ?? [];
    const times = ranks.slice(0, count).map((rank) => startTime + rank * spacingSeconds);
    const beyond = count - times.length;
    for (let at = 0; at < beyond; at++) times.push(startTime + at * spacingSeconds);
    this.#queue.add(
      userClass,
      times.sort((a, b) => a - b),
    );
  }

  #takeBack(userClass: string, count: number): void {
    const notStarted = this.#queue.takeBack(userClass, count);
    const leaving = this.pool.takeLatest(userClass, count - notStarted);
    if (leaving.length > 0) void this.#stop(leaving).then(() => this.options.changed());
  }

  async #stop(users: readonly LiveUser[]): Promise<void> {
    this.#leavingGroups++;
    const givenUp = await stopUsers(users, this.stopTimeoutSeconds, this.#hurry);
    this.#leavingGroups--;
    for (const entry of givenUp) this.#ended(entry);
  }

  /** Starts everybody whose time has come. */
  #startDue(): void {
    const begin = performance.now();
    const now = epochSeconds();
    for (;;) {
      const userClass = this.#queue.takeDue(now);
      if (userClass === undefined) break;
      this.#startOne(userClass);
      if (performance.now() - begin > burstMillis) {
        this.#turn();
        return;
      }
    }
    this.#sleep();
  }

  #sleep(): void {
    clearTimeout(this.#timer);
    const next = this.#queue.nextTime;
    if (next === undefined) return;
    const millis = Math.max(1, (next - epochSeconds()) * 1000);
    this.#timer = setTimeout(() => this.#wake(), Math.min(millis, 60_000));
  }

  #turn(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    setImmediate(() => {
      this.#isTurning = false;
      this.#wake();
    });
  }

  #wake(): void {
    const hadStarts = this.#queue.size > 0;
    this.#startDue();
    if (hadStarts && this.isSettled) this.options.changed();
  }

  #startOne(userClass: string): void {
    if (this.#broken.has(userClass)) return;
    const user = this.#create(userClass);
    if (user === undefined) return;
    const entry = this.pool.add(userClass, user);
    this.options.created(user, userClass);
    entry.over = user.start().then(() => this.#ended(entry));
  }

  #ended(entry: LiveUser): void {
    this.pool.remove(entry);
    this.options.ended(entry.user);
    if (!entry.isLeaving) this.options.changed();
  }

  #create(name: string): User | undefined {
    const userClass = this.options.userClasses.get(name);
    try {
      if (userClass === undefined) throw new Error(`there is no class of this name in the locustfile here`);
      return createUser(userClass, this.options.environment);
    } catch (thrown) {
      if (thrown instanceof StopTest) this.options.stopTest(thrown);
      else if (!isControl(thrown)) this.#constructionFailed(name, thrown);
      return undefined;
    }
  }

  #constructionFailed(name: string, thrown: unknown): void {
    if (this.#broken.has(name)) return;
    this.#broken.add(name);
    this.#queue.takeBack(name, Number.POSITIVE_INFINITY);
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    log.critical(`no users of class ${name} are started: ${reason}`);
    this.options.constructionFailed(reason);
    if (this.#isHopeless) this.options.nobodyCanStart(this.#whyHopeless());
  }

  /** Users are wanted, and there will be none: not of the classes wanted by now, and others are not to come. */
  get #isHopeless(): boolean {
    const { userClasses } = this.options;
    const wanted = [...this.#wanted.keys()].filter((name) => (this.#wanted.get(name) ?? 0) > 0);
    const possible = this.#isRampOver ? wanted : [...userClasses.keys()];
    return wanted.length > 0 && possible.every((name) => this.#broken.has(name));
  }

  #whyHopeless(): string {
    const { userClasses } = this.options;
    const broken = [...this.#broken].sort();
    const missing = broken.filter((name) => !userClasses.has(name));
    const throwing = broken.filter((name) => userClasses.has(name));
    return [
      ...(missing.length === 0 ? [] : [`its locustfile has no class ${missing.join(', ')}`]),
      ...(throwing.length === 0 ? [] : [`no user of ${throwing.join(', ')} could be made`]),
    ].join(', and ');
  }
}
