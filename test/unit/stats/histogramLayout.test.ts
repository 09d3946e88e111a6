import { build, type JsHistogram } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { highestMicrosOf, lowestMicrosOf, maxMicros, slotCount, slotOf } from '../../../src/stats/histogramLayout.js';
import fc from '../../properties.js';

const peer = build({
  lowestDiscernibleValue: 1,
  highestTrackableValue: maxMicros,
  numberOfSignificantValueDigits: 3,
}) as JsHistogram;

/** Values of every size: uniform ones would nearly all be above half an hour. */
const micros = fc.oneof(
  fc.nat(5000),
  fc.integer({ min: 0, max: maxMicros }),
  fc.double({ min: 0, max: 1, noNaN: true }).map((share) => Math.min(maxMicros, Math.floor(maxMicros ** share))),
  fc
    .tuple(fc.integer({ min: 0, max: 31 }), fc.integer({ min: -2, max: 2 }))
    .map(([bit, near]) => Math.max(0, Math.min(maxMicros, 2 ** bit + near))),
);

test('a response time has the slot that HdrHistogram gives it', () => {
  fc.assert(
    fc.property(micros, (value) => {
      expect(slotOf(value)).toBe(peer.countsArrayIndex(value));
    }),
    { numRuns: 5000 },
  );
});

test('the first 5,000 and the last 5,000 microseconds have the slots of HdrHistogram, one by one', () => {
  const values = Array.from({ length: 5000 }, (_, i) => [i, maxMicros - i]).flat();
  expect(values.map(slotOf)).toEqual(values.map((value) => peer.countsArrayIndex(value)));
});

test('a slot covers the values that HdrHistogram calls equivalent', () => {
  fc.assert(
    fc.property(micros, (value) => {
      expect(lowestMicrosOf(slotOf(value))).toBe(peer.lowestEquivalentValue(value));
      expect(highestMicrosOf(slotOf(value))).toBe(peer.highestEquivalentValue(value));
    }),
    { numRuns: 5000 },
  );
});

const usedSlots = Array.from({ length: slotOf(maxMicros) + 1 }, (_, slot) => slot);

test('the layout has as many slots as HdrHistogram, and each slot knows its own values', () => {
  expect(slotCount).toBe(peer.countsArrayLength);
  expect(usedSlots.map((slot) => slotOf(lowestMicrosOf(slot)))).toEqual(usedSlots);
  expect(usedSlots.map((slot) => slotOf(Math.min(maxMicros, highestMicrosOf(slot))))).toEqual(usedSlots);
});

test('a slot is at most a thousandth as wide as its values', () => {
  const widths = usedSlots
    .slice(2048)
    .map((slot) => (highestMicrosOf(slot) - lowestMicrosOf(slot)) / lowestMicrosOf(slot));
  expect(Math.max(...widths)).toBeLessThan(0.001);
});
