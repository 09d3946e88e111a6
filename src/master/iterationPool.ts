/**
 * The iterations of a total, and who has them. Pure: it says what is to be granted, and to whom.
 *
 * Workers get blocks by need, large ones at first and small ones towards the end, so that few messages are sent and nobody is
 * left with much when the others are done. What a worker cannot run any more comes back; what it has finished counts as soon as
 * it is reported, together with its samples.
 *
 * A worker that was given up, and whose unfinished iterations went to others, may come back with them all the same. What is out is
 * more than the total then: so many are to be given back, by whoever has some that are not begun.
 */
import type { IterationState } from '../link/index.js';

export interface Grant {
  readonly worker: string;
  readonly count: number;
}

interface Share {
  granted: number;
  /** Reported, with the samples. */
  finished: number;
  returned: number;
  isWaiting: boolean;
}

export class IterationPool {
  readonly #shares = new Map<string, Share>();
  /** Of workers that are gone, and whose unfinished iterations went back. */
  readonly #gone = new Map<string, Share>();
  #finished = 0;
  /** To be granted; below 0: so many are to be given back. */
  #free: number;
  /** Nothing is granted: workers that may have some of it are still to come. */
  #isHeld = false;

  constructor(readonly total: number) {
    this.#free = total;
  }

  get free(): number {
    return Math.max(0, this.#free);
  }

  /** So many more are granted and finished than the total: to be given back by those who have not begun them. */
  get owed(): number {
    return Math.max(0, -this.#free);
  }

  /** Finished and reported beyond the total. */
  get excess(): number {
    return Math.max(0, this.#finished - this.total);
  }

  /** Finished and reported, by workers that are gone as well. */
  get finished(): number {
    return this.#finished;
  }

  get isDone(): boolean {
    return this.finished >= this.total;
  }

  /** A worker may ask from now on; it begins with nothing, also when there was one of that name. */
  join(worker: string): void {
    if (this.#shares.has(worker)) return;
    this.#gone.delete(worker);
    this.#shares.set(worker, { granted: 0, finished: 0, returned: 0, isWaiting: false });
  }

  /** What a worker had finished that is gone since before this pool was made. */
  credit(worker: string, finished: number): void {
    this.#gone.set(worker, { granted: finished, finished, returned: 0, isWaiting: false });
    this.#finished += finished;
    this.#free -= finished;
  }

  /**
   * A worker goes on with what it was granted before this pool was made, or before it was given up. If others were granted the
   * same meanwhile, less is left for all, and where there is not so much, some is `owed`.
   */
  adopt(worker: string, { granted, returned }: IterationState): void {
    const before = this.#gone.get(worker) ?? { granted: 0, finished: 0, returned: 0, isWaiting: false };
    const held = granted - returned - before.finished;
    this.#gone.delete(worker);
    this.#shares.set(worker, { granted, returned, finished: before.finished, isWaiting: false });
    this.#free -= held;
  }

  hold(): void {
    this.#isHeld = true;
  }

  /** Everybody who may have some of it has come, or is not waited for any more. */
  release(): Grant[] {
    this.#isHeld = false;
    return this.#serve();
  }

  /** All that there is, for the only worker there can be. */
  takeAll(worker: string): Grant {
    return this.#grant(worker, this.free);
  }

  /** A worker says how it stands. `isReported`: in a report, so that what it has finished counts. */
  update(worker: string, state: IterationState, isReported: boolean): Grant[] {
    if (this.#gone.has(worker)) this.adopt(worker, state);
    const share = this.#shares.get(worker);
    if (share === undefined) return [];
    if (isReported) this.#finish(share, state.finished);
    const back = Math.max(0, state.returned - share.returned);
    share.returned += back;
    this.#free += back;
    const hasHeardAll = state.granted >= share.granted;
    if (hasHeardAll) share.isWaiting = state.waiting > 0;
    return this.#serve();
  }

  /** A worker is not heard of: it gets nothing until it asks again. */
  pause(worker: string): void {
    const share = this.#shares.get(worker);
    if (share !== undefined) share.isWaiting = false;
  }

  /** A worker is gone for good: what it did not finish is for others. */
  leave(worker: string): Grant[] {
    const share = this.#shares.get(worker);
    if (share === undefined) return [];
    this.#shares.delete(worker);
    this.#gone.set(worker, share);
    this.#free += share.granted - share.returned - share.finished;
    return this.#serve();
  }

  /** Of a worker that is gone for good nothing need be known, unless it has finished some: that is asked for if it comes back. */
  forget(worker: string): boolean {
    const share = this.#gone.get(worker);
    if (share !== undefined && share.finished > 0) return false;
    this.#gone.delete(worker);
    return true;
  }

  #finish(share: Share, finished: number): void {
    const more = Math.max(0, finished - share.finished);
    share.finished += more;
    this.#finished += more;
  }

  #serve(): Grant[] {
    const grants: Grant[] = [];
    if (this.#isHeld) return grants;
    for (const [worker, share] of this.#shares) {
      if (this.#free <= 0) break;
      if (share.isWaiting) grants.push(this.#grant(worker, this.#block()));
    }
    return grants;
  }

  /** Half of an even share of what is left. */
  #block(): number {
    return Math.max(1, Math.ceil(this.#free / (2 * this.#shares.size)));
  }

  #grant(worker: string, count: number): Grant {
    const share = this.#shares.get(worker)!;
    share.granted += count;
    share.isWaiting = false;
    this.#free -= count;
    return { worker, count };
  }
}
