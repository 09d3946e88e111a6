/**
 * Gives workers their iterations of a total, as the pool says.
 */
import type { IterationLimit, IterationState } from '../link/index.js';
import { type Grant, IterationPool } from './iterationPool.js';
import type { WorkerNode } from './workerNode.js';
import type { Workers } from './workers.js';

export class Grants {
  #pool: IterationPool | undefined;
  #test = 0;
  #isHeld = false;

  /** `isShared`: there may be other workers. The only one gets everything at once. */
  constructor(
    private readonly workers: Workers,
    private readonly isShared: boolean,
  ) {}

  begin(test: number, limit: IterationLimit | undefined): void {
    this.#test = test;
    this.#isHeld = false;
    this.#pool = limit?.kind === 'total' ? new IterationPool(limit.count) : undefined;
  }

  /** All are finished and reported. */
  get isDone(): boolean {
    return this.isShared && this.#pool?.isDone === true;
  }

  /** So many more than the total are finished and reported. */
  get excess(): number {
    return this.#pool?.excess ?? 0;
  }

  join({ id }: WorkerNode): void {
    if (this.#pool === undefined) return;
    this.#pool.join(id);
    if (!this.isShared) this.#grantAll(this.#pool, id);
  }

  /** `isReported`: the state came in a report, with the samples. */
  take({ id }: WorkerNode, state: IterationState, isReported: boolean): void {
    if (this.#pool === undefined) return;
    const grants = this.#pool.update(id, state, isReported);
    if (this.isShared) this.#send(grants);
    else if (this.#pool.free > 0) this.#grantAll(this.#pool, id);
  }

  pause({ id }: WorkerNode): void {
    this.#pool?.pause(id);
  }

  /** What a worker left unfinished is for others. */
  leave({ id }: WorkerNode): void {
    this.#send(this.#pool?.leave(id) ?? []);
  }

  /** A worker goes on with what it has, of a former master or from before it was given up. */
  adopt({ id }: WorkerNode, state: IterationState): void {
    this.#pool?.adopt(id, state);
    if (!this.#isHeld) this.#revoke();
  }

  /** Nothing is granted until `release`. */
  hold(): void {
    this.#isHeld = true;
    this.#pool?.hold();
  }

  release(): void {
    this.#isHeld = false;
    this.#send(this.#pool?.release() ?? []);
    this.#revoke();
  }

  /** Nothing need be known of a worker that is gone. Returns false for one that has finished some of the total. */
  forget(id: string): boolean {
    return this.#pool?.forget(id) ?? true;
  }

  /** What a worker that may not come back had finished by its last report. */
  credit(id: string, finished: number): void {
    this.#pool?.credit(id, finished);
  }

  /** To all, as nobody knows here who has begun what: what comes back beyond the need is granted again. */
  #revoke(): void {
    const count = this.#pool?.owed ?? 0;
    if (count > 0) this.workers.send({ kind: 'revoke', test: this.#test, count });
  }

  #grantAll(pool: IterationPool, id: string): void {
    const { count } = pool.takeAll(id);
    this.workers.get(id)?.link.send({ kind: 'grant', test: this.#test, count, isLast: true });
  }

  #send(grants: readonly Grant[]): void {
    for (const { worker, count } of grants) {
      this.workers.get(worker)?.link.send({ kind: 'grant', test: this.#test, count, isLast: false });
    }
  }
}
