/** What workers of Locust's protocol measure and say, as the master hears it. */

import { describe, expect, test } from 'vitest';
import { LinkError } from '../../../../src/errors.js';
import { readStats } from '../../../../src/link/locust/readStats.js';
import fc from '../../../properties.js';
import { until } from '../../../until.js';
import { OurMaster } from './scriptedWorker.js';

const span = { startTime: 1000, seconds: 3, isWarmup: false };

const map = (object: Readonly<Record<string, unknown>>) => new Map(Object.entries(object));
const report = (...stats: readonly Readonly<Record<string, unknown>>[]) =>
  readStats(
    map({ stats: stats.map(map), stats_total: map({}), errors: new Map(), user_classes_count: new Map() }),
    span,
  ).interval;
const only = (entry: Readonly<Record<string, unknown>>) => {
  const { entries } = report(entry);
  expect(entries).toHaveLength(1);
  return entries[0]!;
};

/** As Locust sends one. */
const entry = {
  name: '/shop',
  method: 'GET',
  last_request_timestamp: 999.5,
  start_time: 997,
  num_requests: 10,
  num_none_requests: 0,
  num_failures: 4,
  total_response_time: 2000,
  max_response_time: 412.5,
  min_response_time: 98.5,
  total_content_length: 500,
  response_times: new Map([
    [98, 3],
    [110, 5],
    [410, 2],
  ]),
  num_reqs_per_sec: new Map([[998, 10]]),
  num_fail_per_sec: new Map(),
};

describe('an entry of a report', () => {
  test('has the samples, sums and extremes that Locust gives, and is marked as coarse', () => {
    const read = only(entry);
    const [ok, failed] = [read.ok!, read.failed!];
    expect(read).toMatchObject({ requestType: 'GET', name: '/shop', isCoarse: true, lastRequestTimestamp: 1003 });
    expect([ok.timed, failed.timed]).toEqual([6, 4]);
    expect(ok.totalMicros + failed.totalMicros).toBe(2_000_000);
    expect(ok.bytes + failed.bytes).toBe(500);
    expect([ok.minMicros, ok.maxMicros]).toEqual([98_500, 412_500]);
    const counts = [...ok.histogram.counts, ...failed.histogram.counts];
    expect(counts.reduce((sum, count) => sum + count)).toBe(10);
  });

  test('gives failures their share of each bucket, as nobody knows which were theirs', () => {
    const read = only({
      ...entry,
      num_failures: 5,
      response_times: new Map([
        [100, 4],
        [200, 6],
      ]),
    });
    expect([read.ok?.histogram.counts, read.failed?.histogram.counts]).toEqual([
      [2, 3],
      [2, 3],
    ]);
  });

  test.each([
    ['times in whole seconds, as of boomer', { last_request_timestamp: 999, start_time: 997 }],
    ['no times', { last_request_timestamp: null, start_time: undefined }],
    ['no extremes', { min_response_time: null, max_response_time: undefined }],
  ])('may have %s', (_, other) => {
    expect(only({ ...entry, ...other }).ok?.timed).toBe(6);
  });

  test('needs no more than a name and a method; without samples it is none, whatever its minimum says', () => {
    expect(report({ name: 'a', method: 'GET' }).entries).toEqual([]);
    expect(
      report({ ...entry, num_requests: 0, num_failures: 0, response_times: new Map(), min_response_time: 0 }).entries,
    ).toEqual([]);
  });

  test('the zero minimum of boomer is none where there are response times above it, and one where there are not', () => {
    expect(only({ ...entry, min_response_time: 0 }).ok?.minMicros).toBe(98_000);
    expect(only({ ...entry, min_response_time: 0, response_times: new Map([[0, 10]]) }).ok?.minMicros).toBe(0);
  });

  test('samples without a response time are counted, and stand in no histogram', () => {
    const { ok } = only({ ...entry, num_failures: 0, num_requests: 12, num_none_requests: 2 });
    expect([ok?.timed, ok?.untimed]).toEqual([10, 2]);
  });

  test('an error has its text, and times of its own where Locust gives them', () => {
    const error = map({ name: 'a', method: 'GET', error: 'Boom', occurrences: 2, first_seen: 998, last_seen: 999 });
    const bare = map({ name: 'a', method: null, error: 'Bang', occurrences: 1 });
    const { interval } = readStats(
      map({
        stats: [],
        errors: new Map([
          ['x', error],
          ['y', bare],
        ]),
      }),
      span,
    );
    expect(interval.errors).toEqual([
      { requestType: 'GET', name: 'a', error: 'Boom', occurrences: 2, firstSeen: 998, lastSeen: 999, samples: [] },
      { requestType: '', name: 'a', error: 'Bang', occurrences: 1, firstSeen: 1003, lastSeen: 1003, samples: [] },
    ]);
  });
});

test('any report is read or refused with a LinkError, and what is read adds up', () => {
  const odd = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null), fc.constant(undefined), fc.boolean());
  const count = fc.oneof({ weight: 40, arbitrary: fc.nat(1000) }, { weight: 1, arbitrary: odd });
  const buckets = fc.oneof(
    {
      weight: 40,
      arbitrary: fc.array(fc.tuple(fc.nat(5_000_000), fc.nat(100))).map((pairs) => new Map<unknown, unknown>(pairs)),
    },
    { weight: 1, arbitrary: fc.array(fc.tuple(odd, odd)).map((pairs) => new Map<unknown, unknown>(pairs)) },
    { weight: 1, arbitrary: odd },
  );
  const anEntry = fc
    .record({
      name: fc.oneof({ weight: 40, arbitrary: fc.string() }, { weight: 1, arbitrary: odd }),
      method: fc.oneof(fc.string(), fc.constant(null)),
      num_requests: count,
      num_failures: count,
      total_response_time: count,
      min_response_time: count,
      max_response_time: count,
      total_content_length: count,
      response_times: buckets,
    })
    .map(map);
  const stats = fc.oneof({ weight: 9, arbitrary: fc.array(anEntry, { maxLength: 5 }) }, { weight: 1, arbitrary: odd });
  let read = 0;
  fc.assert(
    fc.property(stats, (list) => {
      try {
        for (const { ok, failed } of readStats(map({ stats: list }), span).interval.entries) {
          read++;
          for (const part of [ok, failed]) {
            if (part === undefined) continue;
            expect(Array.from(part.histogram.counts).reduce((sum, each) => sum + each, 0)).toBe(part.timed);
            expect(part.histogram.slots).toEqual([...part.histogram.slots].sort((a, b) => a - b));
            for (const value of [part.totalMicros, part.bytes, part.minMicros, part.maxMicros, part.untimed]) {
              expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
            }
            expect(part.minMicros).toBeLessThanOrEqual(part.maxMicros);
          }
        }
      } catch (thrown) {
        if (!(thrown instanceof LinkError)) throw thrown;
      }
    }),
  );
  expect(read, 'the generator makes reports that can be read').toBeGreaterThan(50);
});

describe('a report', () => {
  test('counts for the period and the time in which it comes, with its users and what listeners added', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.running();
    const stats = [map({ name: '/a', method: 'GET', num_requests: 2, response_times: new Map([[5, 2]]) })];
    await peer.say('stats', { stats, errors: {}, user_classes_count: { Shopper: 2, Admin: 0 }, mine: { x: 1 } });
    const first = await heard.next('report');
    expect(first).toMatchObject({
      sequence: 1,
      period: 3,
      userCounts: { Shopper: 2, Admin: 0 },
      data: { mine: { x: 1 } },
      interval: { isWarmup: false, entries: [{ name: '/a', ok: { timed: 2 } }] },
    });
    heard.say({ kind: 'reset', period: 4 });
    await peer.say('stats', { stats });
    expect(await heard.next('report', 1)).toMatchObject({ sequence: 2, period: 4 });
  });

  test('that begins within the warm-up is of the warm-up', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.running('2.47.0', { warmupSeconds: 60 });
    await peer.say('stats', { stats: [] });
    expect(await heard.next('report')).toMatchObject({ interval: { isWarmup: true } });
  });

  test('takes the exceptions along that came before it, the same ones together', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.running();
    for (const traceback of ['at a', 'at b', 'at a']) await peer.say('exception', { msg: 'no', traceback });
    await peer.say('stats', { stats: [] });
    expect((await heard.next('report')).exceptions).toEqual([
      { message: 'no', traceback: 'at a', count: 2 },
      { message: 'no', traceback: 'at b', count: 1 },
    ]);
  });

  test('of a worker whose core is full says that it was saturated', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.running();
    await peer.say('heartbeat', { state: 'running', current_cpu_usage: 97, current_memory_usage: 5 });
    await peer.say('stats', { stats: [] });
    expect((await heard.next('report')).health).toMatchObject({ isSaturated: true, cpuPercent: 97, memoryBytes: 5 });
  });
});

test('log lines come once each, though Locust sends all that it has kept each time', async () => {
  await using master = await OurMaster.open();
  const { peer, heard } = await master.worker();
  await peer.say('logs', { worker_id: 'host_0', logs: ['[x] WARNING/a: one', 'two'] });
  await peer.say('logs', { worker_id: 'host_0', logs: ['[x] WARNING/a: one', 'two', 'ERROR three'] });
  await until(() => heard.all('logs').length === 2);
  expect(heard.all('logs').flatMap(({ lines }) => lines)).toEqual([
    { level: 'WARNING', text: '[x] WARNING/a: one' },
    { level: 'INFO', text: 'two' },
    { level: 'ERROR', text: 'ERROR three' },
  ]);
});

test('names, errors and exceptions without end are cut, and count', async () => {
  await using master = await OurMaster.open();
  const { peer, heard } = await master.running();
  const long = 'x'.repeat(100_000);
  await peer.say('exception', { msg: long, traceback: long });
  const error = { name: long, method: 'GET', error: long, occurrences: 1 };
  await peer.say('stats', {
    stats: [
      { name: long, method: long, num_requests: 1 },
      { name: '/', method: 'GET', num_requests: 2 },
    ],
    errors: { a: error },
  });
  const { interval, exceptions } = await heard.next('report');
  expect(exceptions.map(({ count, message }) => [count, message.length])).toEqual([[1, 16_384]]);
  expect(interval.entries.map(({ name, ok }) => [name.length, ok?.untimed])).toEqual([
    [1000, 1],
    [1, 2],
  ]);
  expect(interval.errors.map((each) => [each.name.length, each.error.length])).toEqual([[1000, 1000]]);
});
