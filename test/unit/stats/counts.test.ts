import { expect, test } from 'vitest';
import { Counts } from '../../../src/stats/counts.js';
import { slotCount } from '../../../src/stats/histogramLayout.js';
import type { SparseCounts } from '../../../src/stats/index.js';
import fc from '../../properties.js';

const slot = fc.integer({ min: 0, max: slotCount - 1 });
const nearSlot = fc.integer({ min: 5000, max: 9000 });
const histogram = fc
  .dictionary(fc.oneof(slot, nearSlot).map(String), fc.integer({ min: 1, max: 1000 }), { maxKeys: 700 })
  .map((counts): SparseCounts => {
    const sorted = Object.entries(counts)
      .map(([slot, count]) => [Number(slot), count] as const)
      .sort(([a], [b]) => a - b);
    return { slots: sorted.map(([slot]) => slot), counts: sorted.map(([, count]) => count) };
  });

function bySlot(histograms: readonly SparseCounts[]): (readonly [number, number])[] {
  const sum = new Map<number, number>();
  for (const { slots, counts } of histograms) {
    for (const [i, slot] of slots.entries()) sum.set(slot, (sum.get(slot) ?? 0) + (counts[i] ?? 0));
  }
  return [...sum].sort(([a], [b]) => a - b);
}

function countsOf(histograms: readonly SparseCounts[], expectsMany = false): Counts {
  const counts = new Counts(expectsMany);
  for (const histogram of histograms) counts.add(histogram);
  return counts;
}

test('a sum of histograms has in each slot the sum of their counts, few slots or many', () => {
  fc.assert(
    fc.property(fc.array(histogram, { maxLength: 6 }), (histograms) => {
      const expected = bySlot(histograms);
      for (const expectsMany of [false, true]) {
        const counts = countsOf(histograms, expectsMany);
        expect([...counts.slots()]).toEqual(expected);
        expect(counts.total).toBe(expected.reduce((sum, [, count]) => sum + count, 0));
      }
    }),
  );
});

test('the slot of a rank is the one in which that sample stands, in whatever order ranks are asked for', () => {
  fc.assert(
    fc.property(
      fc.array(histogram, { minLength: 1, maxLength: 4 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
      fc.boolean(),
      (histograms, shares, expectsMany) => {
        const counts = countsOf(histograms, expectsMany);
        fc.pre(counts.total > 0);
        for (const share of shares) {
          const rank = Math.max(1, Math.round(share * counts.total));
          let below = 0;
          const expected = bySlot(histograms).find(([, count]) => {
            below += count;
            return below >= rank;
          });
          expect(counts.slotAtRank(rank)).toBe(expected?.[0]);
        }
      },
    ),
  );
});

test('what was contained in a sum can be taken out again', () => {
  fc.assert(
    fc.property(fc.array(histogram, { maxLength: 3 }), fc.array(histogram, { maxLength: 3 }), (some, others) => {
      const rest = new Counts();
      rest.addDifference(countsOf([...some, ...others]), countsOf(some));
      expect([...rest.slots()]).toEqual(bySlot(others));
    }),
  );
});

test('sums of sums are the sums of all', () => {
  fc.assert(
    fc.property(fc.array(histogram, { maxLength: 4 }), fc.array(histogram, { maxLength: 4 }), (some, others) => {
      const counts = countsOf(some);
      counts.addAll(countsOf(others));
      expect([...counts.slots()]).toEqual(bySlot([...some, ...others]));
    }),
  );
});

test('a slot counts beyond 32 bits', () => {
  const many = 4_000_000_000;
  for (const expectsMany of [false, true]) {
    const counts = new Counts(expectsMany);
    for (let i = 0; i < 5; i++) counts.add({ slots: [7, 9000], counts: [many, 1] });
    expect([...counts.slots()]).toEqual([
      [7, 5 * many],
      [9000, 5],
    ]);
    expect(counts.slotAtRank(5 * many)).toBe(7);
    expect(counts.slotAtRank(5 * many + 1)).toBe(9000);
  }
});

test('cleared counts begin again, and count beyond 32 bits once more', () => {
  const counts = new Counts();
  for (let round = 0; round < 2; round++) {
    counts.add({ slots: [1, 2], counts: [4_000_000_000, 4_000_000_000] });
    counts.add({ slots: [1], counts: [4_000_000_000] });
    expect([...counts.slots()]).toEqual([
      [1, 8_000_000_000],
      [2, 4_000_000_000],
    ]);
    counts.clear();
    expect([...counts.slots()]).toEqual([]);
    counts.add({ slots: [3], counts: [1] });
    expect(counts.slotAtRank(1)).toBe(3);
    counts.clear();
  }
});
