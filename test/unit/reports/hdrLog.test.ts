import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, decodeFromCompressedBase64, HistogramLogReader, listTags } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import type { WorkerHealth } from '../../../src/events/index.js';
import { encodeHistogram } from '../../../src/reports/hdrEncoding.js';
import { HdrLog, tagOf } from '../../../src/reports/hdrLog.js';
import type { EntryStats, IntervalStats, OutcomeStats } from '../../../src/stats/index.js';
import fc from '../../properties.js';
import { aHealth, aWorkerInterval } from '../stats/builders.js';
import { aFolder } from './aView.js';

const range = { maxMicros: 3_600_000_000, significantDigits: 3 };

/** Slots below 2,048 are whole microseconds. */
function outcome(micros: readonly number[]): OutcomeStats {
  const slots = [...new Set(micros)].sort((a, b) => a - b);
  return {
    timed: micros.length,
    untimed: 0,
    totalMicros: micros.reduce((sum, each) => sum + each, 0),
    minMicros: slots[0] ?? 0,
    maxMicros: slots.at(-1) ?? 0,
    bytes: 0,
    histogram: { slots, counts: slots.map((slot) => micros.filter((each) => each === slot).length) },
  };
}

function interval(startTime: number, entries: readonly Partial<EntryStats>[], isWarmup = false): IntervalStats {
  const full = entries.map((entry) => ({ requestType: 'GET', name: '/', lastRequestTimestamp: 0, ...entry }));
  return { startTime, seconds: 1, isWarmup, entries: full, errors: [], cutOff: 0, overflowingNames: [] };
}

/** Writes the intervals and reads the log with the standard reader. */
async function logged(
  intervals: readonly IntervalStats[],
  { health, ...options }: { readonly outcome?: 'ok' | 'failed'; readonly health?: WorkerHealth } = {},
) {
  using folder = aFolder();
  const path = join(folder.path, 'logs', 'run.hlog');
  const log = await HdrLog.open(path, { startTime: 1_700_000_000, ...options });
  await Promise.all(intervals.map((each) => log.write(each, health && [aWorkerInterval('worker 1', each, health)])));
  await Promise.all([log.close(), log.close()]);
  expect(log.failed).toBeUndefined();
  const text = readFileSync(path, 'utf8');
  const reader = new HistogramLogReader(text);
  const histograms = [];
  for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram()) {
    histograms.push({
      tag: next.tag === 'NO TAG' ? '' : next.tag,
      seconds: [next.startTimeStampMsec / 1000, next.endTimeStampMsec / 1000],
      count: next.totalCount,
      median: next.getValueAtPercentile(50),
      max: next.maxValue,
    });
  }
  return { text, histograms };
}

test('the standard reader finds a histogram for each interval and entry, and one for all entries without a tag', async () => {
  const first = interval(1_700_000_000.5, [
    { ok: outcome([400, 900]), failed: outcome([5]) },
    { requestType: 'grpc', name: 'pkg.S/M', ok: outcome([2000]) },
  ]);
  const { histograms } = await logged([first, interval(1_700_000_001.5, [{ ok: outcome([7]) }])]);
  const one = [1_700_000_000.5, 1_700_000_001.5];
  const two = [1_700_000_001.5, 1_700_000_002.5];
  expect(histograms).toEqual([
    { tag: 'GET:/', seconds: one, count: 3, median: 400, max: 900 },
    { tag: 'grpc:pkg.S/M', seconds: one, count: 1, median: 2000, max: 2000 },
    { tag: '', seconds: one, count: 4, median: 400, max: 2000 },
    { tag: 'GET:/', seconds: two, count: 1, median: 7, max: 7 },
    { tag: '', seconds: two, count: 1, median: 7, max: 7 },
  ]);
});

test('with an outcome only its samples are logged', async () => {
  const mixed = interval(1_700_000_000, [
    { ok: outcome([400]), failed: outcome([5, 6]) },
    { name: '/ok', ok: outcome([1]) },
  ]);
  const { histograms } = await logged([mixed], { outcome: 'failed' });
  expect(histograms.map(({ tag, count }) => [tag, count])).toEqual([
    ['GET:/', 2],
    ['', 2],
  ]);
});

test('the warm-up and intervals without timed samples are not logged', async () => {
  const { histograms } = await logged([interval(1, [{ ok: outcome([1]) }], true), interval(2, [{ ok: outcome([]) }])]);
  expect(histograms).toEqual([]);
});

test('a comment marks an interval in which the generator was saturated, and the standard reader reads on', async () => {
  const health = aHealth({ isSaturated: true, loopUtilisation: 0.966, loopDelayMillis: 61.7 });
  const intervals = [
    interval(1_700_000_000.5, [{ ok: outcome([400]) }]),
    interval(1_700_000_001.5, []),
    interval(1_700_000_002.5, [{ ok: outcome([7]) }], true),
    interval(1_700_000_003.5, [{ ok: outcome([9]) }]),
  ];
  const { text, histograms } = await logged(intervals, { health });
  const mark = (start: string) => `#[Saturated: ${start},1.000,worker%201 (event loop busy 97 %, 62 ms late)]`;
  expect(
    text
      .split('\n')
      .slice(4)
      .map((line) => line.replace(/HISTF.*/, '')),
  ).toEqual([
    mark('1700000000.500'),
    'Tag=GET:/,1700000000.500,1.000,0.400,',
    '1700000000.500,1.000,0.400,',
    mark('1700000001.500'),
    mark('1700000003.500'),
    'Tag=GET:/,1700000003.500,1.000,0.009,',
    '1700000003.500,1.000,0.009,',
    '',
  ]);
  expect(histograms.map(({ tag, seconds, max }) => [tag, seconds[0], max])).toEqual([
    ['GET:/', 1_700_000_000.5, 400],
    ['', 1_700_000_000.5, 400],
    ['GET:/', 1_700_000_003.5, 9],
    ['', 1_700_000_003.5, 9],
  ]);
});

test('intervals of a generator that kept up are not marked', async () => {
  const { text } = await logged([interval(1_700_000_000, [{ ok: outcome([1]) }])], { health: aHealth() });
  expect(text).not.toContain('Saturated');
});

test('the head says version, start and unit, and the interval its maximum in milliseconds', async () => {
  const { text } = await logged([interval(1_700_000_000, [{ ok: outcome([1500]) }])]);
  const lines = text.split('\n');
  expect(lines.slice(0, 4)).toEqual([
    '#[tsload: response times in microseconds, a tag for each request type and name]',
    '#[Histogram log format version 1.3]',
    '#[StartTime: 1700000000.000 (seconds since epoch), 2023-11-14T22:13:20.000Z]',
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
  ]);
  expect(lines[4]).toMatch(/^Tag=GET:\/,1700000000\.000,1\.000,1\.500,HISTF/);
});

test('a name with commas, blanks or line ends is still one tag, and different names stay different', async () => {
  const names = ['/a b', '/a%20b', '/a,b', '/a\nb', '/ü', '/\u2028'];
  const { text } = await logged([
    interval(
      1_700_000_000,
      names.map((name) => ({ name, ok: outcome([1]) })),
    ),
  ]);
  const tags = listTags(text).filter((tag) => tag !== 'NO TAG');
  expect(tags.map((tag) => decodeURIComponent(tag))).toEqual(names.map((name) => `GET:${name}`));
  expect(tags[0]).toBe('GET:/a%20b');
});

test('a lone surrogate in a name does not end the log', () => {
  expect(tagOf({ requestType: 'GET', name: '/\ud800 x' })).toBe('GET:/\ud800%20x');
});

test('what is encoded is what the package encodes, for any values and counts', () => {
  const sample = fc.tuple(fc.integer({ min: 0, max: range.maxMicros }), fc.integer({ min: 1, max: 2 ** 31 - 1 }));
  fc.assert(
    fc.property(fc.uniqueArray(sample, { selector: ([micros]) => slotOf(micros), maxLength: 60 }), (samples) => {
      const sorted = [...samples].sort(([a], [b]) => a - b);
      const text = encodeHistogram(
        { slots: sorted.map(([micros]) => slotOf(micros)), counts: sorted.map(([, count]) => count) },
        range,
      );
      const decoded = decodeFromCompressedBase64(text, 'packed');
      const expected = build({
        highestTrackableValue: range.maxMicros,
        numberOfSignificantValueDigits: 3,
        bitBucketSize: 'packed',
      });
      for (const [micros, count] of sorted) expected.recordValueWithCount(micros, count);
      expect(decoded.totalCount).toBe(expected.totalCount);
      for (const percent of [0, 25, 50, 90, 99.9, 100]) {
        expect(decoded.getValueAtPercentile(percent)).toBe(expected.getValueAtPercentile(percent));
      }
    }),
    { numRuns: 50 },
  );
});

/** HdrHistogram's index: 2,048 of one microsecond, then runs of 1,024, each twice as wide. */
function slotOf(micros: number): number {
  const shift = Math.max(0, Math.floor(Math.log2(micros || 1)) - 10);
  return shift * 1024 + Math.floor(micros / 2 ** shift);
}

test('a run that goes on adds to its log, which stays one log for the standard reader', async () => {
  using folder = aFolder();
  const path = join(folder.path, 'run.hlog');
  const ok = { timed: 1, untimed: 0, totalMicros: 5, minMicros: 5, maxMicros: 5, bytes: 0 };
  const second = (startTime: number) =>
    interval(startTime, [{ ok: { ...ok, histogram: { slots: [5], counts: [1] } } }]);
  for (const startTime of [1_700_000_000, 1_700_000_060]) {
    const log = await HdrLog.open(path, { startTime, continues: true });
    await log.write(second(startTime));
    await log.close();
    appendFileSync(path, `Tag=GET:"/,${startTime + 1}.000,1.0`); // half a line, as of a process that was killed
  }
  const log = await HdrLog.open(path, { startTime: 1_700_000_070, continues: true });
  await log.close();
  const text = readFileSync(path, 'utf8');
  expect(text.match(/StartTime:/g)).toHaveLength(1);
  const reader = new HistogramLogReader(text);
  const starts = [];
  for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram()) {
    starts.push([next.tag, next.startTimeStampMsec, next.totalCount]);
  }
  expect(starts).toEqual([
    ['GET:/', 1_700_000_000_000, 1],
    ['NO TAG', 1_700_000_000_000, 1],
    ['GET:/', 1_700_000_060_000, 1],
    ['NO TAG', 1_700_000_060_000, 1],
  ]);
});

test('a tag with response times of two digits is marked as coarse, once', async () => {
  const coarse = { ok: outcome([400]), isCoarse: true };
  const seconds = [1, 2, 3].map((at) => interval(1_700_000_000 + at, [coarse, { name: '/fine', ok: outcome([7]) }]));
  const { text, histograms } = await logged(seconds);
  expect(text.match(/^#\[Coarse.*$/gm)).toEqual([
    "#[Coarse: GET:/ (has response times of Locust's workers, known to two digits)]",
  ]);
  expect(histograms).toHaveLength(9);
});
