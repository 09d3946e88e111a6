import { expect, test } from 'vitest';
import { JsonReport, statisticsJson as jsonParts } from '../../../src/reports/json.js';
import { PerSecond } from '../../../src/reports/perSecond.js';
import type { EntryStats } from '../../../src/stats/index.js';
import { anEntry, aView, timed } from './aView.js';

const statisticsJson = (...given: Parameters<typeof jsonParts>) => [...jsonParts(...given)].join('');

test('[32] the statistics are a JSON list of entries with the 14 fields, floats with a point', () => {
  const entry = timed([0.4, 12, 12], {
    method: 'POST',
    name: '/a "b"',
    numFailures: 1,
    lastRequestTimestamp: 1_700_000_009,
    totalContentLength: 300,
    only: () => anEntry(),
  });
  const json = statisticsJson(aView({ entries: [entry], saturatedSeconds: 3.2500004 }));
  expect(json).toBe(`[
    {
        "name": "/a \\"b\\"",
        "method": "POST",
        "last_request_timestamp": 1700000009.0,
        "start_time": 1700000000.0,
        "num_requests": 3,
        "num_none_requests": 0,
        "num_failures": 1,
        "total_response_time": 24.4,
        "max_response_time": 12.0,
        "min_response_time": 0.4,
        "total_content_length": 300,
        "response_times": {
            "0.4": 1,
            "12": 2
        },
        "num_reqs_per_sec": {},
        "num_fail_per_sec": {},
        "ok": {
            "num_requests": 0,
            "num_none_requests": 0,
            "total_response_time": 0.0,
            "max_response_time": 0.0,
            "min_response_time": null,
            "total_content_length": 0,
            "response_times": {}
        },
        "failed": {
            "num_requests": 0,
            "num_none_requests": 0,
            "total_response_time": 0.0,
            "max_response_time": 0.0,
            "min_response_time": null,
            "total_content_length": 0,
            "response_times": {}
        },
        "saturated_seconds": 3.25
    }
]
`);
  expect(JSON.parse(json)).toHaveLength(1);
});

test('statistics without entries are an empty list', () => {
  expect(statisticsJson(aView())).toBe('[]\n');
});

const outcome = (timedCount: number, untimed = 0) => ({
  timed: timedCount,
  untimed,
  totalMicros: 0,
  minMicros: 0,
  maxMicros: 0,
  bytes: 0,
  histogram: { slots: [], counts: [] },
});

function interval(startTime: number, entries: readonly Partial<EntryStats>[], isWarmup = false) {
  const full = entries.map((entry) => ({ requestType: 'GET', name: '/', lastRequestTimestamp: 0, ...entry }));
  return { startTime, seconds: 1, isWarmup, entries: full, errors: [], cutOff: 0, overflowingNames: [] };
}

test('requests and failures are counted for the second in which most of their interval lies', () => {
  const perSecond = new PerSecond();
  perSecond.apply(interval(100.6, [{ ok: outcome(2, 1), failed: outcome(1) }]));
  perSecond.apply(interval(101.6, [{ ok: outcome(4) }]));
  perSecond.apply(interval(101.3, [{ ok: outcome(5) }]));
  perSecond.apply(interval(90, [{ ok: outcome(5) }], true));
  const entry = anEntry({ startTime: 100 });
  const [json] = JSON.parse(statisticsJson(aView({ entries: [entry] }), perSecond));
  expect(json).toMatchObject({ num_reqs_per_sec: { 101: 9, 102: 4 }, num_fail_per_sec: { 101: 1 } });
});

test('seconds before the start of the entry belong to an earlier test', () => {
  const perSecond = new PerSecond();
  for (const start of [100, 101, 102]) perSecond.apply(interval(start, [{ ok: outcome(1) }]));
  expect(perSecond.of('GET', '/', 101.9).requests).toEqual([
    [101, 1],
    [102, 1],
  ]);
});

test('the seconds kept are bounded in time', () => {
  const perSecond = new PerSecond({ maxSeconds: 10 });
  for (let second = 0; second < 100; second++) perSecond.apply(interval(second, [{ ok: outcome(1) }]));
  expect(perSecond.of('GET', '/', 0).requests.map(([second]) => second)).toEqual([
    90, 91, 92, 93, 94, 95, 96, 97, 98, 99,
  ]);
});

test('the seconds kept are bounded in number: with many entries fewer seconds are kept', () => {
  const perSecond = new PerSecond({ maxCounts: 100 });
  const entries = Array.from({ length: 20 }, (_, index) => ({ name: `/${index}`, ok: outcome(1), failed: outcome(1) }));
  for (let second = 0; second < 1000; second++) perSecond.apply(interval(second, entries));
  const kept = entries.flatMap(({ name }) => {
    const { requests, failures } = perSecond.of('GET', name, 0);
    return [...requests, ...failures];
  });
  expect(kept.length).toBeLessThanOrEqual(100);
  expect(new Set(kept.map(([second]) => second))).toContain(999);
});

test.each(['', 'out/'])('the base name %j is refused: it would be a hidden file', async (baseName) => {
  await expect(JsonReport.open(baseName)).rejects.toThrow(/--json-file must be a file name without \.json but is/);
});

test('requests by second come back from a snapshot, and go on with what is measured later', () => {
  const perSecond = new PerSecond({ maxSeconds: 100 });
  for (const start of [100, 101, 102]) perSecond.apply(interval(start, [{ ok: outcome(2), failed: outcome(1) }]));
  const restored = new PerSecond({ maxSeconds: 100 });
  for (const each of perSecond.snapshots()) restored.restore(structuredClone(each));
  expect([...restored.snapshots()]).toEqual([...perSecond.snapshots()]);
  for (const each of [perSecond, restored]) each.apply(interval(200.2, [{ ok: outcome(4) }]));
  expect(restored.of('GET', '/', 0)).toEqual(perSecond.of('GET', '/', 0));
  expect(restored.of('GET', '/', 0).requests.map(([second]) => second)).toEqual([101, 102, 200]);
  for (const bad of [undefined, null, 3, {}, { maxSeconds: 1, newest: 2, entries: [{ name: 1 }] }]) {
    restored.restore(bad);
    expect([...restored.snapshots()]).toEqual([...perSecond.snapshots()]);
  }
});

test('requests by second come back from snapshots of some entries at a time, between which seconds were added and dropped', () => {
  const options = { maxSeconds: 3000, maxCounts: 6000 };
  const perSecond = new PerSecond(options);
  const restored = new PerSecond(options);
  const second = (at: number) =>
    interval(
      at,
      Array.from({ length: 10 }, (_, index) => ({ name: `/${index}`, ok: outcome(1 + (at % 3)), failed: outcome(1) })),
    );
  for (let at = 0; at < 295; at++) perSecond.apply(second(at));
  let pieces = 0;
  for (const piece of perSecond.snapshots()) {
    pieces++;
    restored.restore(structuredClone(piece));
    for (let at = 0; at < 5; at++) {
      for (const each of [perSecond, restored]) each.apply(second(290 + 5 * pieces + at)); // half of the seconds are dropped on the way
    }
  }
  expect(pieces).toBeGreaterThan(2);
  for (const each of [perSecond, restored]) each.apply(second(500));
  expect([...restored.snapshots()]).toEqual([...perSecond.snapshots()]);
});

test('workers that were saturated or are lost are listed in each entry, and no others', () => {
  const about = { saturatedSeconds: 0, lostAt: null, unreportedSeconds: 0 };
  const workers = [
    { ...about, id: 'a_1' },
    { ...about, id: 'a_2', saturatedSeconds: 2.0004 },
    { ...about, id: 'b_1', lostAt: 1_700_000_000.5, unreportedSeconds: 1.25 },
    { ...about, id: 'b_2', saturatedSeconds: 7 },
    { ...about, id: 'local', saturatedSeconds: 9 },
  ];
  const parsed: unknown = JSON.parse([...statisticsJson(aView({ entries: [anEntry(), anEntry()], workers }))].join(''));
  const listed = [
    { id: 'b_1', saturated_seconds: 0, lost_at: 1_700_000_000.5, unreported_seconds: 1.25 },
    { id: 'b_2', saturated_seconds: 7, lost_at: null, unreported_seconds: 0 },
    { id: 'a_2', saturated_seconds: 2, lost_at: null, unreported_seconds: 0 },
  ];
  expect(parsed).toMatchObject([{ workers: listed }, { workers: listed }]);
});

test('of workers that are not listed the number is said, those without a line included', () => {
  const lost = { saturatedSeconds: 1, lostAt: 1_700_000_000, unreportedSeconds: 0 };
  const workers = Array.from({ length: 103 }, (_, at) => ({ ...lost, id: `b_${at}` }));
  const forgottenLost = { count: 12, lastLostAt: 1_700_000_000, unreportedSeconds: 3 };
  const said = (about: Parameters<typeof aView>[0]): unknown =>
    JSON.parse([...statisticsJson(aView({ entries: [anEntry()], ...about }))].join(''));
  expect(said({ workers, forgottenLost })).toMatchObject([{ more_workers: 15, workers: { length: 100 } }]);
  expect(said({ forgottenLost })).toMatchObject([{ more_workers: 12 }]);
  expect(said({ workers: workers.slice(0, 100) })).not.toHaveProperty('0.more_workers');
});

test('an entry with response times of two digits says so, and no other', () => {
  const entries = [anEntry({ isCoarse: true }), anEntry()];
  const parsed: unknown = JSON.parse([...jsonParts(aView({ entries }))].join(''));
  expect(parsed).toEqual([
    expect.objectContaining({ is_coarse: true }),
    expect.not.objectContaining({ is_coarse: true }),
  ]);
});
