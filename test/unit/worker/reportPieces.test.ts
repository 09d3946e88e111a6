import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packEntries, type ReportMessage } from '../../../src/link/index.js';
import { unpackEntries } from '../../../src/link/unpackEntries.js';
import { workerLimits } from '../../../src/link/webSocket/limits.js';
import { masterCodec, workerCodec } from '../../../src/link/webSocket/messageCodec.js';
import { type EntryStats, IntervalRecorder, type IntervalStats, type OutcomeStats } from '../../../src/stats/index.js';
import type { KeptReport } from '../../../src/worker/keptReports.js';
import { requestsIn } from '../../../src/worker/keptReports.js';
import { ReportPieces } from '../../../src/worker/reportPieces.js';
import { captureLog } from '../../capturedLog.js';
import { health } from '../link/samples.js';

const small: OutcomeStats = {
  timed: 3,
  untimed: 0,
  totalMicros: 6,
  minMicros: 1,
  maxMicros: 4,
  bytes: 0,
  histogram: { slots: [1, 4], counts: [2, 1] },
};

function aReport(interval: Partial<IntervalStats>, more: Partial<KeptReport> = {}): KeptReport {
  const times = { startTime: 1, seconds: 1, isWarmup: false };
  const whole = { ...times, entries: [], errors: [], cutOff: 0, overflowingNames: [], ...interval };
  return { kind: 'report', period: 1, interval: whole, userCounts: {}, exceptions: [], health, data: {}, ...more };
}

const anEntry = (name: string, ok: OutcomeStats = small): EntryStats => ({
  requestType: 'GET',
  name,
  lastRequestTimestamp: 1,
  ok,
});

/** Bytes of each piece on its way; each is taken by a master. */
function sizes(pieces: readonly KeptReport[]): number[] {
  return pieces.map((piece, at) => {
    const body = workerCodec.encode({ ...piece, sequence: at + 1 });
    masterCodec.decode(body);
    return body.length;
  });
}

describe('a report that is larger than a frame', () => {
  test('is sent in pieces that a master takes, with every sample once', () => {
    const name = (at: number) => `${'語'.repeat(990)}${at}`;
    const recorder = new IntervalRecorder();
    for (let at = 0; at < 10_000; at++) recorder.entry(name(at), name(at)).recordFailure(at, 1, name(at));
    const report = aReport(recorder.takeInterval({ isWarmup: false }), { iterations: anIterations });
    const pieces = new ReportPieces(() => {}).of(report);
    expect(pieces.length).toBeGreaterThan(1);
    expect(Math.max(...sizes(pieces))).toBeLessThan(workerLimits.maxFrameBytes);
    expect(requestsIn(pieces)).toBe(10_000);
    expect(pieces.flatMap(({ interval }) => interval.entries)).toEqual(report.interval.entries);
    expect(pieces.flatMap(({ interval }) => interval.errors)).toEqual(report.interval.errors);
  }, 60_000);

  test('has the samples of failures inside, however large they are', () => {
    const headers = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`${at}-`.padEnd(600, 'h'), 'v'.repeat(600)]),
    );
    const source = { describeFailure: () => ({ request: 'GET /', requestHeaders: headers, responseHeaders: headers }) };
    const recorder = new IntervalRecorder();
    for (let at = 0; at < 3_000; at++) recorder.entry('GET', `/${at % 1_000}`).recordFailure(1, 1, '503', source);
    const pieces = new ReportPieces(() => {}).of(aReport(recorder.takeInterval({ isWarmup: false })));
    expect(Math.max(...sizes(pieces))).toBeLessThan(workerLimits.maxFrameBytes);
    expect(pieces.flatMap(({ interval }) => interval.errors).some(({ samples }) => samples.length > 0)).toBe(true);
  }, 60_000);

  test('is counted, told and added to once: what is beside the samples is in the last piece', () => {
    const entries = Array.from({ length: 150_000 }, (_, at) => anEntry(`/${at}`));
    const exceptions = [{ message: 'm', traceback: 't', count: 1 }];
    const given = aReport(
      { entries, cutOff: 3, overflowingNames: ['GET /x'] },
      { exceptions, iterations: anIterations, data: { mine: 1 } },
    );
    const pieces = new ReportPieces(() => {}).of(given);
    const [first, last] = [pieces[0], pieces.at(-1)];
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.map(({ hasMore }) => hasMore)).toEqual(pieces.map((piece) => (piece === last ? undefined : true)));
    expect(last).toMatchObject({
      exceptions,
      data: { mine: 1 },
      iterations: anIterations,
      interval: { cutOff: 3, overflowingNames: ['GET /x'] },
    });
    expect(pieces.flatMap((piece) => piece.interval.entries)).toHaveLength(150_000);
    expect(first).toMatchObject({ exceptions: [], data: {}, interval: { cutOff: 0, overflowingNames: [] } });
    expect(first?.iterations, 'they are finished when all samples are in').toBeUndefined();
  });

  test('that has room is sent as it is', () => {
    const report = aReport({ entries: [anEntry('/')] });
    expect(new ReportPieces(() => {}).of(report)).toEqual([report]);
  });
});

describe('what a master would refuse', () => {
  const bad: readonly [string, Partial<EntryStats>, RegExp][] = [
    ['endless bytes', { ok: { ...small, bytes: Infinity } }, / GET \/bad is left out .*: its bytes is /],
    ['no time', { ok: { ...small, totalMicros: Number.NaN } }, / GET \/bad is left out .*: its totalMicros is /],
    ['too long a time', { failed: { ...small, maxMicros: 2 ** 53 } }, / GET \/bad is left out .*: its maxMicros is /],
    ['a time with decimals', { failed: { ...small, minMicros: 0.5 } }, / GET \/bad is left out .*: its minMicros is /],
    ['a negative count', { ok: { ...small, untimed: -1 } }, / GET \/bad is left out .*: its untimed is /],
    ['a type that is too long', { requestType: 'x'.repeat(20_000) }, /^.{0,400}$/],
    ['a time of no clock', { lastRequestTimestamp: 1e12 }, / GET \/bad is left out .*: its lastRequestTimestamp is /],
  ];
  test.each(bad)('an entry with %s is left out and named once, and the others go', (_, part, line) => {
    using log = captureLog();
    const faults: string[] = [];
    const pieces = new ReportPieces((message) => faults.push(message));
    const entries = [anEntry('/a'), { ...anEntry('/bad'), ...part }, anEntry('/b')];
    for (let second = 0; second < 3; second++) {
      const [piece, ...others] = pieces.of(aReport({ entries }));
      expect(others).toEqual([]);
      expect(piece?.interval.entries.map(({ name }) => name)).toEqual(['/a', '/b']);
    }
    expect(log.at('ERROR')).toEqual(faults);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(line);
  });

  test('an error with a text that is too long is left out and named, and its entry goes', () => {
    const faults: string[] = [];
    const error = {
      requestType: 'GET',
      name: '/a',
      error: 'x',
      occurrences: 1,
      firstSeen: 1,
      lastSeen: 1,
      samples: [],
    };
    const errors = [error, { ...error, error: 'y'.repeat(20_000) }];
    const [piece] = new ReportPieces((message) => faults.push(message)).of(
      aReport({ entries: [anEntry('/a')], errors }),
    );
    expect(piece?.interval).toMatchObject({ entries: [{ name: '/a' }], errors: [error] });
    expect(faults).toHaveLength(1);
  });

  test('of ever new entries a bounded number is named', () => {
    using log = captureLog();
    const pieces = new ReportPieces(() => {});
    const entries = Array.from({ length: 1_000 }, (_, at) => anEntry(`/${at}`, { ...small, bytes: Infinity }));
    pieces.of(aReport({ entries }));
    expect(log.at('ERROR')).toHaveLength(100);
  });

  test('is all that is left out: what goes, unpackEntries takes', () => {
    const number = fc.oneof(
      fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, -0, 0.5, 2 ** 53, 1e300, 2 ** 53 - 1),
      fc.nat(),
      fc.double(),
    );
    const outcome = fc
      .record({
        untimed: number,
        overlong: number,
        totalMicros: number,
        minMicros: number,
        maxMicros: number,
        bytes: number,
      })
      .map((numbers): OutcomeStats => ({ ...small, ...numbers }));
    const text = fc.oneof(fc.string(), fc.constant('x'.repeat(16_385)), fc.constant('€'.repeat(16_384)));
    const entry: fc.Arbitrary<EntryStats> = fc.record(
      { requestType: text, name: text, lastRequestTimestamp: number, ok: outcome, failed: outcome },
      { requiredKeys: ['requestType', 'name', 'lastRequestTimestamp'] },
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
        for (const { interval } of new ReportPieces(() => {}).of(aReport({ entries }))) {
          expect(unpackEntries(packEntries(interval.entries))).toHaveLength(interval.entries.length);
        }
      }),
      { numRuns: 500 },
    );
  });
});

const anIterations: NonNullable<ReportMessage['iterations']> = { granted: 1, finished: 1, returned: 0, waiting: 0 };
