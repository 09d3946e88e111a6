/**
 * A worker as the dispatcher sees it: how many users of each class are planned on it. Classes are numbers here.
 */

/** A user of a class on a worker. */
export interface Placement {
  readonly worker: string;
  readonly userClass: string;
}

export class Slot {
  /** Users by class index. */
  readonly counts: Uint32Array;
  /** By class index: one object for all users of that class here. */
  readonly placements: readonly Placement[];
  total = 0;
  /** It keeps its users and gets no others: its worker is not heard of. */
  isSuspended = false;

  constructor(
    readonly id: string,
    classNames: readonly string[],
  ) {
    this.counts = new Uint32Array(classNames.length);
    this.placements = classNames.map((userClass) => ({ worker: id, userClass }));
  }

  add(classIndex: number): void {
    this.counts[classIndex]!++;
    this.total++;
  }

  take(classIndex: number): void {
    this.counts[classIndex]!--;
    this.total--;
  }
}
