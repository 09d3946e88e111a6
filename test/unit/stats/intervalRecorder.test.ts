import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { FailureSample, FailureSource } from '../../../src/events/index.js';
import { errorLimits } from '../../../src/stats/errorRecorder.js';
import { maxMicros, slotOf } from '../../../src/stats/histogramLayout.js';
import { type EntryStats, IntervalRecorder, type IntervalStats } from '../../../src/stats/index.js';
import { TestClock } from './builders.js';

const measured = { isWarmup: false } as const;

function entryNamed(interval: IntervalStats, name: string): EntryStats | undefined {
  return interval.entries.find((entry) => entry.name === name);
}

function histogramOf(counts: { readonly slots: ArrayLike<number>; readonly counts: ArrayLike<number> } | undefined) {
  return counts && Array.from(counts.slots, (slot, i) => [slot, counts.counts[i]]);
}

const aSample: FailureSample = { request: 'GET http://host/ HTTP/1.1', requestHeaders: {} };
const source = (sample: () => FailureSample): FailureSource => ({ describeFailure: sample });

test('an interval tells its samples by entry and outcome: counts, sums, extremes and slots', () => {
  const recorder = new IntervalRecorder();
  const entry = recorder.entry('GET', '/a');
  entry.record(1500, 10);
  entry.record(300, 20);
  entry.record(1500, 30);
  entry.recordFailure(9000, 5, '503');
  entry.recordUntimed(7);
  entry.recordUntimed(1, 'closed');
  const { entries } = recorder.takeInterval(measured);
  expect(entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({
    requestType: 'GET',
    name: '/a',
    ok: { timed: 3, untimed: 1, totalMicros: 3300, minMicros: 300, maxMicros: 1500, bytes: 67 },
    failed: { timed: 1, untimed: 1, totalMicros: 9000, minMicros: 9000, maxMicros: 9000, bytes: 6 },
  });
  expect(histogramOf(entries[0]?.ok?.histogram)).toEqual([
    [slotOf(300), 1],
    [slotOf(1500), 2],
  ]);
  expect(histogramOf(entries[0]?.failed?.histogram)).toEqual([[slotOf(9000), 1]]);
});

test('an interval begins where the one before ended, and holds nothing of it', () => {
  const clock = new TestClock();
  const recorder = new IntervalRecorder(clock);
  const start = clock.time;
  const entry = recorder.entry('GET', '/a');
  entry.recordFailure(5, 1, '503');
  recorder.cutOff(2);
  clock.time += 1.25;
  const first = recorder.takeInterval({ isWarmup: true });
  expect(first).toMatchObject({ startTime: start, seconds: 1.25, isWarmup: true, cutOff: 2 });
  expect(first.entries[0]?.lastRequestTimestamp).toBe(start + 1.25);
  clock.time += 1;
  expect(recorder.takeInterval(measured)).toEqual({
    startTime: start + 1.25,
    seconds: 1,
    isWarmup: false,
    entries: [],
    errors: [],
    cutOff: 0,
    overflowingNames: [],
  });
  entry.record(6, 1);
  expect(recorder.takeInterval(measured).entries).toMatchObject([{ ok: { timed: 1, minMicros: 6, maxMicros: 6 } }]);
});

test('only entries with samples are in an interval', () => {
  const recorder = new IntervalRecorder();
  const entries = Array.from({ length: 100 }, (_, i) => recorder.entry('GET', `/${i}`));
  entries[7]?.record(1, 0);
  expect(recorder.takeInterval(measured).entries.map(({ name }) => name)).toEqual(['/7']);
});

test('the same type and name give the same entry, another type or name another one', () => {
  const recorder = new IntervalRecorder();
  const entry = recorder.entry('GET', '/a');
  expect(recorder.entry('GET', '/a')).toBe(entry);
  expect(recorder.entry('POST', '/a')).not.toBe(entry);
  expect(recorder.entry('GET', '/b')).not.toBe(entry);
});

test('a response time of zero counts, and one over an hour counts as an hour but adds up exactly', () => {
  const recorder = new IntervalRecorder();
  const entry = recorder.entry('GET', '/a');
  entry.record(0, 0);
  entry.record(maxMicros, 0);
  entry.record(2 * maxMicros, 0);
  const ok = recorder.takeInterval(measured).entries[0]?.ok;
  expect(ok).toMatchObject({
    timed: 3,
    overlong: 1,
    minMicros: 0,
    maxMicros: 2 * maxMicros,
    totalMicros: 3 * maxMicros,
  });
  expect(histogramOf(ok?.histogram)).toEqual([
    [0, 1],
    [slotOf(maxMicros), 2],
  ]);
});

test('what is no time counts as zero, and what is no length as none: a sum is never spoiled', () => {
  const recorder = new IntervalRecorder();
  const entry = recorder.entry('GET', '/a');
  for (const nonsense of [Number.NaN, -5, Infinity]) entry.record(nonsense, nonsense === Infinity ? -1 : nonsense);
  entry.recordUntimed(Number.NaN);
  expect(recorder.takeInterval(measured).entries[0]?.ok).toMatchObject({
    timed: 3,
    totalMicros: 0,
    maxMicros: 0,
    bytes: 0,
  });
});

test('entries stay valid through intervals and resets', () => {
  const recorder = new IntervalRecorder();
  const held = recorder.entry('GET', '/a');
  held.record(1, 0);
  recorder.takeInterval(measured);
  held.record(2, 0);
  recorder.reset();
  expect(recorder.takeInterval(measured).entries).toEqual([]);
  held.record(3, 0);
  held.recordFailure(4, 0, '503');
  const taken = recorder.takeInterval(measured);
  expect(taken.entries).toMatchObject([
    { name: '/a', ok: { timed: 1, maxMicros: 3 }, failed: { timed: 1, maxMicros: 4 } },
  ]);
  expect(taken.errors).toMatchObject([{ name: '/a', occurrences: 1 }]);
});

test('a reset forgets what was cut off and begins a new interval', () => {
  const clock = new TestClock();
  const recorder = new IntervalRecorder(clock);
  recorder.cutOff(3);
  clock.time += 5;
  recorder.reset();
  clock.time += 1;
  expect(recorder.takeInterval(measured)).toMatchObject({ startTime: clock.time - 1, seconds: 1, cutOff: 0 });
});

test('errors are counted by request and text, with when they were first and last seen', () => {
  const clock = new TestClock();
  const recorder = new IntervalRecorder(clock);
  const entry = recorder.entry('GET', '/a');
  entry.recordFailure(1, 0, '503');
  clock.time += 0.5;
  entry.recordFailure(1, 0, '503');
  entry.recordUntimed(0, 'refused');
  recorder.entry('GET', '/b').recordFailure(1, 0, '503');
  const { errors } = recorder.takeInterval(measured);
  expect(errors).toMatchObject([
    { name: '/a', error: '503', occurrences: 2, firstSeen: clock.time - 0.5, lastSeen: clock.time },
    { name: '/a', error: 'refused', occurrences: 1, firstSeen: clock.time, lastSeen: clock.time },
    { name: '/b', error: '503', occurrences: 1 },
  ]);
  expect(recorder.takeInterval(measured).errors).toEqual([]);
});

test('errors that differ only in the address of an object are one', () => {
  const recorder = new IntervalRecorder();
  const entry = recorder.entry('GET', '/a');
  for (const address of ['0x7f01', '0x7f02']) entry.recordFailure(1, 0, `<Socket object at ${address}> closed`);
  expect(recorder.takeInterval(measured).errors).toMatchObject([
    { error: '<Socket object at 0x....> closed', occurrences: 2 },
  ]);
});

test('a failing source is asked for the first three samples of a kind in the run, and not again', () => {
  const recorder = new IntervalRecorder();
  const entry = recorder.entry('GET', '/a');
  let asked = 0;
  const counting = source(() => ({ ...aSample, request: `request ${++asked}` }));
  const fail = () => entry.recordFailure(1, 0, '503', counting);
  fail();
  fail();
  expect(recorder.takeInterval(measured).errors[0]?.samples.map(({ request }) => request)).toEqual([
    'request 1',
    'request 2',
  ]);
  for (let i = 0; i < 10; i++) fail();
  expect(recorder.takeInterval(measured).errors[0]?.samples.map(({ request }) => request)).toEqual(['request 3']);
  fail();
  expect(recorder.takeInterval(measured).errors[0]).toMatchObject({ occurrences: 1, samples: [] });
  expect(asked).toBe(3);
  entry.recordFailure(1, 0, 'refused', counting);
  expect(recorder.takeInterval(measured).errors[0]?.samples).toHaveLength(1);
});

test('after a reset the first three samples are asked for again', () => {
  const recorder = new IntervalRecorder();
  const entry = recorder.entry('GET', '/a');
  for (let i = 0; i < 5; i++)
    entry.recordFailure(
      1,
      0,
      '503',
      source(() => aSample),
    );
  recorder.takeInterval(measured);
  recorder.reset();
  entry.recordFailure(
    1,
    0,
    '503',
    source(() => aSample),
  );
  expect(recorder.takeInterval(measured).errors[0]?.samples).toHaveLength(1);
});

test('a source that throws loses its sample and nothing else', () => {
  const recorder = new IntervalRecorder();
  const throwing = source(() => {
    throw new Error('no');
  });
  recorder.entry('GET', '/a').recordFailure(1, 0, '503', throwing);
  expect(recorder.takeInterval(measured).errors).toMatchObject([{ occurrences: 1, samples: [] }]);
});

test('a sample is kept with bounded headers and body', () => {
  const recorder = new IntervalRecorder();
  const headers = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-${i}`, 'v'.repeat(10_000)]));
  const large: FailureSample = {
    request: 'r'.repeat(10_000),
    requestHeaders: headers,
    bodyHead: 'b'.repeat(1_000_000),
  };
  recorder.entry('GET', '/a').recordFailure(
    1,
    0,
    '503',
    source(() => large),
  );
  const kept = recorder.takeInterval(measured).errors[0]?.samples[0];
  expect(kept?.request).toHaveLength(500);
  expect(kept?.bodyHead).toHaveLength(1000);
  expect(Object.keys(kept?.requestHeaders ?? {})).toHaveLength(50);
  expect(kept?.requestHeaders['x-0']).toHaveLength(500);
});

test('a service that answers every request with another error is counted in full, in a bounded number of kinds', () => {
  const recorder = new IntervalRecorder();
  const entry = recorder.entry('GET', '/a');
  for (let i = 0; i < 10_000; i++) entry.recordFailure(1, 0, `request ${i} failed ${'x'.repeat(2000)}`);
  const { errors } = recorder.takeInterval(measured);
  expect(errors).toHaveLength(errorLimits.kindsPerEntry + 1);
  expect(errors.reduce((sum, { occurrences }) => sum + occurrences, 0)).toBe(10_000);
  expect(errors.find(({ error }) => error === '(other)')?.occurrences).toBe(10_000 - errorLimits.kindsPerEntry);
  expect(Math.max(...errors.map(({ error }) => error.length))).toBe(1000);
  entry.recordFailure(1, 0, `request 0 failed ${'x'.repeat(2000)}`);
  expect(recorder.takeInterval(measured).errors[0]?.error).toMatch(/^request 0 failed x+…$/);
});

test('the kinds of all entries together are bounded too', () => {
  const recorder = new IntervalRecorder();
  for (let i = 0; i < 100; i++) {
    for (let kind = 0; kind < 100; kind++) recorder.entry('GET', `/${i}`).recordFailure(1, 0, `error ${kind}`);
  }
  const { errors } = recorder.takeInterval(measured);
  expect(errors.filter(({ error }) => error !== '(other)')).toHaveLength(errorLimits.kinds);
  expect(errors.reduce((sum, { occurrences }) => sum + occurrences, 0)).toBe(10_000);
});

test('names beyond the cap are counted as (other), known ones go on, and a few are told as examples', () => {
  const recorder = new IntervalRecorder({ maxNames: 3 });
  for (let i = 0; i < 20; i++) recorder.entry('GET', `/items/${i}`).record(1000, 1);
  recorder.entry('GET', '/items/2').record(1000, 1);
  const interval = recorder.takeInterval(measured);
  expect(interval.entries.map(({ name }) => name)).toEqual(['/items/0', '/items/1', '/items/2', '(other)']);
  expect(entryNamed(interval, '/items/2')?.ok?.timed).toBe(2);
  expect(entryNamed(interval, '(other)')?.ok?.timed).toBe(17);
  expect(interval.overflowingNames).toEqual([3, 4, 5, 6, 7].map((i) => `GET /items/${i}`));
});

test('a reset makes room for new names', () => {
  const recorder = new IntervalRecorder({ maxNames: 1 });
  recorder.entry('GET', '/a');
  recorder.reset();
  expect(recorder.entry('GET', '/b').name).toBe('/b');
});

test('a name of many thousand characters is cut, and stays one entry', () => {
  const recorder = new IntervalRecorder();
  const name = `/${'x'.repeat(5000)}`;
  const entry = recorder.entry('GET', name);
  expect(entry.name).toHaveLength(1000);
  expect(recorder.entry('GET', name)).toBe(entry);
});

/** Bytes of the heap that are in use, after a full collection. */
function usedHeap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test('recording a success allocates nothing', () => {
  const recorder = new IntervalRecorder();
  const entry = recorder.entry('GET', '/a');
  const record = (count: number) => {
    for (let i = 0; i < count; i++) {
      entry.record((i * 7919) % 5_000_000, 512);
      recorder.entry('GET', '/a').record(i & 0xffff, 512);
    }
  };
  for (let round = 0; round < 20; round++) record(20_000); // so that it is compiled
  // One number on the heap for each sample, 16 bytes, would come to 640 kB: below the size at which the young generation is
  // collected, which would hide it. The least of five rounds, as other parts of the process allocate too.
  let least = Infinity;
  for (let round = 0; round < 5; round++) {
    usedHeap();
    const before = process.memoryUsage().heapUsed;
    record(20_000);
    least = Math.min(least, process.memoryUsage().heapUsed - before);
  }
  expect(least).toBeLessThan(40_000);
});

test('a worker with 100 % distinct names and failures keeps its memory', () => {
  const recorder = new IntervalRecorder({ maxNames: 200 });
  let made = 0;
  const second = () => {
    for (let i = 0; i < 2000; i++) {
      const id = made++;
      const describe = source(() => ({ ...aSample, bodyHead: `body ${id} ${'x'.repeat(5000)}` }));
      recorder.entry('GET', `/items/${id}`).recordFailure(id % 50_000, 1, `item ${id} is not there`, describe);
    }
    recorder.takeInterval(measured);
  };
  for (let i = 0; i < 20; i++) second();
  const before = usedHeap();
  for (let i = 0; i < 100; i++) second();
  // 200,000 distinct names and errors: kept, they would be more than 50 MB.
  expect(usedHeap() - before).toBeLessThan(5_000_000);
});

test('a text cut from a long response does not keep that response alive', () => {
  const recorder = new IntervalRecorder();
  const before = usedHeap();
  for (let i = 0; i < 100; i++) {
    const body = `${i} `.repeat(200_000);
    const head: FailureSample = { ...aSample, bodyHead: body.slice(0, 900) };
    recorder.entry('GET', body.slice(0, 60)).recordFailure(
      1,
      0,
      body.slice(0, 80),
      source(() => head),
    );
  }
  // The bodies are 50 MB together.
  expect(usedHeap() - before).toBeLessThan(5_000_000);
});

test('a million samples of one entry in one interval take less than a quarter of a megabyte', () => {
  const recorder = new IntervalRecorder();
  const entry = recorder.entry('GET', '/a');
  usedHeap();
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 1_000_000; i++) entry.record((i * 7919) % 900_000, 1);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(250_000);
  expect(recorder.takeInterval(measured).entries[0]?.ok?.timed).toBe(1_000_000);
});

test('samples of failures are kept up to eight million characters of all together, and the failures are counted', () => {
  const recorder = new IntervalRecorder();
  const headers = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}-`.padEnd(500, 'h'), 'v'.repeat(500)]));
  const large = source(() => ({ ...aSample, requestHeaders: headers, responseHeaders: headers }));
  for (let i = 0; i < 900; i++) recorder.entry('GET', `/${i % 300}`).recordFailure(1, 0, '503', large);
  const { errors } = recorder.takeInterval(measured);
  expect(errors.reduce((sum, { occurrences }) => sum + occurrences, 0)).toBe(900);
  const kept = errors.flatMap(({ samples }) => samples);
  const characters = JSON.stringify(kept).length;
  expect(characters).toBeGreaterThan(7_900_000);
  expect(characters).toBeLessThan(8_300_000);
});
