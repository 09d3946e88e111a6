/**
 * The pauses of a user between its tasks, in which a stop ends it at once.
 */
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
