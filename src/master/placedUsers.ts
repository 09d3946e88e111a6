/**
 * All planned users in the order in which they were placed: a ramp down takes them back from the end.
 *
 * When users move between workers the order of classes stays, so that the mix stays what it was on the way up; which worker
 * stands at which place is then settled anew, so that every beginning of the list is spread evenly. Pure.
 */
import type { Slot } from './slot.js';

export class PlacedUsers {
  /** Parallel arrays. */
  #slots: Slot[] = [];
  readonly #classes: number[] = [];
  #isStale = false;

  get size(): number {
    return this.#classes.length;
  }

  push(slot: Slot, classIndex: number): void {
    this.#slots.push(slot);
    this.#classes.push(classIndex);
  }

  /** Users have moved: only the classes are true. */
  moved(): void {
    this.#isStale = true;
  }

  /** Takes the last one back. `slots`: everywhere where users are now. There must be one. */
  pop(slots: () => readonly Slot[]): { readonly slot: Slot; readonly classIndex: number } {
    if (this.#isStale) {
      this.#slots = dealOut(this.#classes, slots());
      this.#isStale = false;
    }
    return { slot: this.#slots.pop()!, classIndex: this.#classes.pop()! };
  }
}

/** Which slot stands at each place: one that has users of that class left, and the fewest users so far. */
function dealOut(classes: readonly number[], slots: readonly Slot[]): Slot[] {
  const queues = new Map<number, FewestFirst>();
  const used = new Uint32Array(slots.length);
  return classes.map((classIndex) => {
    let queue = queues.get(classIndex);
    if (queue === undefined) {
      queue = new FewestFirst(slots, classIndex, used);
      queues.set(classIndex, queue);
    }
    return slots[queue.take()]!;
  });
}

/** The slots that hold users of one class, as a heap by how many users of all classes they had so far. */
class FewestFirst {
  readonly #heap: { readonly at: number; used: number; left: number }[] = [];

  constructor(
    slots: readonly Slot[],
    classIndex: number,
    private readonly used: Uint32Array,
  ) {
    for (const [at, { counts }] of slots.entries()) {
      if (counts[classIndex]! > 0) this.#heap.push({ at, used: used[at]!, left: counts[classIndex]! });
    }
    this.#heap.sort((a, b) => a.used - b.used || a.at - b.at);
  }

  take(): number {
    for (;;) {
      const top = this.#heap[0]!;
      const isCurrent = top.used === this.used[top.at];
      top.used = this.used[top.at]!;
      if (!isCurrent) {
        this.#sink(); // it had users of other classes meanwhile
        continue;
      }
      this.used[top.at]!++;
      top.used++;
      top.left--;
      if (top.left === 0) this.#removeTop();
      this.#sink();
      return top.at;
    }
  }

  #removeTop(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) this.#heap[0] = last;
  }

  #sink(): void {
    const heap = this.#heap;
    const item = heap[0];
    if (item === undefined) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, item)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = item;
  }
}

function isBefore(a: { readonly at: number; used: number }, b: { readonly at: number; used: number }): boolean {
  return a.used < b.used || (a.used === b.used && a.at < b.at);
}
