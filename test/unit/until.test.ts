import { expect, test } from 'vitest';
import { until } from '../until.js';

test('until gives the first truthy value of its condition', async () => {
  let looks = 0;
  expect(await until(() => (++looks >= 3 ? `look ${looks}` : undefined))).toBe('look 3');
});

test('a condition that throws at first is asked again', async () => {
  let looks = 0;
  const value = await until(async () => {
    if (++looks < 3) throw new Error('not there yet');
    return looks;
  });
  expect(value).toBe(3);
});

test('a time-out names the last value seen', async () => {
  const waiting = until(() => Number.NaN, { timeoutMs: 20, what: 'ten users' });
  await expect(waiting).rejects.toThrow(/waited 20 ms for: ten users\nlast seen: NaN/);
});

test('a time-out names the last error seen', async () => {
  const failing = () => {
    throw new Error('connection refused');
  };
  await expect(until(failing, { timeoutMs: 20 })).rejects.toThrow(/last seen: an error, .*connection refused/s);
});
