/**
 * Task sets whose next task depends on the last one.
 */
import { chainOf, type MarkovState } from './markovChain.js';
import { markovBrand, type Task } from './task.js';
import { loopKey } from './taskLoop.js';
import { TaskSet } from './taskSet.js';
import type { User } from './user.js';

/**
 * Each method says with `@transition` or `@transitions` which may follow it; the first such method begins. Tags choose
 * nothing here, and `@task` and `tasks` play no part. Locust: `MarkovTaskSet`.
 */
export class MarkovTaskSet<U extends User = User> extends TaskSet<U> {
  static readonly [markovBrand] = true;

  #state: MarkovState | undefined = undefined;

  override getNextTask(): Task {
    const chain = chainOf(this.constructor);
    const state = this.#state ?? chain.start;
    this.#state = chain.next(state, this[loopKey].random());
    return state.task;
  }
}
