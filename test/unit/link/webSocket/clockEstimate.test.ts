import { describe, expect, test } from 'vitest';
import { pauseBefore } from '../../../../src/link/webSocket/backoff.js';
import { ClockEstimate } from '../../../../src/link/webSocket/clockEstimate.js';
import fc from '../../../properties.js';

/** Samples of a clock that is `offset` off, over ways that take so many milliseconds there and back. */
function heard(estimate: ClockEstimate, offset: number, ways: readonly (readonly [number, number])[]): void {
  for (const [there, back] of ways) {
    estimate.add({ roundTripMillis: there + back, offsetSeconds: offset + (there - back) / 2000 });
  }
}

describe('the estimate of a clock', () => {
  test('is wrong by half of the best round trip at most', () => {
    const way = fc.tuple(fc.double({ min: 0, max: 500, noNaN: true }), fc.double({ min: 0, max: 500, noNaN: true }));
    fc.assert(
      fc.property(
        fc.array(way, { minLength: 1, maxLength: 16 }),
        fc.double({ min: -1e5, max: 1e5, noNaN: true }),
        (ways, offset) => {
          const estimate = new ClockEstimate();
          heard(estimate, offset, ways);
          const best = Math.min(...ways.map(([there, back]) => there + back));
          expect(Math.abs(estimate.offsetSeconds - offset)).toBeLessThanOrEqual(best / 2000 + 1e-6);
        },
      ),
    );
  });

  test('moves slowly once it has settled, so that no second of a run is much longer than another', () => {
    const estimate = new ClockEstimate();
    heard(estimate, 10, [[1, 1]]);
    estimate.settle();
    estimate.forgetSamples();
    heard(estimate, 10.1, [[1, 1]]);
    expect(estimate.offsetSeconds).toBeCloseTo(10.0005, 6);
    for (let at = 0; at < 300; at++) heard(estimate, 10.1, [[1, 1]]);
    expect(estimate.offsetSeconds).toBeCloseTo(10.1, 6);
  });

  test('is taken at once when another master has another clock', () => {
    const estimate = new ClockEstimate();
    heard(estimate, 0, [[1, 1]]);
    estimate.settle();
    estimate.forgetSamples();
    heard(estimate, -3600, [[1, 1]]);
    expect(estimate.offsetSeconds).toBeCloseTo(-3600, 6);
  });

  test('is not thrown over by one bad sample on a new connection', () => {
    const estimate = new ClockEstimate();
    heard(estimate, 5, [[1, 1]]);
    estimate.settle();
    estimate.forgetSamples();
    heard(estimate, 5, [[1, 1_200]]); // half of that is 0.6 s, which looks like another clock
    expect(Math.abs(estimate.offsetSeconds - 5)).toBeLessThan(0.001);
    expect(estimate.roundTripMillis).toBe(1_201);
  });
});

test('pauses between attempts begin at once, double up to the longest, and differ by chance', () => {
  expect(pauseBefore(0, 2_000, 0.9)).toBe(0);
  expect([1, 2, 3, 4, 5, 6, 100].map((attempt) => pauseBefore(attempt, 2_000, 1))).toEqual([
    100, 200, 400, 800, 1_600, 2_000, 2_000,
  ]);
  expect(pauseBefore(5, 2_000, 0)).toBe(800);
});
