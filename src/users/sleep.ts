/**
 * A pause of a user: one timer, ended early by a stop of the user.
 */
import { TsloadError } from '../errors.js';
import { type Activity, Pending } from './activity.js';
import { shown } from './shown.js';

/** Longest delay that a timer of Node takes; longer pauses are made of several. */
const maxTimerMs = 2 ** 31 - 1;

export class Sleep extends Pending {
  readonly promise: Promise<void>;
  #resolve: () => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  #timer: NodeJS.Timeout | undefined = undefined;

  /** Begins at once, unless the user is being stopped: then the promise rejects after a turn, or never settles. */
  constructor(
    private readonly activity: Activity,
    seconds: number,
  ) {
    super();
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (activity.enter(this)) this.#arm(seconds * 1000);
  }

  cancel(reason: unknown): void {
    clearTimeout(this.#timer);
    this.promise.catch(() => {}); // nobody need be waiting for it
    this.#reject(reason);
  }

  /** The time is over. */
  protected wake(): void {
    this.activity.leave(this);
    this.#resolve();
  }

  /** Rounded up to milliseconds: a pause is never shorter than it was asked for. */
  #arm(ms: number): void {
    if (ms > maxTimerMs) this.#timer = setTimeout(() => this.#arm(ms - maxTimerMs), maxTimerMs);
    else this.#timer = setTimeout(wake, Math.ceil(ms), this);
  }

  static wake(sleep: Sleep): void {
    sleep.wake();
  }
}

/** One function for all timers: a closure for each would cost memory for each waiting user. */
function wake(sleep: Sleep): void {
  Sleep.wake(sleep);
}

/** Seconds to sleep; negative ones are 0. Throws `TsloadError` MISUSE for what is no number. */
export function checkedSeconds(seconds: unknown): number {
  if (typeof seconds === 'number' && !Number.isNaN(seconds)) return Math.max(0, seconds);
  throw new TsloadError('MISUSE', `sleep must be given a number of seconds but got ${shown(seconds)}`);
}
