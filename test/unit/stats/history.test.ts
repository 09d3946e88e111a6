import { expect, test } from 'vitest';
import type { HistoryPoint } from '../../../src/events/index.js';
import { History, maxHistoryPoints } from '../../../src/stats/history.js';
import fc from '../../properties.js';

const point = (over: Partial<HistoryPoint>): HistoryPoint => ({
  time: 0,
  seconds: 1,
  userCount: 1,
  currentRps: 0,
  currentFailPerSec: 0,
  totalAvgResponseTime: 0,
  percentiles: { '0.5': 0 },
  generator: null,
  isSaturated: false,
  isWarmup: false,
  ...over,
});

const calm = { cpuPercent: 10, memoryBytes: 1e8, loopDelayMillis: 1, loopUtilisation: 0.1, gcMillis: 2 };

function historyOf(seconds: number, at: (second: number) => Partial<HistoryPoint>): History {
  const history = new History();
  for (let time = 0; time < seconds; time++) history.add(point({ time, ...at(time) }));
  return history;
}

test('a run of less than two hours has a point for each second', () => {
  const { points } = historyOf(maxHistoryPoints - 1, () => ({}));
  expect(points.map(({ time }) => time)).toEqual(Array.from({ length: maxHistoryPoints - 1 }, (_, time) => time));
});

test('however long the run, its points are few, follow on each other and cover all of it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 * maxHistoryPoints }), (seconds) => {
      const { points } = historyOf(seconds, () => ({}));
      expect(points.length).toBeLessThan(maxHistoryPoints);
      let end = 0;
      for (const { time, seconds: length } of points) {
        expect(time).toBe(end);
        end += length;
      }
      expect(end).toBe(seconds);
    }),
    { numRuns: 8 },
  );
});

test('points stand for equal times, but for the newest', () => {
  const { points } = historyOf(3 * maxHistoryPoints, () => ({}));
  const lengths = points.map(({ seconds }) => seconds);
  expect(new Set(lengths.slice(0, -1))).toEqual(new Set([4]));
});

test('merged rates are means, users and average those at the end, percentiles the highest', () => {
  const { points } = historyOf(maxHistoryPoints, (second) => ({
    userCount: second,
    currentRps: second % 2 === 0 ? 10 : 30,
    currentFailPerSec: second % 2 === 0 ? 1 : 0,
    totalAvgResponseTime: second,
    percentiles: { '0.5': second % 2 === 0 ? 70 : 5 },
  }));
  expect(points).toHaveLength(maxHistoryPoints / 2);
  expect(points[0]).toMatchObject({
    time: 0,
    seconds: 2,
    userCount: 1,
    currentRps: 20,
    currentFailPerSec: 0.5,
    totalAvgResponseTime: 1,
    percentiles: { '0.5': 70 },
  });
});

test('merged health of the generator is the worst of each number, and a second without a report hides none', () => {
  const { points } = historyOf(maxHistoryPoints, (second) => ({
    generator: second % 4 < 2 ? { ...calm, ...(second % 2 === 0 ? { cpuPercent: 97 } : { gcMillis: 80 }) } : null,
  }));
  expect(points[0]?.generator).toEqual({ ...calm, cpuPercent: 97, gcMillis: 80 });
  expect(points[1]?.generator).toBeNull();
  const late = historyOf(maxHistoryPoints, (second) => ({
    generator: second % 2 === 0 ? { ...calm, gcMillis: 3 } : null,
  }));
  expect(late.points[0]?.generator).toEqual({ ...calm, gcMillis: 3 });
});

test('a saturated second and one of the warm-up stay marked in the point they are merged into', () => {
  const { points } = historyOf(2 * maxHistoryPoints, (second) => ({
    isSaturated: second === 4001,
    isWarmup: second < 3,
  }));
  expect(points.filter(({ isSaturated }) => isSaturated).map(({ time }) => time)).toEqual([4000]);
  expect(points.filter(({ isWarmup }) => isWarmup).map(({ time }) => time)).toEqual([0]);
});

test('the newest second is in the history at once, also in a long run', () => {
  const history = historyOf(5 * maxHistoryPoints, () => ({}));
  for (let time = 5 * maxHistoryPoints; time < 5 * maxHistoryPoints + 20; time++) {
    history.add(point({ time, userCount: time }));
    const last = history.points.at(-1);
    expect(last?.userCount).toBe(time);
    expect((last?.time ?? 0) + (last?.seconds ?? 0)).toBe(time + 1);
  }
});
