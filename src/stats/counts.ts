/**
 * The counts of a growing histogram: a sum of intervals.
 *
 *   few slots    two sorted arrays, slot and count: six bytes a slot
 *   many         an array of counters for each octave of the layout that has any: 4 kB an octave
 *
 * A histogram begins with few slots and turns to octaves when those cost less. Counters have 32 bits until the sum of all
 * could need more. Whatever was counted comes out again slot by slot, ascending.
 */
import { octaveSlots, octaves, slotCount } from './histogramLayout.js';
import type { SparseCounts } from './intervalStats.js';

/** Distinct slots from which octaves cost no more than sorted arrays with their spare room. */
const fewSlots = 1536;
const firstRoom = 16;
const max32Bits = 0xffff_ffff;

const noSlots = new Uint16Array(0);
const noCounts = new Uint32Array(0);

type Counters = Uint32Array | Float64Array;
type Slots = SparseCounts['slots'];
type SlotCounts = SparseCounts['counts'];

export class Counts {
  /** Samples counted. */
  total = 0;
  #used = 0;
  #slots = noSlots;
  #few: Uint32Array = noCounts;
  #octaves: (Counters | undefined)[] | undefined;
  #isWide = false;
  /** Where the last percentile was found, as outputs ask for them ascending: samples below that slot, or position. */
  #foundAt = 0;
  #foundBelow = 0;

  /** `expectsMany`: for an aggregate, which is not worth beginning small. */
  constructor(expectsMany = false) {
    if (expectsMany) this.#octaves = noOctaves();
  }

  add({ slots, counts }: SparseCounts): void {
    this.#add(slots, counts, slots.length, sumOf(counts));
  }

  addAll(other: Counts): void {
    if (other.#octaves === undefined) this.#add(other.#slots, other.#few, other.#used, other.total);
    else for (const [octave, counters] of other.#octaves.entries()) if (counters) this.add(sparseOf(counters, octave));
  }

  /** Adds what `whole` has and `part`, which is contained in it, has not. */
  addDifference(whole: Counts, part: Counts): void {
    const slots: number[] = [];
    const counts: number[] = [];
    const parts = part.slots();
    let next = parts.next();
    for (const [slot, count] of whole.slots()) {
      const matches = next.done !== true && next.value[0] === slot;
      const rest = matches ? count - next.value[1] : count;
      if (matches) next = parts.next();
      if (rest === 0) continue;
      slots.push(slot);
      counts.push(rest);
    }
    this.add({ slots, counts });
  }

  /** Begins again with few slots. */
  clear(): void {
    this.total = 0;
    this.#used = 0;
    this.#foundAt = 0;
    this.#foundBelow = 0;
    this.#octaves = undefined;
    this.#isWide = false;
  }

  /** The slot of the sample with that rank, counted from 1 in ascending order; `rank` is at most `total`. */
  slotAtRank(rank: number): number {
    if (rank <= this.#foundBelow) {
      this.#foundAt = 0;
      this.#foundBelow = 0;
    }
    return this.#octaves === undefined ? this.#fewAtRank(rank) : this.#octavesAtRank(rank, this.#octaves);
  }

  /** Each slot that was counted in, ascending, with its count. */
  *slots(): IterableIterator<readonly [slot: number, count: number]> {
    if (this.#octaves === undefined) {
      for (let i = 0; i < this.#used; i++) yield [this.#slots[i]!, this.#few[i]!];
      return;
    }
    for (let octave = 0; octave < octaves; octave++) {
      const counters = this.#octaves[octave];
      if (counters === undefined) continue;
      for (let i = 0; i < octaveSlots; i++) if (counters[i] !== 0) yield [octave * octaveSlots + i, counters[i]!];
    }
  }

  /** What was counted, in memory of its own. */
  snapshot(): SparseCounts {
    if (this.#octaves === undefined) {
      return { slots: this.#slots.slice(0, this.#used), counts: this.#few.slice(0, this.#used) };
    }
    const found = this.#octaves.map((counters, octave) => counters && sparseOf(counters, octave));
    const distinct = found.reduce((sum, part) => sum + (part?.slots.length ?? 0), 0);
    const slots = new Uint16Array(distinct);
    const counts = this.#isWide ? new Float64Array(distinct) : new Uint32Array(distinct);
    let at = 0;
    for (const part of found) {
      if (part === undefined) continue;
      slots.set(part.slots, at);
      counts.set(part.counts, at);
      at += part.slots.length;
    }
    return { slots, counts };
  }

  /** Adds the first `length` pairs, whose counts add up to `sum`. */
  #add(slots: Slots, counts: SlotCounts, length: number, sum: number): void {
    if (sum === 0) return;
    if (this.total + sum > max32Bits) this.#widen();
    this.total += sum;
    this.#foundAt = 0;
    this.#foundBelow = 0;
    if (this.#octaves === undefined) this.#merge(slots, counts, length);
    else this.#spread(slots, counts, length, this.#octaves);
  }

  /** Counts in the sorted arrays what they have slots for, and makes slots for the rest: there, or in octaves. */
  #merge(slots: Slots, counts: SlotCounts, length: number): void {
    const newSlots: number[] = [];
    const newCounts: number[] = [];
    let at = 0;
    for (let i = 0; i < length; i++) {
      const slot = slots[i]!;
      at = this.#positionOf(slot, at, this.#used);
      if (at < this.#used && this.#slots[at] === slot) this.#few[at]! += counts[i]!;
      else {
        newSlots.push(slot);
        newCounts.push(counts[i]!);
      }
    }
    if (newSlots.length === 0) return;
    if (this.#used + newSlots.length > fewSlots) this.#spread(newSlots, newCounts, newSlots.length, this.#toOctaves());
    else this.#insert(newSlots, newCounts);
  }

  /** Where `slot` is or would be among the sorted slots from `low` to before `high`. */
  #positionOf(slot: number, low: number, high: number): number {
    let from = low;
    let to = high;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#slots[middle]! < slot) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Slots that are not there yet, ascending. From the last one on, what is above it moves up by as many places as needed. */
  #insert(slots: readonly number[], counts: readonly number[]): void {
    this.#makeRoom(this.#used + slots.length);
    let end = this.#used;
    for (let i = slots.length - 1; i >= 0; i--) {
      const at = this.#positionOf(slots[i]!, 0, end);
      this.#slots.copyWithin(at + i + 1, at, end);
      this.#few.copyWithin(at + i + 1, at, end);
      this.#slots[at + i] = slots[i]!;
      this.#few[at + i] = counts[i]!;
      end = at;
    }
    this.#used += slots.length;
  }

  #makeRoom(distinct: number): void {
    if (distinct <= this.#slots.length) return;
    const room = Math.min(fewSlots, Math.max(firstRoom, distinct, Math.ceil(this.#slots.length * 1.5)));
    const slots = new Uint16Array(room);
    const counts = new Uint32Array(room);
    slots.set(this.#slots.subarray(0, this.#used));
    counts.set(this.#few.subarray(0, this.#used));
    this.#slots = slots;
    this.#few = counts;
  }

  #toOctaves(): (Counters | undefined)[] {
    const octavesOfThis = noOctaves();
    this.#spread(this.#slots, this.#few, this.#used, octavesOfThis);
    this.#octaves = octavesOfThis;
    this.#used = 0;
    this.#slots = noSlots;
    this.#few = noCounts;
    return octavesOfThis;
  }

  #spread(slots: Slots, counts: SlotCounts, length: number, into: (Counters | undefined)[]): void {
    for (let i = 0; i < length; i++) {
      const slot = slots[i]!;
      const octave = slot >>> 10;
      let counters = into[octave];
      if (counters === undefined) {
        counters = this.#isWide ? new Float64Array(octaveSlots) : new Uint32Array(octaveSlots);
        into[octave] = counters;
      }
      counters[slot & (octaveSlots - 1)]! += counts[i]!;
    }
  }

  #widen(): void {
    if (this.#isWide) return;
    this.#isWide = true;
    this.#octaves = (this.#octaves ?? this.#toOctaves()).map((counters) => counters && Float64Array.from(counters));
  }

  #fewAtRank(rank: number): number {
    let at = this.#foundAt;
    let below = this.#foundBelow;
    while (at < this.#used - 1 && below + this.#few[at]! < rank) below += this.#few[at++]!;
    this.#foundAt = at;
    this.#foundBelow = below;
    return this.#slots[at] ?? 0;
  }

  #octavesAtRank(rank: number, all: readonly (Counters | undefined)[]): number {
    let slot = this.#foundAt;
    let below = this.#foundBelow;
    while (slot < slotCount) {
      const counters = all[slot >>> 10];
      if (counters === undefined) {
        slot = ((slot >>> 10) + 1) << 10;
        continue;
      }
      const count = counters[slot & (octaveSlots - 1)]!;
      if (below + count >= rank) break;
      below += count;
      slot++;
    }
    this.#foundAt = slot;
    this.#foundBelow = below;
    return slot;
  }
}

function noOctaves(): (Counters | undefined)[] {
  return new Array<Counters | undefined>(octaves).fill(undefined);
}

/** One octave's counters as sparse counts. */
function sparseOf(counters: Counters, octave: number): SparseCounts {
  const slots: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < octaveSlots; i++) {
    if (counters[i] === 0) continue;
    slots.push(octave * octaveSlots + i);
    counts.push(counters[i]!);
  }
  return { slots, counts };
}

function sumOf(counts: SparseCounts['counts']): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!;
  return sum;
}
