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

/** One turn of the event loop; rejects with `reason` when the user is not to go on. */
export function turn(pausing: Pausing, reason: unknown): Promise<void> {
  const promise = new Promise<void>((resolve, reject) => {
    setImmediate(() => {
      if (pausing.resume()) resolve();
      else reject(reason);
    });
  });
  return unheard(promise);
}

export function rejected(reason: unknown): Promise<void> {
  return unheard(Promise.reject(reason));
}

/** A rejection that nobody need be waiting for: a task may have begun a wait without awaiting it. */
function unheard(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}
