import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SecondClock } from '../../../src/master/secondClock.js';

/** Milliseconds; a whole second, so that tenths of a second are those of the wall clock. */
const start = 1_700_000_000_000;
let now = start;

beforeEach(() => {
  now = start;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.spyOn(performance, 'now').mockImplementation(() => now - performance.timeOrigin);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function pass(millis: number): void {
  for (let i = 0; i < millis; i++) {
    now++;
    vi.advanceTimersByTime(1);
  }
}

function aClock(isAllIn: () => boolean) {
  /** Milliseconds after the start. */
  const ticks: number[] = [];
  const clock = new SecondClock(() => ticks.push(now - start), isAllIn);
  clock.start();
  return { ticks, clock };
}

test('ticks a tenth of a second after each second when all reports are in', () => {
  const { ticks } = aClock(() => true);
  pass(3500);
  expect(ticks).toEqual([100, 1100, 2100, 3100].map((at) => expect.closeTo(at, -1)));
});

test('waits for reports that are late, and no longer', () => {
  let isIn = false;
  const { ticks } = aClock(() => isIn);
  pass(400);
  expect(ticks).toEqual([]);
  isIn = true;
  pass(30);
  expect(ticks).toEqual([expect.closeTo(410, -1.5)]);
  isIn = false;
  pass(1410);
  expect(ticks[1]).toBeGreaterThanOrEqual(1800);
  expect(ticks[1]).toBeLessThan(1830);
  pass(1000);
  expect(ticks).toHaveLength(2 + 1);
  expect(ticks[2]).toBeGreaterThanOrEqual(2800);
});

test.each([
  ['before it looks', 50],
  ['while it waits for reports', 300],
])('frozen %s, it reads what has come meanwhile before it ticks', (_, before) => {
  let frozenUntil = Number.POSITIVE_INFINITY;
  const { ticks } = aClock(() => now - start > frozenUntil + 50); // the reports take some turns of the event loop
  pass(before);
  now += 1600;
  frozenUntil = now - start;
  vi.advanceTimersByTime(60); // due timers fire, late
  expect(ticks).toEqual([]);
  pass(150);
  expect(ticks).toHaveLength(1);
  expect(ticks[0]).toBeGreaterThan(frozenUntil + 50);
});

test('ticks no more once it is stopped, also while it waits', () => {
  const { ticks, clock } = aClock(() => false);
  pass(300);
  clock.stop();
  pass(3000);
  expect(ticks).toEqual([]);
});
