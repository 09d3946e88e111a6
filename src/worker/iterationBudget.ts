/**
 * How many tasks may still run on this worker. Pure: `claim` is asked before each one. Two bodies: a number for each user, which
 * is a matter of this worker alone, and a number for all users of all workers, of which the master grants a share.
 */
import type { TaskGate } from '../events/index.js';
import type { IterationState } from '../link/index.js';

export interface IterationBudget extends TaskGate {
  /** Whether somebody asked in vain: the budget is no longer what keeps users from ending. */
  readonly hasRefused: boolean;
  /** No user of this worker, not even a new one, could run one more task, and none is running. */
  readonly isUsedUp: boolean;
  /** Nobody may run anything any more, those who wait included. */
  refuse(): void;
}

/** So many task runs for each user. */
export class OwnIterations implements IterationBudget {
  readonly isCounting = false;
  readonly isUsedUp = false;
  hasRefused = false;
  #isClosed = false;
  readonly #left = new WeakMap<object, number>();

  constructor(private readonly count: number) {}

  claim(user: object): boolean {
    const left = this.#left.get(user) ?? this.count;
    if (this.#isClosed || left <= 0) {
      this.hasRefused = true;
      return false;
    }
    this.#left.set(user, left - 1);
    return true;
  }

  refuse(): void {
    this.#isClosed = true;
  }

  wait(): () => void {
    return () => {};
  }

  finish(): void {}

  unclaim(): void {}
}

/**
 * Task runs of all users together, as far as they were granted. Whoever asks beyond that waits for the next grant. A task that
 * a stop cuts off has not run: its iteration goes back to the master, who gives it to whoever can use it.
 */
export class GrantedIterations implements IterationBudget {
  readonly isCounting = true;
  hasRefused = false;
  #granted = 0;
  #finished = 0;
  #returned = 0;
  #isLast = false;
  #isClosed = false;
  /** The rest was given back, and nobody has asked since. */
  #isDeserted = false;
  /** Claimed since the last second began, and in the one before. */
  #claimed = 0;
  #claimedBefore = 0;
  /** Who claimed in this second. */
  readonly #active = new Set<object>();
  readonly #running = new Set<object>();
  readonly #waiting = new Map<object, (mayRun: boolean) => void>();

  /** `changed`: users wait for a grant, or will within a second, or some were given back. May be called often. */
  constructor(private readonly changed: () => void) {}

  claim(user: object): boolean | undefined {
    this.#isDeserted = false;
    if (this.#isClosed || (this.#left <= 0 && this.#isLast)) {
      this.hasRefused = true;
      return false;
    }
    if (this.#left <= 0) return undefined;
    this.#running.add(user);
    if (!this.#isLast) this.#watchLevel(user);
    return true;
  }

  wait(user: object, decided: (mayRun: boolean) => void): () => void {
    this.#waiting.set(user, decided);
    this.changed();
    return () => this.#waiting.delete(user);
  }

  finish(user: object): void {
    if (this.#running.delete(user)) this.#finished++;
  }

  unclaim(user: object): void {
    if (this.#running.delete(user)) this.#return(1);
  }

  /** So many more; `isLast`: and then no others. */
  grant(count: number, isLast: boolean): void {
    this.#granted += count;
    this.#isLast ||= isLast;
    this.#serve();
    if (this.#isDeserted) this.returnRest(); // it was on its way while the last user left
  }

  /** What is not begun is for others: nobody is here to run it, or nobody may. */
  returnRest(): void {
    this.#isDeserted = true;
    if (this.#left > 0) this.#return(this.#left);
  }

  /** Up to so many that are not begun are for others. Who asks for one now waits for the next grant. */
  giveBack(count: number): void {
    const some = Math.min(count, this.#left);
    if (some > 0) this.#return(some);
  }

  /** To be called each second: what is used in one is what must be there for the next. */
  tick(): void {
    this.#claimedBefore = this.#claimed;
    this.#claimed = 0;
    this.#active.clear();
  }

  refuse(): void {
    this.#isClosed = true;
    this.#serve();
  }

  /** More is needed within about a second. */
  get isWanting(): boolean {
    return !this.#isLast && !this.#isDeserted && this.#left <= Math.max(this.#claimed, this.#claimedBefore);
  }

  get isUsedUp(): boolean {
    return this.#isLast && this.#left <= 0 && this.#running.size === 0;
  }

  get state(): IterationState {
    const waiting = Math.max(this.#waiting.size, this.isWanting ? this.#active.size : 0);
    return { granted: this.#granted, finished: this.#finished, returned: this.#returned, waiting };
  }

  get #left(): number {
    return this.#granted - this.#returned - this.#finished - this.#running.size;
  }

  /** What is given back may come again. */
  #return(count: number): void {
    this.#returned += count;
    this.#isLast = false;
    this.changed();
  }

  #watchLevel(user: object): void {
    this.#active.add(user);
    this.#claimed++;
    if (this.isWanting) this.changed();
  }

  /** Answers those who wait, as far as there is an answer. */
  #serve(): void {
    for (const [user, decided] of this.#waiting) {
      const mayRun = this.claim(user);
      if (mayRun === undefined) break;
      this.#waiting.delete(user);
      decided(mayRun);
    }
    if (this.#waiting.size > 0) this.changed();
  }
}
