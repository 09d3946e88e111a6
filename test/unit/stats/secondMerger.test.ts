import { describe, expect, test } from 'vitest';
import type { FailureSample } from '../../../src/events/index.js';
import {
  type ErrorStats,
  IntervalRecorder,
  type IntervalStats,
  type OutcomeStats,
  SecondMerger,
} from '../../../src/stats/index.js';
import fc from '../../properties.js';
import { anInterval, aWorkerInterval, recordInto } from './builders.js';

const micros = fc.oneof(
  fc.nat(3000),
  fc.double({ min: 0, max: 1, noNaN: true }).map((share) => Math.floor(4_000_000_000 ** share)),
);
const sample = fc.record({
  name: fc.constantFrom('/a', '/b', '/c'),
  requestType: fc.constantFrom('GET', 'POST'),
  micros: fc.option(micros, { nil: undefined, freq: 10 }),
  bytes: fc.nat(10_000),
  error: fc.option(fc.constantFrom('503', 'refused'), { nil: undefined, freq: 3 }),
});
/** What one worker reports: when, whether it is warm-up, and its samples. */
const report = fc.record({
  startTime: fc.double({ min: 1000, max: 1006, noNaN: true }),
  seconds: fc.oneof(fc.double({ min: 0.01, max: 1.2, noNaN: true }), fc.double({ min: 0, max: 5, noNaN: true })),
  isWarmup: fc.boolean(),
  samples: fc.array(sample, { maxLength: 40 }),
  cutOff: fc.nat(3),
});

function intervalOf({
  samples,
  startTime,
  seconds,
  isWarmup,
  cutOff,
}: typeof report extends fc.Arbitrary<infer R> ? R : never): IntervalStats {
  const recorder = new IntervalRecorder({ now: () => startTime + seconds });
  for (const each of samples) recordInto(recorder, each);
  recorder.cutOff(cutOff);
  return { ...recorder.takeInterval({ isWarmup }), startTime, seconds };
}

interface Sums {
  timed: number;
  untimed: number;
  overlong: number;
  totalMicros: number;
  min: number;
  max: number;
  bytes: number;
  readonly slots: Record<number, number>;
}

/** The sums of all intervals in the plainest way: what any merging has to give. */
function plainSums(intervals: readonly IntervalStats[]) {
  const outcomes: Record<string, Sums> = {};
  const errors: Record<string, number> = {};
  let cutOff = 0;
  for (const interval of intervals) {
    cutOff += interval.cutOff;
    for (const entry of interval.entries) {
      for (const outcome of ['ok', 'failed'] as const) {
        const stats = entry[outcome];
        if (stats === undefined) continue;
        const key = `${interval.isWarmup} ${entry.requestType} ${entry.name} ${outcome}`;
        outcomes[key] ??= noSums();
        addTo(outcomes[key], stats);
      }
    }
    for (const { requestType, name, error, occurrences } of interval.errors) {
      const key = `${requestType} ${name} ${error}`;
      errors[key] = (errors[key] ?? 0) + occurrences;
    }
  }
  return { outcomes, errors, cutOff };
}

function noSums(): Sums {
  return { timed: 0, untimed: 0, overlong: 0, totalMicros: 0, min: Infinity, max: 0, bytes: 0, slots: {} };
}

function addTo(sums: Sums, stats: OutcomeStats): void {
  sums.timed += stats.timed;
  sums.untimed += stats.untimed;
  sums.overlong += stats.overlong ?? 0;
  sums.totalMicros += stats.totalMicros;
  sums.bytes += stats.bytes;
  if (stats.timed > 0) sums.min = Math.min(sums.min, stats.minMicros);
  sums.max = Math.max(sums.max, stats.maxMicros);
  for (const [i, slot] of stats.histogram.slots.entries()) {
    sums.slots[slot] = (sums.slots[slot] ?? 0) + stats.histogram.counts[i]!;
  }
}

/** Merges the intervals, taking what there is after each of which `takesAfter` says so. */
function merged(intervals: readonly IntervalStats[], takesAfter: (at: number) => boolean): IntervalStats[] {
  const merger = new SecondMerger();
  const taken: IntervalStats[] = [];
  for (const [at, interval] of intervals.entries()) {
    merger.add(interval);
    if (takesAfter(at)) taken.push(...merger.take().map((second) => second.interval));
  }
  taken.push(...merger.take().map((second) => second.interval));
  expect(merger.isEmpty).toBe(true);
  return taken;
}

describe('merging by second', () => {
  test('whatever reports come and whenever the seconds are taken, they add up to exactly what was reported', () => {
    fc.assert(
      fc.property(fc.array(report, { maxLength: 12 }), fc.nat(5), (reports, every) => {
        const intervals = reports.map(intervalOf);
        const seconds = merged(intervals, (at) => every > 0 && at % every === 0);
        expect(plainSums(seconds)).toEqual(plainSums(intervals));
        for (const { entries } of seconds) {
          for (const { ok, failed } of entries) {
            for (const stats of [ok, failed]) if (stats !== undefined) expect(isAscending(stats)).toBe(true);
          }
        }
      }),
    );
  });

  test('intervals of one second become one, whichever worker they come from and however late', () => {
    const reports = [0, 1, 2, 3].flatMap((second) =>
      ['a', 'b', 'c'].map((worker) => ({ worker, interval: { ...anInterval(1000 + second + 0.003), seconds: 1.001 } })),
    );
    const merger = new SecondMerger();
    for (const { worker, interval } of reports.reverse()) merger.add(interval, aWorkerInterval(worker, interval));
    const seconds = merger.take();
    expect(seconds.map(({ interval }) => [interval.startTime, interval.seconds])).toEqual([
      [1000.003, expect.closeTo(0.997)],
      [1001.003, expect.closeTo(0.997)],
      [1002.003, expect.closeTo(0.997)],
      [1003.003, expect.closeTo(0.997)],
    ]);
    expect(seconds.map(({ workers }) => workers.map(({ worker }) => worker).sort())).toEqual(
      Array(4).fill(['a', 'b', 'c']),
    );
  });

  test('a worker whose event loop stood still for seconds does not blur those of the others', () => {
    const merger = new SecondMerger();
    for (const startTime of [1000, 1001, 1002, 1003]) for (const _ of ['a', 'b']) merger.add(anInterval(startTime));
    merger.add({ ...anInterval(1000), seconds: 4 });
    expect(merger.take().map(({ interval }) => [interval.startTime, interval.seconds])).toEqual([
      [1000, 1],
      [1000, 4],
      [1001, 1],
      [1002, 1],
      [1003, 1],
    ]);
  });

  test('the interval of a single worker stays as it came', () => {
    const merger = new SecondMerger();
    const interval = { ...anInterval(1000.25), seconds: 1.3 };
    merger.add(interval);
    expect(merger.take()[0]?.interval).toBe(interval);
  });

  test('of an error the first three samples are kept, and of more names than twice the limit the rest is (other)', () => {
    const merger = new SecondMerger(2);
    const sampleOf = (request: string): FailureSample => ({ request, requestHeaders: {} });
    const error = (name: string, samples: readonly string[]): ErrorStats => ({
      requestType: 'GET',
      name,
      error: '503',
      occurrences: 2,
      firstSeen: 1000,
      lastSeen: 1000.5,
      samples: samples.map(sampleOf),
    });
    const outcome = { timed: 1, untimed: 0, totalMicros: 5, minMicros: 5, maxMicros: 5, bytes: 0 };
    const failed: OutcomeStats = { ...outcome, histogram: { slots: [5], counts: [1] } };
    for (const worker of ['1', '2', '3']) {
      const names = ['/a', '/b', '/c', '/d', `/of-${worker}`];
      merger.add({
        ...anInterval(1000),
        entries: names.map((name) => ({ requestType: 'GET', name, failed, lastRequestTimestamp: 1001 })),
        errors: names.map((name) => error(name, [`${worker}-1`, `${worker}-2`])),
      });
    }
    const [second] = merger.take();
    expect(second?.interval.entries.map(({ name, failed: sums }) => [name, sums?.timed])).toEqual([
      ['/a', 3],
      ['/b', 3],
      ['/c', 3],
      ['/d', 3],
      ['(other)', 3],
    ]);
    expect(second?.interval.errors.map(({ name, occurrences }) => [name, occurrences])).toEqual([
      ['/a', 6],
      ['/b', 6],
      ['/c', 6],
      ['/d', 6],
      ['(other)', 6],
    ]);
    expect(second?.interval.errors[0]?.samples.map(({ request }) => request)).toEqual(['1-1', '1-2', '2-1']);
    expect(second?.interval.overflowingNames).toEqual(['GET /of-1', 'GET /of-2', 'GET /of-3']);
  });

  test('an entry is coarse in a second in which that of any worker was', () => {
    const merger = new SecondMerger();
    const ok: OutcomeStats = {
      timed: 0,
      untimed: 1,
      totalMicros: 0,
      minMicros: 0,
      maxMicros: 0,
      bytes: 0,
      histogram: { slots: [], counts: [] },
    };
    const entry = { requestType: 'GET', name: '/', ok, lastRequestTimestamp: 1001 };
    const isCoarse = () => merger.take().map(({ interval }) => interval.entries[0]?.isCoarse);
    for (const each of [entry, { ...entry, isCoarse: true }, entry])
      merger.add({ ...anInterval(1000), entries: [each] });
    expect(isCoarse()).toEqual([true]);
    for (const each of [entry, entry]) merger.add({ ...anInterval(1001), entries: [each] });
    expect(isCoarse()).toEqual([undefined]);
  });

  test('a busy entry of many workers is counted exactly, beyond what a log of pairs holds and beyond 32 bits', () => {
    const merger = new SecondMerger();
    const slots = Array.from({ length: 3000 }, (_, i) => i * 3);
    const counts = slots.map((_, i) => (i === 0 ? 2 ** 31 : 1));
    const timed = counts.reduce((sum, count) => sum + count, 0);
    const ok: OutcomeStats = {
      timed,
      untimed: 0,
      totalMicros: 1,
      minMicros: 0,
      maxMicros: 9000,
      bytes: 0,
      histogram: { slots, counts },
    };
    const entry = { requestType: 'GET', name: '/', ok, lastRequestTimestamp: 1001 };
    for (let worker = 0; worker < 50; worker++) merger.add({ ...anInterval(1000), entries: [entry] });
    const sum = merger.take()[0]?.interval.entries[0]?.ok;
    expect(sum?.timed).toBe(50 * timed);
    expect([...(sum?.histogram.slots ?? [])]).toEqual(slots);
    expect([...(sum?.histogram.counts ?? [])]).toEqual(counts.map((count) => 50 * count));
  });
});

function isAscending({ histogram }: OutcomeStats): boolean {
  return histogram.slots.every((slot, i) => i === 0 || slot > histogram.slots[i - 1]!);
}
