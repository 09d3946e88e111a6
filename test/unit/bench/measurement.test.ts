import { expect, test } from 'vitest';
import { comparison } from '../../../bench/comparison.js';
import { median, meetsTarget } from '../../../bench/measurement.js';
import { ratio } from '../../../bench/rounds.js';
import { lineOf } from '../../../bench/table.js';

test('the median of an even number of values lies between the two in the middle', () => {
  expect(median([9, 1, 4, 2])).toBe(3);
  expect(median([9, 1, 4])).toBe(4);
  expect(() => median([])).toThrow('no values');
});

test('a ratio is the median of the ratios of each round, not the ratio of the medians', () => {
  expect(ratio([10, 30, 8], [10, 10, 4])).toEqual({ value: 2, spread: [1, 3] });
});

test('our rate is given as a multiple of each other contender, with the target that was set for it', () => {
  const rates = new Map([
    ['HttpUser', [80, 90]],
    ['undici', [100, 100]],
    ['wrk', [160, 180]],
  ]);
  const found = comparison(rates, 'HttpUser', { undici: { is: 'at least', value: 0.9 } });
  expect(found.map(({ what, value }) => [what, value])).toEqual([
    ['HttpUser', 85],
    ['undici', 100],
    ['wrk', 170],
    ['HttpUser / undici', expect.closeTo(0.85)],
    ['HttpUser / wrk', 0.5],
  ]);
  expect(found.map(meetsTarget)).toEqual([undefined, undefined, undefined, false, undefined]);
});

test('a line says what, how much, the spread, and whether the target is met', () => {
  const target = { is: 'at most', value: 1.5 } as const;
  const line = lineOf({ what: 'start', value: 1.234567, unit: 'times', spread: [1.1, 1.3], target });
  expect(line.replaceAll(/ +/g, ' ')).toBe(' start 1.23 times (1.1 to 1.3) at most 1.5: met');
});
