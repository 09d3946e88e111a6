import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WorkerHealth } from '../../../src/events/index.js';
import { addLogSink, type LogRecord } from '../../../src/log.js';
import { errorLimits } from '../../../src/stats/errorRecorder.js';
import { IntervalRecorder, type IntervalStats, RunStatistics } from '../../../src/stats/index.js';
import fc from '../../properties.js';
import { anInterval, aWorkerInterval, recordInto, type Sample, TestRun } from './builders.js';

const logged: LogRecord[] = [];
let stopListening = () => {};

beforeEach(() => {
  logged.length = 0;
  stopListening = addLogSink((record) => logged.push(record));
});
afterEach(() => stopListening());

const times = (count: number, sample: Sample): Sample[] => Array.from({ length: count }, () => sample);

test('an entry tells its requests, failures, times and bytes', () => {
  const run = new TestRun().record(
    { name: '/a', micros: 1000, bytes: 10 },
    { name: '/a', micros: 3000, bytes: 20 },
    { name: '/a', micros: 400, bytes: 30, error: '503' },
    { name: '/a', micros: undefined, bytes: 4 },
    { name: '/b', micros: 7000 },
  );
  run.second();
  expect(run.statistics.entry('/a', 'GET')).toMatchObject({
    method: 'GET',
    name: '/a',
    numRequests: 4,
    numFailures: 1,
    numNoneRequests: 1,
    totalResponseTime: 4.4,
    minResponseTime: 0.4,
    maxResponseTime: 3,
    avgResponseTime: 4.4 / 3,
    medianResponseTime: 1,
    totalContentLength: 64,
    avgContentLength: 16,
    failRatio: 0.25,
  });
  expect(run.statistics.total).toMatchObject({ method: '', name: 'Aggregated', numRequests: 5, maxResponseTime: 7 });
  expect(run.statistics.entry('/a', 'POST')).toBeUndefined();
});

test('a call of 0.4 ms is 0.4 ms, not 0', () => {
  const run = new TestRun().record({ micros: 400 });
  run.second();
  expect(run.statistics.total.percentile(0.5)).toBe(0.4);
});

test('successes and failures are shown together or apart', () => {
  const run = new TestRun().record(
    ...times(9, { micros: 1000, bytes: 1 }),
    ...times(3, { micros: 50_000, bytes: 2, error: '503' }),
    { micros: undefined, error: 'closed' },
  );
  run.second();
  const { total } = run.statistics;
  const ok = total.only('ok');
  const failed = total.only('failed');
  expect(ok).toMatchObject({ numRequests: 9, numFailures: 0, failRatio: 0, maxResponseTime: 1, totalContentLength: 9 });
  expect(failed).toMatchObject({
    numRequests: 4,
    numFailures: 4,
    numNoneRequests: 1,
    failRatio: 1,
    minResponseTime: 50,
  });
  expect(total).toMatchObject({ numRequests: 13, numFailures: 4 });
  expect([total.count('all'), total.count('ok'), total.count('failed')]).toEqual([12, 9, 3]);
  expect(ok.percentile(1)).toBe(1);
  expect(total.percentile(1, 'ok')).toBe(1);
  expect(failed.percentile(0.1)).toBe(50);
  expect(ok.percentile(0.5, 'failed')).toBe(0);
  expect(ok.count('failed')).toBe(0);
  expect([...total.responseTimes()]).toEqual([
    [1, 9],
    [50, 3],
  ]);
  expect([...total.responseTimes('ok')]).toEqual([[1, 9]]);
  expect([...failed.responseTimes()]).toEqual([[50, 3]]);
  expect(ok.only('ok')).toBe(ok);
});

test('without samples every number is zero, and the minimum and current percentiles are null', () => {
  const run = new TestRun();
  run.second();
  expect(run.statistics.total).toMatchObject({
    numRequests: 0,
    minResponseTime: null,
    maxResponseTime: 0,
    avgResponseTime: 0,
    medianResponseTime: 0,
    avgContentLength: 0,
    failRatio: 0,
    totalRps: 0,
    currentRps: 0,
    lastRequestTimestamp: null,
  });
  expect(run.statistics.total.currentPercentile(0.5)).toBeNull();
});

test('entries are listed by name, then type', () => {
  const run = new TestRun().record(
    { requestType: 'POST', name: '/b', micros: 1 },
    { requestType: 'POST', name: '/a', micros: 1 },
    { requestType: 'GET', name: '/b', micros: 1 },
  );
  run.second();
  const listed = () => run.statistics.entries().map(({ method, name }) => `${method} ${name}`);
  expect(listed()).toEqual(['POST /a', 'GET /b', 'POST /b']);
  run.record({ requestType: 'GET', name: '/a', micros: 1 }).second();
  expect(listed()).toEqual(['GET /a', 'POST /a', 'GET /b', 'POST /b']);
});

test('total rates are over the time from the start to the last request, the same for all entries', () => {
  const run = new TestRun();
  for (let i = 0; i < 20; i++)
    run.record(...times(30, { name: '/a', micros: 1 }), { name: '/b', micros: 1, error: '503' }).second();
  run.seconds(40);
  expect(run.statistics.total.totalRps).toBeCloseTo(31, 9);
  expect(run.statistics.total.totalFailPerSec).toBeCloseTo(1, 9);
  expect(run.statistics.entry('/b', 'GET')?.totalRps).toBeCloseTo(1, 9);
  expect(run.statistics.total.only('ok').totalRps).toBeCloseTo(30, 9);
});

test('time that passes before users start, in testStart listeners, is in no total rate', () => {
  const run = new TestRun();
  run.seconds(30);
  run.statistics.beginTotals(run.clock.time);
  for (let i = 0; i < 10; i++) run.record(...times(20, { micros: 1 })).second();
  expect(run.statistics.total.totalRps).toBeCloseTo(20, 9);
  run.statistics.beginTotals(run.clock.time - 20);
  expect(run.statistics.total.totalRps).toBeCloseTo(20, 9);
});

test('current rates are those of the last ten whole seconds, and fall to zero when traffic stops', () => {
  const run = new TestRun();
  for (let i = 0; i < 15; i++) run.record(...times(10, { micros: 1 })).second();
  for (let i = 0; i < 15; i++) run.record(...times(40, { micros: 1 }), { micros: 1, error: '503' }).second();
  const { total } = run.statistics;
  expect(total.currentRps).toBeCloseTo(41, 9);
  expect(total.currentFailPerSec).toBeCloseTo(1, 9);
  expect(total.only('ok').currentRps).toBeCloseTo(40, 9);
  expect(total.only('failed').currentRps).toBeCloseTo(1, 9);
  run.seconds(6);
  expect(total.currentRps).toBeGreaterThan(15);
  expect(total.currentRps).toBeLessThan(26);
  run.seconds(6);
  expect(total.currentRps).toBe(0);
  expect(run.statistics.entry('/', 'GET')?.currentRps).toBe(0);
  expect(total.numRequests).toBe(15 * 10 + 15 * 41);
});

test('in the first seconds the current rate is that of the time so far', () => {
  const run = new TestRun();
  for (let i = 0; i < 5; i++) run.record(...times(10, { micros: 1 })).second();
  expect(run.statistics.total.currentRps).toBeCloseTo(10, 9);
});

test('current percentiles are about the last ten seconds, per entry and for all', () => {
  const run = new TestRun();
  for (let i = 0; i < 15; i++) run.record(...times(100, { name: '/a', micros: 900_000 })).second();
  for (let i = 0; i < 13; i++) {
    run
      .record(...times(10, { name: '/a', micros: 1000 }), ...times(10, { name: '/b', micros: 3000, error: '503' }))
      .second();
  }
  const { total } = run.statistics;
  const a = run.statistics.entry('/a', 'GET');
  expect(total.percentile(0.5)).toBe(900);
  expect(total.currentPercentile(0.5)).toBeCloseTo(1, 2);
  expect(total.currentPercentile(1)).toBe(3);
  expect(total.currentPercentile(1, 'ok')).toBe(1);
  expect(total.only('failed').currentPercentile(0.1)).toBe(3);
  expect(a?.currentPercentile(0)).toBe(1);
  expect(a?.currentPercentile(0.99)).toBe(1);
  expect(a?.currentPercentile(0.99, 'failed')).toBeNull();
  expect(a?.only('ok').currentPercentile(0.99, 'failed')).toBeNull();
  run.seconds(13);
  expect(a?.currentPercentile(0.99)).toBeNull();
});

test('several workers whose intervals begin at different times add up to the rate of all', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 5 }), (phases) => {
      const statistics = new RunStatistics({ now: () => 1000 });
      statistics.clearAll(1000);
      const sent: { readonly at: number; readonly interval: IntervalStats }[] = [];
      for (const phase of phases) {
        let time = 1000 + phase;
        const recorder = new IntervalRecorder({ now: () => time });
        for (let i = 0; i < 40; i++) {
          for (let k = 0; k < 10; k++) recordInto(recorder, { micros: 5 });
          time += 1;
          sent.push({ at: time, interval: recorder.takeInterval({ isWarmup: false }) });
        }
      }
      sent.sort((a, b) => a.at - b.at);
      for (let now = 1001; now <= 1040; now++) {
        for (const { interval } of sent.filter(({ at }) => at > now - 1 && at <= now)) statistics.apply(interval);
        statistics.tick({ now, userCount: 1, isWarmup: false });
        if (now > 1014) expect(statistics.total.currentRps).toBeCloseTo(10 * phases.length, 6);
      }
    }),
    { numRuns: 30 },
  );
});

test('an interval of many seconds counts in each of them', () => {
  const run = new TestRun();
  run.record(...times(80, { micros: 1 }));
  run.clock.time += 8;
  run.statistics.apply(run.recorder.takeInterval({ isWarmup: false }));
  run.clock.time += 1.5;
  run.statistics.tick({ now: run.clock.time, userCount: 1, isWarmup: false });
  expect(run.statistics.total.currentRps).toBeCloseTo(10, 9);
});

test('an interval that comes a minute late is in the totals and in no current number', () => {
  const run = new TestRun().record({ micros: 1 });
  run.clock.time += 1;
  const late = run.recorder.takeInterval({ isWarmup: false });
  run.seconds(60);
  run.record({ micros: 1 }).second();
  run.statistics.apply(late);
  run.seconds(3);
  expect(run.statistics.total.numRequests).toBe(2);
  expect(run.statistics.total.currentRps).toBeCloseTo(0.1, 9);
  expect(run.statistics.total.startTime).toBe(1_000_000);
});

test('samples of the warm-up are in the history and in no total', () => {
  const run = new TestRun();
  for (let i = 0; i < 5; i++)
    run.record(...times(10, { name: '/warm', micros: 9000, error: '503' })).second({ isWarmup: true });
  expect(run.statistics.entries()).toEqual([]);
  for (let i = 0; i < 10; i++) run.record(...times(20, { name: '/a', micros: 1000 })).second();
  const { statistics } = run;
  expect(statistics.total).toMatchObject({ numRequests: 200, numFailures: 0, maxResponseTime: 1, totalRps: 20 });
  expect(statistics.errors).toEqual([]);
  expect(statistics.warmupRequests).toBe(50);
  expect(statistics.history.map(({ isWarmup }) => isWarmup)).toEqual([
    ...times(5, {}).map(() => true),
    ...times(10, {}).map(() => false),
  ]);
  expect(statistics.history[4]?.currentRps).toBeCloseTo(10, 9);
  expect(statistics.history[4]?.percentiles).toEqual({ '0.5': 9, '0.95': 9 });
});

test('a point of the history tells users, rates, average and the charted percentiles of its second', () => {
  const run = new TestRun({ chartPercentiles: [0.5, 0.99] });
  for (let i = 0; i < 20; i++)
    run.record(...times(10, { micros: 2000 }), { micros: 8000, error: '503' }).second({ userCount: i });
  const last = run.statistics.history.at(-1);
  expect(run.statistics.history).toHaveLength(20);
  expect(last).toMatchObject({
    time: run.clock.time - 1,
    seconds: 1,
    userCount: 19,
    isSaturated: false,
    isWarmup: false,
  });
  expect(last?.currentRps).toBeCloseTo(11, 9);
  expect(last?.currentFailPerSec).toBeCloseTo(1, 9);
  expect(last?.totalAvgResponseTime).toBeCloseTo(28 / 11, 9);
  expect(last?.percentiles).toEqual({ '0.5': 2, '0.99': 8 });
});

test('a point of the history has the worst health of all workers in its second, and none without a report', () => {
  const { statistics, clock } = new TestRun();
  const report = (worker: string, about: Partial<WorkerHealth>) => {
    const interval = anInterval(clock.time);
    statistics.apply(interval, [aWorkerInterval(worker, interval, about)]);
  };
  const tick = () => statistics.tick({ now: ++clock.time, userCount: 2, isWarmup: false });
  report('a', { cpuPercent: 20, memoryBytes: 300, loopUtilisation: 0.99, isSaturated: true });
  report('b', { cpuPercent: 60, memoryBytes: 200, loopDelayMillis: 4, gcMillis: 5 });
  tick();
  tick();
  report('b', { memoryBytes: 210 });
  tick();
  const calm = { cpuPercent: 0, memoryBytes: 210, loopDelayMillis: 0, loopUtilisation: 0, gcMillis: 0 };
  expect(statistics.history.map(({ generator, isSaturated }) => [generator, isSaturated])).toEqual([
    [{ cpuPercent: 60, memoryBytes: 300, loopDelayMillis: 4, loopUtilisation: 0.99, gcMillis: 5 }, true],
    [null, false],
    [calm, false],
  ]);
});

test('saturated seconds are those of the intervals, over workers at the same time counted once', () => {
  const { statistics, clock } = new TestRun();
  const report = (worker: string, seconds: number, isSaturated = true) => {
    const interval = { ...anInterval(clock.time), seconds };
    statistics.apply(interval, [aWorkerInterval(worker, interval, { isSaturated })]);
  };
  const tick = () => statistics.tick({ now: ++clock.time, userCount: 2, isWarmup: false });
  report('a', 0.3);
  report('b', 0.25);
  tick();
  expect(statistics.saturatedSeconds).toBe(0.3);
  report('a', 1);
  report('a', 0.5);
  report('b', 1, false);
  tick();
  tick();
  expect(statistics.saturatedSeconds).toBe(1.8);
});

test('seconds in which the generator was saturated are marked and counted, those of the warm-up marked only', () => {
  const run = new TestRun();
  run.second({ isSaturated: true, isWarmup: true });
  run.second({ isSaturated: true });
  run.second();
  expect(run.statistics.saturatedSeconds).toBe(1);
  expect(run.statistics.history.map(({ isSaturated }) => isSaturated)).toEqual([true, true, false]);
});

test('requests that a stop cut off are counted and are no samples', () => {
  const run = new TestRun();
  run.recorder.cutOff(3);
  run.second();
  run.recorder.cutOff(2);
  run.second();
  expect(run.statistics.cutOff).toBe(5);
  expect(run.statistics.total.numRequests).toBe(0);
});

test('errors are grouped over workers and intervals, with the first three samples', () => {
  const statistics = new RunStatistics();
  const error = (over: object): IntervalStats => ({
    startTime: 100,
    seconds: 1,
    isWarmup: false,
    entries: [],
    cutOff: 0,
    overflowingNames: [],
    errors: [
      {
        requestType: 'GET',
        name: '/a',
        error: '503',
        occurrences: 2,
        firstSeen: 100,
        lastSeen: 101,
        samples: [],
        ...over,
      },
    ],
  });
  const sample = (request: string) => ({ request, requestHeaders: {} });
  statistics.apply(error({ samples: [sample('1'), sample('2')] }));
  statistics.apply(error({ firstSeen: 99, lastSeen: 99, samples: [sample('3'), sample('4')] }));
  statistics.apply(error({ firstSeen: 150, lastSeen: 180, samples: [sample('5')] }));
  statistics.apply(error({ name: '/b' }));
  expect(statistics.errors).toMatchObject([
    {
      method: 'GET',
      name: '/a',
      error: '503',
      occurrences: 6,
      firstSeen: 99,
      lastSeen: 180,
      samples: [sample('1'), sample('2'), sample('3')],
    },
    { name: '/b', occurrences: 2 },
  ]);
});

test('exceptions are grouped by traceback, with the workers they came from', () => {
  const statistics = new RunStatistics();
  const exception = { message: 'no cart', traceback: 'Error: no cart\n    at Shopper.buy (shop.ts:12)' };
  statistics.addException({ ...exception, node: 'w1' });
  statistics.addException({ ...exception, node: 'w2' });
  statistics.addException({ ...exception, node: 'w1' });
  statistics.addException({ message: 'other', traceback: 'elsewhere', node: 'w1' });
  expect(statistics.exceptions).toMatchObject([
    { ...exception, count: 3, nodes: ['w1', 'w2'] },
    { message: 'other', count: 1, nodes: ['w1'] },
  ]);
});

test('of the workers that an exception came from a bounded number is named, also after a restart of the master', () => {
  const statistics = new RunStatistics();
  for (let i = 0; i < 1500; i++) statistics.addException({ message: 'm', traceback: 't', node: `w${i}` });
  const [exception] = statistics.exceptions;
  expect(exception?.count).toBe(1500);
  expect(exception?.nodes).toHaveLength(1000);
  expect(exception?.nodes.at(-1)).toBe('w999');
  const restored = new RunStatistics();
  restored.restore(statistics.snapshot());
  restored.addException({ message: 'm', traceback: 't', node: 'w1500' });
  expect(restored.exceptions[0]?.nodes).toEqual(exception?.nodes);
});

test('exceptions with ever new tracebacks are counted in full and kept in a bounded number', () => {
  const statistics = new RunStatistics();
  for (let i = 0; i < 1000; i++) {
    statistics.addException({ message: `${i}`, traceback: `Error: ${i}${' at f'.repeat(3000)}`, node: 'local' });
  }
  expect(statistics.exceptions).toHaveLength(501);
  expect(statistics.exceptions.at(-1)).toMatchObject({ message: '(other)', count: 500 });
  expect(statistics.exceptions[0]?.traceback).toHaveLength(10_000);
});

test('names beyond the cap are counted as (other), with one warning that gives examples and the way out', () => {
  const run = new TestRun({ maxNames: 5 });
  for (let i = 0; i < 10; i++) run.record({ name: `/items/${i}`, micros: 1 });
  run.second();
  run.record({ name: '/items/99', micros: 1, error: '503' }).second();
  expect(run.statistics.isNameCapReached).toBe(true);
  expect(run.statistics.entries()).toHaveLength(6);
  expect(run.statistics.entry('(other)', '')?.numRequests).toBe(6);
  expect(run.statistics.errors).toMatchObject([{ method: '', name: '(other)', error: '503' }]);
  const warnings = logged.filter(({ level }) => level === 'WARNING').map(({ message }) => message);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('more than 5 request names');
  expect(warnings[0]).toContain('GET /items/5');
  expect(warnings[0]).toContain("name: '/items/[id]'");
});

test('the cap of names holds for all workers together', () => {
  const statistics = new RunStatistics({ maxNames: 5 });
  for (let worker = 0; worker < 4; worker++) {
    const recorder = new IntervalRecorder({ maxNames: 5 });
    for (let i = 0; i < 5; i++) recordInto(recorder, { name: `/${worker}/${i}`, micros: 1, error: 'e' });
    statistics.apply(recorder.takeInterval({ isWarmup: false }));
  }
  expect(statistics.entries()).toHaveLength(6);
  expect(statistics.total.numRequests).toBe(20);
  expect(statistics.entry('(other)', '')?.numRequests).toBe(15);
  expect(statistics.errors.reduce((sum, { occurrences }) => sum + occurrences, 0)).toBe(20);
  expect(logged.filter(({ level }) => level === 'WARNING')).toHaveLength(1);
});

test('the cap of kinds of errors holds for all workers together', () => {
  const statistics = new RunStatistics();
  for (let worker = 0; worker < 5; worker++) {
    const recorder = new IntervalRecorder();
    for (let i = 0; i < 100; i++) recordInto(recorder, { micros: 1, error: `${worker} ${i}` });
    statistics.apply(recorder.takeInterval({ isWarmup: false }));
  }
  expect(statistics.errors).toHaveLength(errorLimits.kindsPerEntry + 1);
  expect(statistics.errors.at(-1)).toMatchObject({ error: '(other)', occurrences: 500 - errorLimits.kindsPerEntry });
});

test('a request of more than an hour is named in one warning, and its time is the exact maximum', () => {
  const run = new TestRun().record(...times(5, { name: '/slow', micros: 5_000_000_000 }), { micros: 1000 });
  run.second();
  expect(run.statistics.total.maxResponseTime).toBe(5_000_000);
  expect(run.statistics.total.percentile(1)).toBe(5_000_000);
  expect(run.statistics.total.percentile(0.5)).toBeLessThan(3_610_000);
  expect(run.statistics.total.percentile(0.5)).toBeGreaterThanOrEqual(3_600_000);
  expect(run.statistics.entry('/slow', 'GET')?.medianResponseTime).toBe(5_000_000);
  expect(logged.map(({ message }) => message).join('\n')).toMatch(/^GET \/slow took longer than one hour/);
});

test('resetting sets every number to zero and leaves the entries listed', () => {
  const run = new TestRun();
  run.recorder.cutOff(1);
  for (let i = 0; i < 15; i++) run.record({ micros: 1000 }, { micros: 1, error: '503' }).second({ isSaturated: true });
  run.statistics.addException({ message: 'm', traceback: 't', node: 'local' });
  run.statistics.resetAll();
  const { statistics } = run;
  expect(statistics.entries()).toHaveLength(1);
  for (const entry of [statistics.total, statistics.entries()[0]]) {
    expect(entry).toMatchObject({
      numRequests: 0,
      numFailures: 0,
      totalResponseTime: 0,
      minResponseTime: null,
      maxResponseTime: 0,
      medianResponseTime: 0,
      totalContentLength: 0,
      currentRps: 0,
      totalRps: 0,
      startTime: run.clock.time,
      lastRequestTimestamp: null,
    });
    expect([...(entry?.responseTimes() ?? [])]).toEqual([]);
    expect(entry?.currentPercentile(0.5)).toBeNull();
  }
  expect(statistics).toMatchObject({ errors: [], history: [], cutOff: 0, saturatedSeconds: 0 });
  expect(statistics.exceptions).toHaveLength(1);
  for (let i = 0; i < 5; i++) run.record(...times(4, { micros: 2000 })).second();
  expect(statistics.total).toMatchObject({ numRequests: 20, minResponseTime: 2, totalRps: 4 });
  expect(statistics.total.currentRps).toBeCloseTo(4, 9);
});

test('clearing at the start of a test forgets entries, errors, exceptions and history', () => {
  const run = new TestRun({ maxNames: 1 });
  run.record({ name: '/a', micros: 1, error: '503' }, { name: '/b', micros: 1 }).second();
  run.statistics.addException({ message: 'm', traceback: 't', node: 'local' });
  run.statistics.clearAll(run.clock.time);
  const { statistics } = run;
  expect(statistics).toMatchObject({ errors: [], exceptions: [], history: [], cutOff: 0, isNameCapReached: false });
  expect(statistics.entries()).toEqual([]);
  expect(statistics.total).toMatchObject({ numRequests: 0, startTime: run.clock.time });
  run.recorder.reset();
  run.record({ name: '/c', micros: 1 }).second();
  expect(statistics.entries().map(({ name }) => name)).toEqual(['/c']);
});

test('whoever listens gets each interval that is applied, until it stops listening', () => {
  const run = new TestRun();
  const heard: string[] = [];
  const stop = run.statistics.onInterval((interval, workers) =>
    heard.push(`${workers.map(({ worker }) => worker)} ${interval.entries.length}`),
  );
  run.record({ micros: 1 }).second();
  run.second({ isWarmup: true });
  stop();
  run.second();
  expect(heard).toEqual(['local 1', 'local 0']);
});

test('an interval that is applied is not changed by later ones', () => {
  const run = new TestRun().record({ micros: 5 }, { micros: 6, error: '503' });
  const first = run.second();
  const before = structuredClone(first);
  for (let i = 0; i < 5; i++) run.statistics.apply(first);
  expect(first).toEqual(before);
});
