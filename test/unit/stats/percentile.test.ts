import { expect, test } from 'vitest';
import { rankOf } from '../../../src/stats/percentile.js';

test.each([
  [0.5, 1, 1],
  [0.5, 2, 1],
  [0.5, 3, 2],
  [0.95, 20, 19],
  [0.95, 21, 20],
  [0.999, 1000, 999],
  [0.999, 1001, 1000],
  [0, 10, 1],
  [1, 10, 10],
  [2, 10, 10],
  [0.07, 100, 7], // the product is 7.000000000000001
  [0.55, 100, 55], // 55.00000000000001
  [0.29, 100, 29], // 28.999999999999996
])('quantile %f of %i samples is sample number %i', (quantile, count, rank) => {
  expect(rankOf(quantile, count)).toBe(rank);
});
