/** What user code can have recorded goes to a master that takes it: one that refuses a report ends its worker. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RequestHook } from '../../../src/events/requestHook.js';
import { packEntries } from '../../../src/link/packEntries.js';
import { unpackEntries } from '../../../src/link/unpackEntries.js';
import { masterCodec, workerCodec } from '../../../src/link/webSocket/messageCodec.js';
import { type EntryStats, IntervalRecorder, type IntervalStats } from '../../../src/stats/index.js';
import { report } from './samples.js';

const maxWhole = Number.MAX_SAFE_INTEGER;

/** What is recorded when a locustfile's own client fires these events. */
function recorded(...events: readonly object[]): IntervalStats {
  const recorder = new IntervalRecorder();
  const hook = new RequestHook('request');
  hook.recordInto(recorder);
  const plain = { requestType: 'GET', name: '/', responseTime: 1, responseLength: 1 };
  for (const event of events) hook.fire({ ...plain, ...event });
  return recorder.takeInterval({ isWarmup: false });
}

function arrived(interval: IntervalStats): IntervalStats {
  const message = masterCodec.decode(workerCodec.encode({ ...report, interval }));
  if (message.kind !== 'report') throw new Error('it is no report any more');
  return message.interval;
}

describe('a sample that no target gives is counted, and its report is taken', () => {
  test('with a request type of a million characters, which is cut as names are', () => {
    const [entry, ...others] = arrived(
      recorded({ requestType: 'x'.repeat(1_000_000) }, { requestType: 'x'.repeat(1_000_000) }),
    ).entries;
    expect(entry).toMatchObject({ requestType: `${'x'.repeat(999)}…`, ok: { timed: 2 } });
    expect(others).toEqual([]);
  });

  test.each([
    ['endless', Infinity, 0],
    ['no number', Number.NaN, 0],
    ['negative', -5, 0],
    ['larger than a whole number can be', 1e300, maxWhole],
  ])('with a size that is %s', (_, responseLength, bytes) => {
    const [entry] = arrived(recorded({ responseLength })).entries;
    expect(entry?.ok).toMatchObject({ timed: 1, bytes });
  });

  test.each([
    ['endless', Infinity, 0],
    ['three hundred years', 1e13, maxWhole],
    ['larger than a whole number can be', 1e300, maxWhole],
  ])('with a response time that is %s', (_, responseTime, micros) => {
    const [entry] = arrived(recorded({ responseTime })).entries;
    expect(entry?.ok).toMatchObject({ timed: 1, minMicros: micros, maxMicros: micros });
  });
});

describe('whatever is recorded, unpackEntries takes it', () => {
  const odd = fc.constantFrom(
    ...[Number.NaN, Infinity, -Infinity, -1, -0, 0, 0.5, 1e9, 9.2e12, maxWhole, 2 ** 53, 2 ** 60, 1e300, 5e-324],
  );
  const number = fc.oneof(odd, fc.double(), fc.nat(1_000_000));
  const text = fc.oneof(
    fc.constantFrom('GET', '', '\ud800', 'x'.repeat(20_000), '€'.repeat(40_000), `${'x'.repeat(998)}😀`, '__proto__'),
    fc.string({ unit: 'binary' }),
  );
  const sample = fc.record({ requestType: text, name: text, micros: number, bytes: number, error: fc.option(text) });

  test('of a recorder, by whatever calls', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(sample, fc.boolean()), { minLength: 1, maxLength: 20 }), (samples) => {
        const recorder = new IntervalRecorder();
        for (const [{ requestType, name, micros, bytes, error }, isTimed] of samples) {
          const entry = recorder.entry(requestType, name);
          if (!isTimed) entry.recordUntimed(bytes, error ?? undefined);
          else if (error === null) entry.record(micros, bytes);
          else entry.recordFailure(micros, bytes, error);
        }
        const interval = recorder.takeInterval({ isWarmup: false });
        const entries = unpackEntries(packEntries(interval.entries));
        expect(samplesIn(entries)).toBe(samples.length);
        expect(entries.map(({ requestType, name }) => [requestType, name])).toEqual(
          interval.entries.map(({ requestType, name }) => [requestType, name]),
        );
        arrived(interval); // and its errors are taken, too
      }),
      { numRuns: 500 },
    );
  });

  test('of a locustfile that fires request events', () => {
    const event = fc.record({
      requestType: text,
      name: text,
      responseTime: fc.option(number),
      responseLength: number,
      exception: fc.option(fc.oneof(text, fc.anything())),
    });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 10 }), (events) => {
        expect(samplesIn(arrived(recorded(...events)).entries)).toBe(events.length);
      }),
      { numRuns: 300 },
    );
  });
});

function samplesIn(entries: readonly EntryStats[]): number {
  const outcomes = entries.flatMap(({ ok, failed }) => [ok, failed]);
  return outcomes.reduce((sum, outcome) => sum + (outcome?.timed ?? 0) + (outcome?.untimed ?? 0), 0);
}
