import { type Activity, Pending } from '../activity.js';

/**
 * What an await on something that is over already gives in a user that was stopped: a rejection after a turn of the event loop,
 * and later nothing at all. Undefined while the user lives: then it may settle at once.
 */
export function lateAwait(activity: Activity): Promise<never> | undefined {
  if (activity.isOpen) return undefined;
  const late = new LateAwait();
  activity.enter(late);
  return late.promise;
}

class LateAwait extends Pending {
  readonly promise: Promise<never>;
  #reject!: (reason: unknown) => void;

  constructor() {
    super();
    this.promise = new Promise((_, reject) => {
      this.#reject = reject;
    });
  }

  override cancel(reason: unknown): void {
    this.#reject(reason);
  }
}
