/**
 * Decides which worker runs which users, one step of a ramp at a time.
 *
 * Pure: no clock, no link, no randomness. The same calls give the same steps, which is what the golden files rely on. Order
 * and rounding are Locust's; see docs/architecture.md, "Dispatch". A step tells only what changes, so that its cost is its
 * own size, whatever the number of users and workers; the whole state can be asked for.
 */
import { ClassPicker } from './classPicker.js';
import { orderWorkers } from './workerOrder.js';

/** A user class as the master knows it. */
export interface ClassPlan {
  readonly name: string;
  /** Share among the classes without a fixed count; 0: none. */
  readonly weight: number;
  /** Above 0: exactly that many users, started before all others. */
  readonly fixedCount: number;
}

/** A user of a class on a worker. */
export interface Placement {
  readonly worker: string;
  readonly userClass: string;
}

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

/** A worker's users. */
interface Slot {
  readonly id: string;
  /** Users by class index. */
  readonly counts: Uint32Array;
  /** By class index: one object for all users of that class here. */
  readonly placements: readonly Placement[];
}

/** Fixed users that are still to be placed before any other. */
interface MissingFixed {
  readonly picker: ClassPicker;
  left: number;
}

export class Dispatcher {
  readonly #classes: readonly ClassPlan[];
  /** Indices of the classes that new users come from. */
  #chosen: readonly number[];
  #slots: Slot[];
  #nextSlot = 0;
  /** All users in the order in which they were placed; parallel arrays. A ramp down takes from the end. */
  #placedSlots: Slot[] = [];
  #placedClasses: number[] = [];
  /** Users by class index, over all workers. */
  readonly #totals: Uint32Array;
  #weighted: ClassPicker;
  #fixed: MissingFixed = { picker: new ClassPicker([]), left: 0 };
  /** Fixed counts may not be met: look before the next pick. */
  #tryFixed = true;
  #isOrderStale = false;
  #isRebalancing = false;
  #isInProgress = false;
  #isFirstStep = false;
  #target = 0;
  #stepSize = 1;

  constructor(workers: readonly string[], classes: readonly ClassPlan[]) {
    this.#classes = [...classes].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#chosen = this.#classes.map((_, index) => index);
    this.#slots = orderWorkers(workers).map((id) => this.#slot(id));
    this.#totals = new Uint32Array(this.#classes.length);
    this.#weighted = this.#weightedPicker();
  }

  /** Users placed at the moment. */
  get userCount(): number {
    return this.#placedSlots.length;
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
    return Object.fromEntries(this.#classes.map(({ name }, index) => [name, slot?.counts[index] ?? 0]));
  }

  /** How many users each class has over all workers, zeros included. */
  classTotals(): Record<string, number> {
    return Object.fromEntries(this.#classes.map(({ name }, index) => [name, this.#totals[index] ?? 0]));
  }

  /**
   * Begins a new cycle from the state reached, whether the one before is complete or not. `userClasses`: from now on new
   * users come only from these; those of other classes stay. Absent: as before.
   */
  newDispatch(target: number, spawnRate: number, userClasses?: readonly string[]): void {
    if (userClasses !== undefined) this.#choose(userClasses);
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
    if (this.#isRebalancing && this.#slots.length > 0) {
      const step = this.#rebalance();
      this.#isInProgress = this.userCount !== this.#target;
      return step;
    }
    const step = this.#rampStep();
    return isFirst || step.starts.length > 0 || step.stops.length > 0 ? step : undefined;
  }

  /** The present users are spread anew over all workers in the next step. A known worker is ignored. */
  addWorker(worker: string): void {
    if (this.#slots.some(({ id }) => id === worker)) return;
    this.#slots.push(this.#slot(worker));
    this.#isOrderStale = true;
    this.#isRebalancing = true;
  }

  /** Its users are spread over the other workers in the next step. An unknown worker is ignored. */
  removeWorker(worker: string): void {
    this.#order();
    const index = this.#slots.findIndex(({ id }) => id === worker);
    if (index < 0) return;
    this.#slots.splice(index, 1);
    this.#isRebalancing = true;
  }

  #slot(id: string): Slot {
    const placements = this.#classes.map(({ name }) => ({ worker: id, userClass: name }));
    return { id, counts: new Uint32Array(this.#classes.length), placements };
  }

  #order(): void {
    if (!this.#isOrderStale) return;
    this.#isOrderStale = false;
    const byId = new Map(this.#slots.map((slot) => [slot.id, slot]));
    this.#slots = orderWorkers([...byId.keys()]).map((id) => byId.get(id)!);
  }

  #choose(userClasses: readonly string[]): void {
    const wanted = new Set(userClasses);
    const chosen = this.#classes.flatMap(({ name }, index) => (wanted.has(name) ? [index] : []));
    if (chosen.length === this.#chosen.length && chosen.every((index, at) => index === this.#chosen[at])) return;
    this.#chosen = chosen;
    this.#restartPickers();
  }

  #weightedPicker(): ClassPicker {
    const weighted = this.#chosen.map((index) => ({ index, plan: this.#classes[index]! }));
    const free = weighted.filter(({ plan }) => plan.fixedCount <= 0);
    return new ClassPicker(free.map(({ index, plan }) => ({ index, weight: plan.weight })));
  }

  #restartPickers(): void {
    this.#weighted = this.#weightedPicker();
    this.#fixed = { picker: new ClassPicker([]), left: 0 };
    this.#tryFixed = true;
  }

  /** Index of the class of the next user; -1 when no class wants one more. */
  #pickClass(): number {
    if (this.#fixed.left === 0 && this.#tryFixed) {
      this.#tryFixed = false;
      this.#fixed = this.#missingFixed();
    }
    if (this.#fixed.left === 0) return this.#weighted.next();
    this.#fixed.left--;
    return this.#fixed.picker.next();
  }

  #missingFixed(): MissingFixed {
    const missing = this.#chosen
      .map((index) => ({ index, weight: this.#classes[index]!.fixedCount - this.#totals[index]! }))
      .filter(({ weight }) => weight > 0);
    return { picker: new ClassPicker(missing), left: missing.reduce((sum, { weight }) => sum + weight, 0) };
  }

  #rampStep(): Step {
    const { userCount } = this;
    if (userCount < this.#target) {
      const until = Math.min(userCount + this.#stepSize, this.#target);
      const starts = this.#place(until);
      this.#isInProgress = this.userCount === until && until < this.#target;
      return { starts, stops: [], isRebalance: false };
    }
    const stops = this.#takeBack(Math.max(userCount - this.#stepSize, this.#target));
    this.#isInProgress = this.userCount > this.#target;
    return { starts: [], stops, isRebalance: false };
  }

  /** Adds users, worker after worker, until there are so many or no class wants one more. */
  #place(until: number): Placement[] {
    this.#order();
    const starts: Placement[] = [];
    while (this.userCount < until && this.#slots.length > 0) {
      const classIndex = this.#pickClass();
      if (classIndex < 0) break;
      const slot = this.#slots[this.#nextSlot % this.#slots.length]!;
      this.#nextSlot = (this.#nextSlot + 1) % this.#slots.length;
      slot.counts[classIndex]!++;
      this.#totals[classIndex]!++;
      this.#placedSlots.push(slot);
      this.#placedClasses.push(classIndex);
      starts.push(slot.placements[classIndex]!);
    }
    return starts;
  }

  /** Removes the users placed last until so many are left. */
  #takeBack(until: number): Placement[] {
    const stops: Placement[] = [];
    while (this.userCount > until) {
      const slot = this.#placedSlots.pop()!;
      const classIndex = this.#placedClasses.pop()!;
      slot.counts[classIndex]!--;
      this.#totals[classIndex]!--;
      this.#tryFixed = true;
      stops.push(slot.placements[classIndex]!);
    }
    return stops;
  }

  /** Places all present users anew, as if they were started from zero, and tells what moved. */
  #rebalance(): Step {
    this.#order();
    this.#isRebalancing = false;
    const present = this.userCount;
    const before = this.#slots.map(({ counts }) => counts.slice());
    for (const { counts } of this.#slots) counts.fill(0);
    this.#totals.fill(0);
    this.#placedSlots = [];
    this.#placedClasses = [];
    this.#nextSlot = 0;
    this.#restartPickers();
    this.#place(present);
    return this.#difference(before);
  }

  #difference(before: readonly Uint32Array[]): Step {
    const starts: Placement[] = [];
    const stops: Placement[] = [];
    for (const [at, slot] of this.#slots.entries()) {
      for (const [index, placement] of slot.placements.entries()) {
        const change = slot.counts[index]! - before[at]![index]!;
        for (let i = 0; i < change; i++) starts.push(placement);
        for (let i = 0; i > change; i--) stops.push(placement);
      }
    }
    return { starts, stops, isRebalance: true };
  }
}
