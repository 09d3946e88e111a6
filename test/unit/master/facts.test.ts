import { afterEach, expect, test, vi } from 'vitest';
import { Facts } from '../../../src/master/facts.js';

afterEach(() => {
  vi.useRealTimers();
});

test('a fact that was told while the process was busy is heard, though the time is over', async () => {
  const facts = new Facts();
  let isSaid = false;
  const heard = facts.until(() => isSaid, 0.02);
  setTimeout(() => {
    setImmediate(() => {
      isSaid = true; // as a link delivers it: after the timers of this turn
      facts.check();
    });
    const end = performance.now() + 60;
    while (performance.now() < end) {
      // a class that takes long to be loaded
    }
  }, 1);
  expect(await heard).toBe(true);
});

test('a fact that does not come is given up after its time', async () => {
  expect(await new Facts().until(() => false, 0.01)).toBe(false);
});

test('a fact is waited for longer than a timer of Node can wait', async () => {
  vi.useFakeTimers();
  const facts = new Facts();
  const outcomes: boolean[] = [];
  void facts.until(() => false, 1000 * 3600).then((outcome) => outcomes.push(outcome));
  await vi.advanceTimersByTimeAsync(999 * 3_600_000);
  expect(outcomes).toEqual([]);
  await vi.advanceTimersByTimeAsync(3_600_000 + 1);
  expect(outcomes).toEqual([false]);
});
