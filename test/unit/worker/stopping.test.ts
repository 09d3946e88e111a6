import { afterEach, expect, test, vi } from 'vitest';
import { Hurry } from '../../../src/worker/stopping.js';

afterEach(() => {
  vi.useRealTimers();
});

test('a stop timeout that is longer than a timer of Node can wait is kept', async () => {
  vi.useFakeTimers();
  const outcomes: string[] = [];
  void new Hurry().race(new Promise(() => {}), 1000 * 3600).then((outcome) => outcomes.push(outcome));
  await vi.advanceTimersByTimeAsync(999 * 3_600_000);
  expect(outcomes).toEqual([]);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(outcomes).toEqual(['late']);
});
