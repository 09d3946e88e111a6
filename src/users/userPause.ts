/**
 * The pauses of a user between its tasks, in which a stop ends it at once.
 */
import type { TaskGate } from '../events/index.js';
import { Pending } from './activity.js';
import { Sleep } from './sleep.js';
import type { User } from './user.js';

/** Who pauses: the life of a user. */
export interface Pausing {
  readonly user: User;
  /** The pause is over. Returns whether the user goes on. */
  resume(): boolean;
}

export class Wait extends Sleep {
  constructor(
    private readonly pausing: Pausing,
    seconds: number,
  ) {
    super(pausing.user.activity, seconds);
  }

  override wake(): void {
    this.pausing.resume();
    super.wake();
  }
}

/** The pause of a user that does not know yet whether there is a task left to run. Its promise says. */
export class GateWait extends Pending {
  readonly promise: Promise<boolean>;
  #resolve: (mayRun: boolean) => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  #withdraw: () => void = () => {};

  constructor(
    private readonly pausing: Pausing,
    gate: TaskGate,
  ) {
    super();
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (!pausing.user.activity.enter(this)) return;
    this.#withdraw = gate.wait(pausing.user, (mayRun) => this.#decided(mayRun));
  }

  cancel(reason: unknown): void {
    this.#withdraw();
    this.promise.catch(() => {}); // nobody need be waiting for it
    this.#reject(reason);
  }

  #decided(mayRun: boolean): void {
    this.pausing.user.activity.leave(this);
    this.pausing.resume();
    this.#resolve(mayRun);
  }
}

/** Hot: one turn of the event loop; rejects with `reason` when the user is not to go on. */
export function turn(pausing: Pausing, reason: unknown): Promise<void> {
  if (turning.length === 0) setImmediate(endTurn);
  const next = new Turn(pausing, reason);
  turning.push(next);
  return next.promise;
}

/** Those who wait for the end of this turn: one immediate for all of them. */
let turning: Turn[] = [];

function endTurn(): void {
  const ended = turning;
  turning = [];
  for (const one of ended) one.end();
}

class Turn {
  readonly promise: Promise<void>;
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;

  constructor(
    private readonly pausing: Pausing,
    private readonly reason: unknown,
  ) {
    this.promise = new Promise(keepSettlers);
    this.#resolve = keptResolve;
    this.#reject = keptReject;
  }

  end(): void {
    if (this.pausing.resume()) {
      this.#resolve();
      return;
    }
    this.promise.catch(() => {}); // a user that is being stopped may have nobody who awaits it
    this.#reject(this.reason);
  }
}

// The settling functions of the promise made last: taken at once, so that no closure is needed for each turn.
let keptResolve: () => void;
let keptReject: (reason: unknown) => void;
function keepSettlers(resolve: () => void, reject: (reason: unknown) => void): void {
  keptResolve = resolve;
  keptReject = reject;
}

export function rejected(reason: unknown): Promise<void> {
  return unheard(Promise.reject(reason));
}

/** A rejection that nobody need be waiting for: a task may have begun a wait without awaiting it. */
function unheard(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}
