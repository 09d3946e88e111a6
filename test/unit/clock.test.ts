import { afterEach, expect, test, vi } from 'vitest';
import { callAfter, callAt, epochSeconds, ownEpochSeconds, setClockOffset } from '../../src/clock.js';
import { until } from '../until.js';

afterEach(() => {
  vi.useRealTimers();
});

test('a call at a time is never early, however the time lies between milliseconds', async () => {
  const begin = epochSeconds() + 0.01;
  const early: number[] = [];
  let calls = 0;
  for (let at = 0; at < 200; at++) {
    const time = begin + at * 0.001_137;
    callAt(time, () => {
      calls++;
      if (epochSeconds() < time) early.push(time);
    });
  }
  await until(() => calls === 200);
  expect(early).toEqual([]);
});

test('a call that is cancelled does not come, and one whose time has passed comes at once', async () => {
  const calls: string[] = [];
  callAt(epochSeconds() + 0.005, () => calls.push('cancelled')).cancel();
  callAt(epochSeconds() - 5, () => calls.push('passed'));
  callAt(epochSeconds() + 0.05, () => calls.push('later'));
  await until(() => calls.includes('later'));
  expect(calls).toEqual(['passed', 'later']);
});

test('a call after longer than a timer of Node can wait comes then, and not at once', () => {
  vi.useFakeTimers();
  const calls: number[] = [];
  const began = performance.now();
  callAfter(40 * 86_400, () => calls.push(performance.now() - began));
  callAfter(50 * 86_400, () => calls.push(0)).cancel();
  callAfter(0, () => calls.push(performance.now() - began));
  vi.advanceTimersByTime(39 * 86_400_000);
  expect(calls).toEqual([0]);
  vi.advanceTimersByTime(86_400_000);
  expect(calls).toEqual([0, 40 * 86_400_000]);
  vi.advanceTimersByTime(20 * 86_400_000);
  expect(calls).toHaveLength(2);
});

test("an offset moves the clock that labels, and not the process's own", () => {
  setClockOffset(-3600);
  const apart = ownEpochSeconds() - epochSeconds();
  setClockOffset(0);
  expect(Math.abs(apart - 3600)).toBeLessThan(10);
});
