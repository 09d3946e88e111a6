/**
 * The workers of a master, those that are missing included until nobody waits for them any more.
 */
import type { MasterMessage } from '../link/index.js';
import type { WorkerNode } from './workerNode.js';

export class Workers {
  readonly #byId = new Map<string, WorkerNode>();

  get size(): number {
    return this.#byId.size;
  }

  get ids(): readonly string[] {
    return [...this.#byId.keys()];
  }

  [Symbol.iterator](): Iterator<WorkerNode> {
    return this.#byId.values();
  }

  /** Those that are heard of. */
  get present(): WorkerNode[] {
    return [...this.#byId.values()].filter(({ isMissing }) => !isMissing);
  }

  /** Workers that are there and have nothing to do. */
  get readyCount(): number {
    return [...this.#byId.values()].filter(({ state }) => state === 'ready').length;
  }

  get(id: string): WorkerNode | undefined {
    return this.#byId.get(id);
  }

  add(worker: WorkerNode): void {
    this.#byId.set(worker.id, worker);
  }

  /** Returns whether it was there. */
  remove(worker: WorkerNode): boolean {
    return this.#byId.get(worker.id) === worker && this.#byId.delete(worker.id);
  }

  /** To all. Those that are missing get it when they come back. */
  send(message: MasterMessage): void {
    for (const worker of this.#byId.values()) worker.link.send(message);
  }

  every(isTrue: (worker: WorkerNode) => boolean): boolean {
    for (const worker of this.#byId.values()) if (!isTrue(worker)) return false;
    return true;
  }

  /** Users that they reported last; of missing ones nobody knows. */
  get userCount(): number {
    let sum = 0;
    for (const worker of this.#byId.values()) sum += worker.userCount;
    return sum;
  }

  /** Users that they reported last, by class; the classes named are listed in any case. */
  userClassesCount(names: Iterable<string>): Record<string, number> {
    const counts: Record<string, number> = Object.fromEntries([...names].map((name) => [name, 0]));
    for (const worker of this.present) {
      for (const [name, count] of Object.entries(worker.userCounts)) counts[name] = (counts[name] ?? 0) + count;
    }
    return counts;
  }
}
