/**
 * A histogram that many small ones are added to and that is read once: the pairs of slot and count as they come, one after the
 * other, counted when it is read. Adding costs a copy, reading one array of counters that all logs share; so memory goes with
 * what came, and not with the width of the layout.
 */
import { slotCount } from './histogramLayout.js';
import type { SparseCounts } from './intervalStats.js';

/** Pairs that the first log takes; then it doubles. */
const firstPairs = 64;
/** From here on equal slots are counted together before a log grows further. */
const manyPairs = 8192;
const blockSlots = 64;
const max32Bits = 0xffff_ffff;

const blocks = Math.ceil(slotCount / blockSlots);
const counters = new Float64Array(blocks * blockSlots);
/** Blocks of counters that are not all zero. */
const touched = new Uint8Array(blocks);
const foundSlots = new Uint16Array(slotCount);
const foundCounts = new Float64Array(slotCount);

export class SlotLog {
  private used = 0;
  private slots = new Uint16Array(firstPairs);
  private counts = new Float64Array(firstPairs);

  /** Hot: for each entry of each report; 30 pairs take 0.1 µs. Slots are below `slotCount`. */
  add({ slots, counts }: SparseCounts): void {
    const { length } = slots;
    if (this.used + length > this.slots.length) this.makeRoom(length);
    for (let i = 0; i < length; i++) {
      this.slots[this.used + i] = slots[i]!;
      this.counts[this.used + i] = counts[i]!;
    }
    this.used += length;
  }

  /** What was added since the last call: slots ascending, each once. */
  take(): SparseCounts {
    const { distinct, sum } = this.count();
    this.used = 0;
    const counts = sum > max32Bits ? new Float64Array(distinct) : new Uint32Array(distinct);
    counts.set(foundCounts.subarray(0, distinct));
    return { slots: foundSlots.slice(0, distinct), counts };
  }

  /** Leaves what it found in `foundSlots` and `foundCounts`, and the counters zero. */
  private count(): { readonly distinct: number; readonly sum: number } {
    let sum = 0;
    for (let i = 0; i < this.used; i++) {
      const slot = this.slots[i]!;
      const count = this.counts[i]!;
      counters[slot]! += count;
      touched[slot >>> 6] = 1;
      sum += count;
    }
    let distinct = 0;
    for (let block = 0; block < blocks; block++) {
      if (touched[block] === 0) continue;
      touched[block] = 0;
      distinct = drain(block * blockSlots, distinct);
    }
    return { distinct, sum };
  }

  private makeRoom(length: number): void {
    if (this.used + length > manyPairs) this.compact();
    const needed = this.used + length;
    if (needed <= this.slots.length / 2) return;
    const room = Math.max(needed, this.slots.length) * 2;
    const slots = new Uint16Array(room);
    const counts = new Float64Array(room);
    slots.set(this.slots.subarray(0, this.used));
    counts.set(this.counts.subarray(0, this.used));
    this.slots = slots;
    this.counts = counts;
  }

  private compact(): void {
    const { distinct } = this.count();
    this.slots.set(foundSlots.subarray(0, distinct));
    this.counts.set(foundCounts.subarray(0, distinct));
    this.used = distinct;
  }
}

/** Reads the counters of a block, from the slot `first` on, and leaves them zero. Returns how many slots are found by now. */
function drain(first: number, found: number): number {
  let distinct = found;
  for (let slot = first; slot < first + blockSlots; slot++) {
    if (counters[slot] === 0) continue;
    foundSlots[distinct] = slot;
    foundCounts[distinct++] = counters[slot]!;
    counters[slot] = 0;
  }
  return distinct;
}
