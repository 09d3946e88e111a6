/**
 * Where a response time is counted: HdrHistogram's slots for 1 µs to 1 h with three significant digits.
 *
 * Slots 0 to 2,047 are one microsecond wide; from there on each run of 1,024 slots is twice as wide as the one before, so
 * that no slot is wider than a thousandth of its values. The layout is the package's, held against it by a property test;
 * only the way to a slot is ours, because a logarithm and a power cost 50 ns where counting leading zeros costs 3.
 */

/** The longest response time that has a slot of its own, in microseconds: one hour. */
export const maxMicros = 3_600_000_000;
export const significantDigits = 3;
/** Slots of one width; the first width has twice as many. */
export const octaveSlots = 1024;
export const octaves = 23;
export const slotCount = octaves * octaveSlots;

/** Hot: the slot of a response time; allocates nothing. `micros` is from 0 to `maxMicros`; fractions are cut off. */
export function slotOf(micros: number): number {
  const shift = 21 - Math.clz32(micros | 2047);
  return (shift << 10) + (micros >>> shift);
}

/** The shortest response time in a slot, in microseconds. */
export function lowestMicrosOf(slot: number): number {
  if (slot < 2 * octaveSlots) return slot;
  const shift = Math.floor(slot / octaveSlots) - 1;
  return ((slot % octaveSlots) + octaveSlots) * 2 ** shift;
}

/** The longest response time in a slot, in microseconds: what HdrHistogram gives for a percentile that falls into it. */
export function highestMicrosOf(slot: number): number {
  return lowestMicrosOf(slot + 1) - 1;
}
