/**
 * Decides which worker runs which users, one step of a ramp at a time.
 *
 * Pure: no clock, no link, no randomness. The same calls give the same steps, which is what the golden files rely on. Order
 * and rounding are Locust's, but for users whose worker left or that make room for one that came; see docs/architecture.md,
 * "Dispatch". A step tells only what changes, so that its cost is its own size, whatever the number of users and workers; the
 * whole state can be asked for.
 */
import { ClassChoice, type ClassPlan } from './classChoice.js';
import { evenOut, type Move } from './evenOut.js';
import { mixed } from './mixed.js';
import { PlacedUsers } from './placedUsers.js';
import { type Placement, Slot } from './slot.js';
import { orderWorkers } from './workerOrder.js';

export type { ClassPlan, Placement };

export interface Step {
  /** In the order in which they start. */
  readonly starts: readonly Placement[];
  readonly stops: readonly Placement[];
  /** Only moves users between workers: to be done at once, and no pause follows. */
  readonly isRebalance: boolean;
}

/** Users started or stopped in one step. */
export function usersPerStep(spawnRate: number): number {
  return Math.max(1, Math.floor(spawnRate));
}

/** Seconds from one step to the next. */
export function pauseSeconds(spawnRate: number): number {
  return usersPerStep(spawnRate) / spawnRate;
}

export class Dispatcher {
  readonly #choice: ClassChoice;
  /** Sorted; a class is its index here. */
  readonly #classNames: readonly string[];
  #slots: Slot[];
  #nextSlot = 0;
  /** Users whose worker is gone, until they are given to others. */
  readonly #homeless: Slot;
  readonly #placed = new PlacedUsers();
  /** Users by class index, over all workers. */
  readonly #totals: Uint32Array;
  #isOrderStale = false;
  #isRebalancing = false;
  /** Workers may have different numbers of users: those with the fewest come first. Else it is simply the next one's turn. */
  #isUneven = false;
  /** While uneven: workers with as many users are passed over. */
  #level = 0;
  #isInProgress = false;
  #isFirstStep = false;
  #target = 0;
  #stepSize = 1;

  constructor(workers: readonly string[], classes: readonly ClassPlan[]) {
    const sorted = [...classes].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#choice = new ClassChoice(sorted);
    this.#classNames = sorted.map(({ name }) => name);
    this.#slots = orderWorkers(workers).map((id) => new Slot(id, this.#classNames));
    this.#homeless = new Slot('', this.#classNames);
    this.#totals = new Uint32Array(sorted.length);
  }

  /** Users placed at the moment. */
  get userCount(): number {
    return this.#placed.size;
  }

  /** Whether the current cycle may have steps left. */
  get isInProgress(): boolean {
    return this.#isInProgress;
  }

  /** Worker ids in dispatch order. */
  get workers(): readonly string[] {
    this.#order();
    return this.#slots.map(({ id }) => id);
  }

  /** How many users each class has on that worker, zeros included. */
  usersOn(worker: string): Record<string, number> {
    const slot = this.#slots.find(({ id }) => id === worker);
    return Object.fromEntries(this.#classNames.map((name, index) => [name, slot?.counts[index] ?? 0]));
  }

  /** How many users each class has over all workers, zeros included. */
  classTotals(): Record<string, number> {
    return Object.fromEntries(this.#classNames.map((name, index) => [name, this.#totals[index] ?? 0]));
  }

  /**
   * Begins a new cycle from the state reached, whether the one before is complete or not. `userClasses`: from now on new
   * users come only from these; those of other classes stay. Absent: as before.
   */
  newDispatch(target: number, spawnRate: number, userClasses?: readonly string[]): void {
    if (userClasses !== undefined) this.#choice.choose(userClasses);
    this.#target = target;
    this.#stepSize = usersPerStep(spawnRate);
    this.#isInProgress = true;
    this.#isFirstStep = true;
  }

  /** The next step of the cycle; `undefined` when there is none. A cycle has at least one, even if it changes nothing. */
  nextStep(): Step | undefined {
    if (!this.#isInProgress) return undefined;
    const isFirst = this.#isFirstStep;
    this.#isFirstStep = false;
    if (this.#isRebalancing && this.#slots.some(({ isSuspended }) => !isSuspended)) {
      const step = this.#rebalance();
      this.#isInProgress = this.userCount !== this.#target;
      return step;
    }
    const step = this.#rampStep();
    return isFirst || step.starts.length > 0 || step.stops.length > 0 ? step : undefined;
  }

  /** The next step gives it its share of the present users. A known worker is ignored. */
  addWorker(worker: string): void {
    if (this.#slots.some(({ id }) => id === worker)) return;
    this.#slots.push(new Slot(worker, this.#classNames));
    this.#isOrderStale = true;
    this.#isRebalancing = true;
  }

  /** The next step gives its users to the other workers. Returns whether it was known. */
  removeWorker(worker: string): boolean {
    this.#order();
    const index = this.#slots.findIndex(({ id }) => id === worker);
    const [slot] = index < 0 ? [] : this.#slots.splice(index, 1);
    if (slot === undefined) return false;
    for (const [classIndex, count] of slot.counts.entries()) {
      for (let i = 0; i < count; i++) this.#homeless.add(classIndex);
    }
    this.#placed.moved();
    this.#isUneven = true;
    this.#isRebalancing = true;
    return true;
  }

  /** Until it is resumed, a worker keeps its users and gets no others. An unknown worker is ignored. */
  suspendWorker(worker: string): void {
    const slot = this.#slots.find(({ id }) => id === worker);
    if (slot === undefined) return;
    slot.isSuspended = true;
    this.#isUneven = true;
  }

  /** The next step evens out what was placed meanwhile. Returns whether it is known. */
  resumeWorker(worker: string): boolean {
    const slot = this.#slots.find(({ id }) => id === worker);
    if (slot === undefined) return false;
    slot.isSuspended = false;
    this.#isRebalancing = true;
    return true;
  }

  /**
   * Takes over users that run already, by worker and class; before the first dispatch. Workers and classes that are not known
   * are left out.
   */
  adopt(users: ReadonlyMap<string, Readonly<Record<string, number>>>): void {
    for (const slot of this.#slots) {
      const counts = users.get(slot.id) ?? {};
      for (const [classIndex, name] of this.#classNames.entries()) {
        for (let i = 0; i < (counts[name] ?? 0); i++) slot.add(classIndex);
        this.#totals[classIndex]! += slot.counts[classIndex]!;
      }
    }
    for (const classIndex of mixed(this.#totals)) this.#placed.push(this.#homeless, classIndex);
    this.#placed.moved();
    this.#isUneven = true;
    this.#isRebalancing = true;
  }

  #order(): void {
    if (!this.#isOrderStale) return;
    this.#isOrderStale = false;
    const byId = new Map(this.#slots.map((slot) => [slot.id, slot]));
    this.#slots = orderWorkers([...byId.keys()]).map((id) => byId.get(id)!);
  }

  #rampStep(): Step {
    const { userCount } = this;
    if (userCount < this.#target) {
      const until = Math.min(userCount + this.#stepSize, this.#target);
      const starts = this.#place(until);
      this.#isInProgress = this.userCount < this.#target && (this.userCount === until || this.#isNobodyHeard);
      return { starts, stops: [], isRebalance: false };
    }
    const stops = this.#takeBack(Math.max(userCount - this.#stepSize, this.#target));
    this.#isInProgress = this.userCount > this.#target;
    return { starts: [], stops, isRebalance: false };
  }

  /** There are workers, and none of them can get users by now: the ramp waits for one. */
  get #isNobodyHeard(): boolean {
    return this.#slots.length > 0 && this.#slots.every(({ isSuspended }) => isSuspended);
  }

  /** Adds users, worker after worker, until there are so many or no class wants one more. */
  #place(until: number): Placement[] {
    this.#order();
    const starts: Placement[] = [];
    while (this.userCount < until) {
      const slot = this.#takeSlot();
      if (slot === undefined) break;
      const classIndex = this.#choice.next(this.#totals);
      if (classIndex < 0) break;
      this.#nextSlot = (this.#nextSlot + 1) % this.#slots.length;
      slot.add(classIndex);
      this.#totals[classIndex]!++;
      this.#placed.push(slot, classIndex);
      starts.push(slot.placements[classIndex]!);
    }
    return starts;
  }

  /** The worker whose turn it is; `undefined` when there is none. */
  #takeSlot(): Slot | undefined {
    const count = this.#slots.length;
    if (!this.#isUneven) return count === 0 ? undefined : this.#slots[this.#nextSlot % count];
    return this.#takeLowSlot() ?? this.#raiseLevel();
  }

  #takeLowSlot(): Slot | undefined {
    const count = this.#slots.length;
    for (let i = 0; i < count; i++) {
      const at = (this.#nextSlot + i) % count;
      const slot = this.#slots[at]!;
      if (slot.isSuspended || slot.total >= this.#level) continue;
      this.#nextSlot = at;
      return slot;
    }
    return undefined;
  }

  #raiseLevel(): Slot | undefined {
    const present = this.#slots.filter(({ isSuspended }) => !isSuspended);
    if (present.length === 0) return undefined;
    this.#level = present.reduce((least, { total }) => Math.min(least, total), Number.POSITIVE_INFINITY) + 1;
    return this.#takeLowSlot();
  }

  /** Removes the users placed last until so many are left. */
  #takeBack(until: number): Placement[] {
    const stops: Placement[] = [];
    if (this.userCount > until) this.#choice.taken();
    this.#level = 0;
    while (this.userCount > until) {
      const { slot, classIndex } = this.#placed.pop(() => [...this.#slots, this.#homeless]);
      slot.take(classIndex);
      this.#totals[classIndex]!--;
      if (slot !== this.#homeless) stops.push(slot.placements[classIndex]!);
    }
    return stops;
  }

  /** Moves as few users as it takes to even out the workers. */
  #rebalance(): Step {
    this.#order();
    this.#isRebalancing = false;
    this.#isUneven = true;
    this.#level = 0;
    const present = this.#slots.filter(({ isSuspended }) => !isSuspended);
    const { starts, stops } = evenOut(present, this.#homeless);
    if (starts.length > 0) this.#placed.moved();
    return { starts: starts.map(placementOf), stops: stops.map(placementOf), isRebalance: true };
  }
}

function placementOf({ slot, classIndex }: Move): Placement {
  return slot.placements[classIndex]!;
}
