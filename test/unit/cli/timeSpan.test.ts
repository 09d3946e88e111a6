import { expect, test } from 'vitest';
import { parseTimeSpan } from '../../../src/cli/options/timeSpan.js';

test.each([
  ['300', 300],
  ['300s', 300],
  ['20m', 1200],
  ['3h', 10_800],
  ['1h30m', 5400],
  ['1h3m7s', 3787],
  ['2m3s', 123],
  ['1h7s', 3607],
  ['0', 0],
  ['0s', 0],
])('[57] the time span %s is %d seconds', (text, seconds) => {
  expect(parseTimeSpan(text)).toBe(seconds);
});

test.each(['', '1h30', '30m45', '1m1h', '1.5', '5d', '1H', '1h 2m', ' 5', '-5', '+5s', 's', 'h', '5s ', '5ss', '1e3'])(
  '[57] %j is no time span',
  (text) => {
    expect(parseTimeSpan(text)).toBeUndefined();
  },
);
