import { build } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import type { EntryView, Outcome } from '../../../src/events/index.js';
import { highestMicrosOf, maxMicros, slotOf } from '../../../src/stats/histogramLayout.js';
import { IntervalRecorder, type IntervalStats, RunStatistics, reportedQuantiles } from '../../../src/stats/index.js';
import fc from '../../properties.js';
import { recordInto, type Sample } from './builders.js';

/** Response times of every size, the extremes of the layout included. */
const micros = fc.oneof(
  fc.nat(3000),
  fc.double({ min: 0, max: 1, noNaN: true }).map((share) => Math.floor(maxMicros ** share)),
  fc.constantFrom(0, 1, 2047, 2048, maxMicros),
);
const sample = fc.record({
  name: fc.constantFrom('/a', '/b', '/c'),
  micros: fc.option(micros, { nil: undefined, freq: 10 }),
  bytes: fc.nat(10_000),
  error: fc.option(fc.constantFrom('503', 'refused'), { nil: undefined, freq: 3 }),
});
/** A sample and the worker that records it; and whether the worker reports after it. */
const step = fc.record({ sample, worker: fc.nat(3), reports: fc.boolean() });

const outcomes: readonly Outcome[] = ['all', 'ok', 'failed'];
const quantiles = [0, 0.001, 0.25, ...reportedQuantiles];

function everyNumberOf(entry: EntryView) {
  return outcomes.map((outcome) => {
    const line = entry.only(outcome);
    return {
      requests: line.numRequests,
      failures: line.numFailures,
      untimed: line.numNoneRequests,
      sum: line.totalResponseTime,
      min: line.minResponseTime,
      max: line.maxResponseTime,
      bytes: line.totalContentLength,
      median: line.medianResponseTime,
      percentiles: quantiles.map((quantile) => entry.percentile(quantile, outcome)),
      ofLine: quantiles.map((quantile) => line.percentile(quantile)),
      times: [...line.responseTimes()],
      count: entry.count(outcome),
    };
  });
}

function everyNumber(statistics: RunStatistics) {
  return {
    total: everyNumberOf(statistics.total),
    entries: statistics.entries().map((entry) => [entry.method, entry.name, everyNumberOf(entry)]),
    errors: statistics.errors
      .map(({ method, name, error, occurrences }) => [method, name, error, occurrences].join(' '))
      .sort(),
  };
}

function summed(intervals: readonly IntervalStats[]): RunStatistics {
  const statistics = new RunStatistics();
  for (const interval of intervals) statistics.apply(interval);
  return statistics;
}

test('any split of samples over workers and intervals, applied in any order, gives the same numbers', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.integer(), (steps, order) => {
      const alone = new IntervalRecorder();
      const workers = [0, 1, 2, 3].map(() => new IntervalRecorder());
      const intervals: IntervalStats[] = [];
      for (const { sample, worker, reports } of steps) {
        recordInto(alone, sample);
        recordInto(workers[worker]!, sample);
        if (reports) intervals.push(workers[worker]!.takeInterval({ isWarmup: false }));
      }
      for (const worker of workers) intervals.push(worker.takeInterval({ isWarmup: false }));
      const shuffled = intervals.map((interval, i) => [(i * 7919 + order) % 101, interval] as const);
      const late = shuffled.sort(([a], [b]) => a - b).map(([, interval]) => interval);
      const whole = summed([alone.takeInterval({ isWarmup: false })]);
      expect(everyNumber(summed(late))).toEqual(everyNumber(whole));
    }),
  );
});

test('an interval that was sent as JSON gives the same numbers', () => {
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 200 }), (samples) => {
      const recorder = new IntervalRecorder();
      for (const sample of samples) recordInto(recorder, sample);
      const interval = recorder.takeInterval({ isWarmup: false });
      const text = JSON.stringify(interval, (_, value: unknown) =>
        ArrayBuffer.isView(value) ? Array.from(value as Uint16Array) : value,
      );
      const sent = JSON.parse(text) as IntervalStats;
      expect(everyNumber(summed([sent]))).toEqual(everyNumber(summed([interval])));
    }),
  );
});

test('percentiles, counts and sums are those of the sorted samples, within the width of a slot', () => {
  fc.assert(
    fc.property(
      fc.array(micros, { minLength: 1, maxLength: 500 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (times, quantile) => {
        const recorder = new IntervalRecorder();
        for (const micros of times) recordInto(recorder, { micros });
        const { total } = summed([recorder.takeInterval({ isWarmup: false })]);
        const sorted = times.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(quantile * times.length * (1 - Number.EPSILON)) - 1)]!;
        const shown = Math.round(total.percentile(quantile) * 1000);
        expect(shown).toBeGreaterThanOrEqual(exact);
        expect(shown).toBeLessThanOrEqual(highestMicrosOf(slotOf(exact)));
        expect(total.numRequests).toBe(times.length);
        expect(total.totalResponseTime * 1000).toBeCloseTo(
          times.reduce((a, b) => a + b),
          -1,
        );
      },
    ),
  );
});

test('percentiles are those of HdrHistogram, cut to the exact minimum and maximum', () => {
  const named = [1, 5, 7, 25, 50, 66, 75, 80, 90, 95, 98, 99, 99.9, 99.99, 100];
  fc.assert(
    fc.property(fc.array(micros, { minLength: 1, maxLength: 500 }), (times) => {
      const peer = build({ highestTrackableValue: maxMicros, numberOfSignificantValueDigits: 3 });
      const recorder = new IntervalRecorder();
      for (const micros of times) {
        recordInto(recorder, { micros });
        peer.recordValue(micros);
      }
      const { total } = summed([recorder.takeInterval({ isWarmup: false })]);
      const cut = (value: number) => Math.min(Math.max(...times), Math.max(Math.min(...times), value));
      for (const percent of named) {
        expect(total.percentile(percent / 100)).toBe(cut(peer.getValueAtPercentile(percent)) / 1000);
      }
    }),
  );
});

test('percentiles never fall from one quantile to the next, begin at the minimum and end at the maximum', () => {
  fc.assert(
    fc.property(
      fc.array(sample, { maxLength: 300 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
      (samples, more) => {
        const recorder = new IntervalRecorder();
        for (const sample of samples) recordInto(recorder, sample);
        const { total } = summed([recorder.takeInterval({ isWarmup: false })]);
        for (const outcome of outcomes) {
          const line = total.only(outcome);
          const shown = [...quantiles, ...more].sort((a, b) => a - b).map((quantile) => line.percentile(quantile));
          for (const [i, value] of shown.entries()) expect(value).toBeGreaterThanOrEqual(shown[i - 1] ?? 0);
          expect(line.percentile(0)).toBe(line.minResponseTime ?? 0);
          expect(line.percentile(1)).toBe(line.maxResponseTime);
        }
      },
    ),
  );
});

test('a percentile is found again in the response times that are listed', () => {
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 300 }), (samples) => {
      const recorder = new IntervalRecorder();
      for (const sample of samples) recordInto(recorder, sample);
      const { total } = summed([recorder.takeInterval({ isWarmup: false })]);
      for (const outcome of outcomes) {
        const expanded = [...total.responseTimes(outcome)].flatMap(([time, count]) => Array<number>(count).fill(time));
        expect(expanded).toHaveLength(total.count(outcome));
        for (const quantile of reportedQuantiles) {
          const rank = Math.max(1, Math.ceil(quantile * expanded.length * (1 - Number.EPSILON)));
          expect(total.percentile(quantile, outcome)).toBe(expanded[rank - 1] ?? 0);
        }
      }
    }),
  );
});

test('entries with thousands of samples in an interval are counted like those with few', () => {
  const samples: Sample[] = [];
  for (let i = 0; i < 20_000; i++) samples.push({ name: i % 3 === 0 ? '/few' : '/many', micros: (i * 7919) % 300_000 });
  const alone = new IntervalRecorder();
  const often = new IntervalRecorder();
  const intervals: IntervalStats[] = [];
  for (const [i, sample] of samples.entries()) {
    recordInto(alone, sample);
    recordInto(often, sample);
    if (i % 97 === 0) intervals.push(often.takeInterval({ isWarmup: false }));
  }
  intervals.push(often.takeInterval({ isWarmup: false }));
  expect(everyNumber(summed(intervals))).toEqual(everyNumber(summed([alone.takeInterval({ isWarmup: false })])));
});
