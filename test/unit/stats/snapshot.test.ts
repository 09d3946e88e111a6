import { expect, test } from 'vitest';
import { IntervalRecorder, RunStatistics } from '../../../src/stats/index.js';
import { captureLog } from '../../capturedLog.js';
import fc from '../../properties.js';
import { aWorkerInterval, recordInto, TestClock } from './builders.js';
import { everyNumber } from './everyNumber.js';

const micros = fc.oneof(
  fc.nat(3000),
  fc.double({ min: 0, max: 1, noNaN: true }).map((share) => Math.floor(4_000_000_000 ** share)),
);
const sample = fc.record({
  name: fc.constantFrom('/a', '/b', '/c', '/d', '/e'),
  micros: fc.option(micros, { nil: undefined, freq: 10 }),
  bytes: fc.nat(10_000),
  error: fc.option(fc.constantFrom('503', 'refused'), { nil: undefined, freq: 3 }),
});
const worker = fc.constantFrom('w1', 'w2', 'w3');
/** What may happen to statistics within a moment of the run. */
const happening = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      worker,
      samples: fc.array(sample, { maxLength: 30 }),
      ageSeconds: fc.double({ min: 0, max: 20, noNaN: true }),
      isWarmup: fc.boolean(),
      isSaturated: fc.boolean(),
      cutOff: fc.nat(2),
      isCoarse: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('tick' as const), userCount: fc.nat(9), isWarmup: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('exception' as const), worker, message: fc.string() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('lost' as const, 'found' as const), worker }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('reset' as const, 'begin' as const) }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

class Subject {
  readonly clock = new TestClock();
  readonly statistics = new RunStatistics({ now: this.clock.now, maxNames: 4 });

  happen(what: Happening): void {
    const { statistics, clock } = this;
    switch (what.kind) {
      case 'report':
        this.#report(what);
        return;
      case 'tick':
        clock.time += 1;
        statistics.tick({ now: clock.time, userCount: what.userCount, isWarmup: what.isWarmup });
        return;
      case 'exception':
        statistics.addException({ message: what.message, traceback: what.message, node: what.worker, count: 2 });
        return;
      case 'lost':
        statistics.workerLost(what.worker, clock.time + 0.5, clock.time);
        return;
      case 'found':
        statistics.workerFound(what.worker);
        return;
      case 'reset':
        statistics.resetAll();
        return;
      case 'begin':
        statistics.beginTotals(clock.time);
        return;
      default:
        what satisfies never;
    }
  }

  #report(report: Happening & { readonly kind: 'report' }): void {
    const endTime = this.clock.time - report.ageSeconds;
    const recorder = new IntervalRecorder({ now: () => endTime, maxNames: 4 });
    for (const each of report.samples) recordInto(recorder, each);
    recorder.cutOff(report.cutOff);
    const taken = recorder.takeInterval(report);
    const entries = taken.entries.map((entry) => ({ ...entry, ...(report.isCoarse && { isCoarse: true }) }));
    const interval = { ...taken, entries, startTime: endTime - 1, seconds: 1 };
    this.statistics.apply(interval, [aWorkerInterval(report.worker, interval, { isSaturated: report.isSaturated })]);
  }
}

test('restored statistics say the same as those that the snapshot is of, then and whatever happens later', () => {
  using _ = captureLog();
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), fc.array(happening, { maxLength: 20 }), (before, after) => {
      const lived = new Subject();
      for (const each of before) lived.happen(each);
      const snapshot = lived.statistics.snapshot();
      const copy = structuredClone(snapshot);
      const restored = new Subject();
      restored.clock.time = lived.clock.time;
      restored.statistics.restore(copy);
      for (const entry of lived.statistics.entrySnapshots()) restored.statistics.restoreEntry(structuredClone(entry));
      expect(everyNumber(restored.statistics)).toEqual(everyNumber(lived.statistics));
      for (const each of after) for (const subject of [lived, restored]) subject.happen(each);
      expect(everyNumber(restored.statistics)).toEqual(everyNumber(lived.statistics));
      expect(snapshot).toEqual(copy); // it is a thing of its own
    }),
  );
});

test('the time that nobody watched is a gap in the history, and no long second', () => {
  const { statistics, clock } = new Subject();
  const tick = () => statistics.tick({ now: ++clock.time, userCount: 1, isWarmup: false });
  statistics.clearAll(clock.time);
  tick();
  clock.time += 45;
  statistics.skipTo(clock.time);
  tick();
  expect(statistics.history.map(({ time, seconds }) => [time - 1_000_000, seconds])).toEqual([
    [0, 1],
    [46, 1],
  ]);
});

test('a worker that is lost is named with what is missing of it, until it goes on', () => {
  const { statistics, clock } = new Subject();
  const interval = (startTime: number) => ({
    startTime,
    seconds: 1,
    isWarmup: false,
    entries: [],
    errors: [],
    cutOff: 0,
    overflowingNames: [],
  });
  const report = (startTime: number, isSaturated: boolean) =>
    statistics.apply(interval(startTime), [aWorkerInterval('w1', interval(startTime), { isSaturated })]);
  const start = clock.time;
  report(start, true);
  report(start + 1, false);
  report(start + 2, true);
  statistics.workerLost('w1', start + 4.5, start);
  expect(statistics.workers).toMatchObject([
    { id: 'w1', saturatedSeconds: 2, lostAt: start + 4.5, unreportedSeconds: 1.5 },
  ]);
  report(start + 3, false); // was on its way
  expect(statistics.workers).toMatchObject([{ lostAt: start + 4.5, unreportedSeconds: 0.5 }]);
  report(start + 5, false);
  expect(statistics.workers).toMatchObject([{ lostAt: null, unreportedSeconds: 0 }]);
  statistics.workerLost('w1', start + 7, start);
  statistics.workerFound('w1');
  expect(statistics.workers).toMatchObject([{ lostAt: null, unreportedSeconds: 0, saturatedSeconds: 2 }]);
});

test('all that a worker measured before its first report is missing when it is lost, from when it began', () => {
  const statistics = new RunStatistics({ now: () => 1_000 });
  expect(statistics.workerLost('w1', 1_000.8, 1_000)).toBeUndefined();
  expect(statistics.workers).toMatchObject([{ id: 'w1', lostAt: 1_000.8 }]);
  expect(statistics.workers[0]?.unreportedSeconds).toBeCloseTo(0.8);
});

test('of workers that are forgotten those that are lost are told, all together, until another test begins', () => {
  const statistics = new RunStatistics({ now: () => 1_000 });
  const interval = {
    startTime: 1_000,
    seconds: 1,
    isWarmup: false,
    entries: [],
    errors: [],
    cutOff: 0,
    overflowingNames: [],
  };
  statistics.apply(
    interval,
    ['w1', 'w2', 'w3'].map((id) => aWorkerInterval(id, interval, {})),
  );
  statistics.workerLost('w2', 1_001.5, 1_000);
  statistics.workerLost('w3', 1_003, 1_000);
  for (const id of ['w1', 'w2', 'w3', 'w4']) statistics.workerForgotten(id);
  const forgottenLost = { count: 2, lastLostAt: 1_003, unreportedSeconds: 2.5 };
  expect(statistics).toMatchObject({ workers: [], forgottenLost });
  const restored = new RunStatistics({ now: () => 1_000 });
  restored.restore(statistics.snapshot());
  expect(restored).toMatchObject({ workers: [], forgottenLost });
  restored.resetAll();
  expect(restored.forgottenLost, 'who is lost stays lost').toEqual(forgottenLost);
  restored.clearAll(2_000);
  expect(restored.forgottenLost).toEqual({ count: 0, lastLostAt: null, unreportedSeconds: 0 });
});
