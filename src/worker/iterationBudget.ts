/**
 * How many tasks may still run. Pure: `claim` is asked before each one.
 */
import type { IterationLimit } from '../link/index.js';

export class IterationBudget {
  /** Iterations left for all users together; for a limit per user, a start value. */
  #left: number;
  /** Iterations left by user; only for a limit per user. */
  readonly #leftOf: WeakMap<object, number> | undefined;
  #hasRefused = false;

  constructor(limit: IterationLimit) {
    this.#left = limit.count;
    this.#leftOf = limit.kind === 'perUser' ? new WeakMap() : undefined;
  }

  /** Whether that user may run one more task; if so it is counted. */
  claim(user: object): boolean {
    const left = this.#leftOf === undefined ? this.#left : (this.#leftOf.get(user) ?? this.#left);
    if (left <= 0) {
      this.#hasRefused = true;
      return false;
    }
    if (this.#leftOf === undefined) this.#left = left - 1;
    else this.#leftOf.set(user, left - 1);
    return true;
  }

  /** Whether somebody asked in vain: the budget is no longer what keeps users from ending. */
  get hasRefused(): boolean {
    return this.#hasRefused;
  }

  /** No user of this worker, not even a new one, could run one more task. */
  get isUsedUp(): boolean {
    return this.#leftOf === undefined && this.#left <= 0;
  }
}
