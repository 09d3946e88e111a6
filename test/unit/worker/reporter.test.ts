import { expect, test } from 'vitest';
import { epochSeconds, setClockOffset } from '../../../src/clock.js';
import { IntervalRecorder, type IntervalStats } from '../../../src/stats/index.js';
import { nextCut, Reporter } from '../../../src/worker/reporter.js';
import fc from '../../properties.js';
import { until } from '../../until.js';

test('intervals are cut at whole seconds, and at the end of the warm-up, which is never put off by a second', () => {
  expect(nextCut(100.25, Number.POSITIVE_INFINITY)).toBe(101);
  expect(nextCut(101, Number.POSITIVE_INFINITY)).toBe(102);
  expect(nextCut(100.25, 100.5)).toBe(100.5);
  expect(nextCut(100.25, 103.5)).toBe(101);
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      (now, end) => {
        expect(nextCut(now, end)).toBeLessThanOrEqual(end);
      },
    ),
  );
});

test('a warm-up that ends while an interval is taken ends with the next interval, at once; errors are sampled anew', async () => {
  const taken: IntervalStats[] = [];
  const warmupEnd = Math.floor(epochSeconds()) + 2.02;
  const recorder = new IntervalRecorder();
  const sample = { request: 'GET /', requestHeaders: {} };
  const failThrice = () => {
    for (let i = 0; i < 3; i++)
      recorder.entry('GET', '/').recordFailure(1, 0, '503', { describeFailure: () => sample });
  };
  const reporter = new Reporter(recorder, (interval) => {
    taken.push(interval);
    while (epochSeconds() < warmupEnd && warmupEnd - epochSeconds() < 0.1) {
      // the report takes until after the end of the warm-up
    }
  });
  reporter.start(warmupEnd);
  failThrice();
  await until(() => taken.some(({ isWarmup }) => !isWarmup));
  failThrice();
  reporter.stop();
  const [first] = taken.filter(({ isWarmup }) => !isWarmup).flatMap(({ errors }) => errors);
  expect(first?.samples, 'the first that failed in the warm-up are in no output').toHaveLength(3);
  const last = taken.findLast(({ isWarmup }) => isWarmup);
  expect((last?.startTime ?? 0) + (last?.seconds ?? 0) - warmupEnd).toBeLessThan(0.5);
});

test('no interval ends before its second does: one that did would be followed by a sliver', async () => {
  const taken: IntervalStats[] = [];
  const reporter = new Reporter(new IntervalRecorder(), (interval) => taken.push(interval));
  reporter.start(0);
  await until(() => taken.length === 3);
  const seconds = taken.map(({ startTime, seconds }) => Math.floor(startTime + seconds + 1e-6) - Math.floor(startTime));
  reporter.stop();
  expect(Math.min(...seconds)).toBeGreaterThan(0);
});

test('a clock that is set back by an hour, as another master may have it, delays no report', async () => {
  const taken: IntervalStats[] = [];
  const reporter = new Reporter(new IntervalRecorder(), (interval) => taken.push(interval));
  try {
    setClockOffset(3600);
    reporter.start(0);
    await until(() => taken.length === 1);
    setClockOffset(0);
    await until(() => taken.length === 3);
    expect(Math.abs((taken[2]?.startTime ?? 0) - epochSeconds())).toBeLessThan(60);
  } finally {
    setClockOffset(0);
    reporter.stop();
  }
});
