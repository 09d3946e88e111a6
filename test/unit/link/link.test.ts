import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LinkError } from '../../../src/errors.js';
import { createMemoryLink, readMasterMessage, readWorkerMessage } from '../../../src/link/index.js';
import type { MasterMessage, RunSetup, WorkerMessage } from '../../../src/link/messages.js';
import { IntervalRecorder } from '../../../src/stats/index.js';
import { until } from '../../until.js';

/** What one end hears, in words. */
function hearing<Message extends { readonly kind: string }>() {
  const heard: string[] = [];
  return {
    heard,
    message: (message: Message) => {
      heard.push(message.kind);
    },
    closed: () => {
      heard.push('closed');
    },
  };
}

const setup: RunSetup = {
  run: 'r1',
  userConfigs: [{ userClass: 'Shopper', values: { weight: 3 } }],
  equalWeights: false,
  maxNames: 10_000,
};

describe('the memory link', () => {
  test('keeps the order, and delivers nothing inside send', async () => {
    const { master, worker } = createMemoryLink();
    const ear = hearing<MasterMessage>();
    worker.listen(ear);
    master.send({ kind: 'welcome', index: 0, setup });
    master.send({ kind: 'quit' });
    expect(ear.heard).toEqual([]);
    await until(() => ear.heard.length === 2);
    expect(ear.heard).toEqual(['welcome', 'quit']);
  });

  test('keeps what came before somebody listened', async () => {
    const { master, worker } = createMemoryLink();
    master.send({ kind: 'welcome', index: 0, setup });
    await new Promise((resolve) => setImmediate(resolve));
    const ear = hearing<MasterMessage>();
    worker.listen(ear);
    await until(() => ear.heard.length === 1);
  });

  test('a close is heard once on both ends, after what was sent before, and drops what comes after', async () => {
    const { master, worker } = createMemoryLink();
    const [masterEar, workerEar] = [hearing<WorkerMessage>(), hearing<MasterMessage>()];
    master.listen(masterEar);
    worker.listen(workerEar);
    master.send({ kind: 'quit' });
    master.close();
    master.close();
    master.send({ kind: 'welcome', index: 1, setup });
    worker.send({ kind: 'quit' });
    await until(() => masterEar.heard.includes('closed') && workerEar.heard.includes('closed'));
    worker.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(workerEar.heard).toEqual(['quit', 'closed']);
    expect(masterEar.heard.filter((kind) => kind === 'closed')).toHaveLength(1);
  });
});

const recorder = new IntervalRecorder();
recorder.entry('GET', '/a').record(1234, 10);
recorder.entry('GET', '/a').recordFailure(99_000, 0, 'refused', {
  describeFailure: () => ({ request: 'GET /a', requestHeaders: { accept: '*/*' }, bodyHead: 'x' }),
});
recorder.entry('POST', '/b').recordUntimed(0, 'lost');
recorder.cutOff(3);

const health = {
  cpuPercent: 12.5,
  memoryBytes: 1e8,
  loopDelayMillis: 0.5,
  loopUtilisation: 0.25,
  gcMillis: 1,
  isSaturated: false,
};

const report: WorkerMessage = {
  kind: 'report',
  sequence: 7,
  period: 2,
  interval: recorder.takeInterval({ isWarmup: false }),
  userCounts: { Shopper: 3 },
  exceptions: [{ message: 'Error: x', traceback: 'Error: x\n  at y', count: 2 }],
  health,
  data: { extra: [1, 2] },
};

const workerMessages: readonly WorkerMessage[] = [
  { kind: 'heartbeat', state: 'running', cpuPercent: 12.5, memoryBytes: 1e8, roundTripMillis: 0.7 },
  { kind: 'iterations', test: 1, state: { granted: 10, finished: 8, returned: 1, waiting: 1 } },
  { kind: 'logs', lines: [{ level: 'INFO', text: 'a line' }] },
  { kind: 'started', test: 1 },
  report,
  { kind: 'users', test: 1, step: 4, userCounts: { A: 0 }, isSpent: true },
  { kind: 'stopped', test: 1 },
  { kind: 'stopTest', test: 1, reason: 'enough', isBadSetup: false },
  { kind: 'fault', message: 'broken' },
  { kind: 'quit' },
  { kind: 'custom', type: 't', data: { any: ['thing'] }, nodeId: 'h_1' },
];

const masterMessages: readonly MasterMessage[] = [
  { kind: 'welcome', index: 3, setup },
  {
    kind: 'testStart',
    test: 1,
    startTime: 1_700_000_000.5,
    period: 1,
    settings: {
      host: 'http://h',
      stopTimeoutSeconds: 2.5,
      catchExceptions: true,
      warmupSeconds: 10,
      runSeconds: 60,
      leaseSeconds: 12,
      iterations: { kind: 'total', count: 100 },
      seed: 42,
      tags: ['a'],
      excludeTags: [],
      customOptions: { mine: 1 },
    },
  },
  { kind: 'heartbeat' },
  { kind: 'grant', test: 1, count: 5, isLast: false },
  {
    kind: 'spawn',
    test: 1,
    step: 1,
    startTime: 1_700_000_000.5,
    spacingSeconds: 0.001,
    counts: { A: 2 },
    starts: [{ userClass: 'A', ranks: [0, 2] }],
    isLast: false,
  },
  { kind: 'spawningComplete', test: 1, userCount: 2 },
  { kind: 'reset', period: 3 },
  { kind: 'stop', test: 1, isHurried: true },
  { kind: 'quit' },
  { kind: 'updateUserClass', update: { userClass: 'A', host: 'http://x', weight: 0.5, fixedCount: 0, tasks: ['t'] } },
  { kind: 'acknowledge', sequence: 7 },
  { kind: 'custom', type: 't', data: null, nodeId: 'master' },
];

/** As a codec gives it back: no typed arrays, no undefined. */
const sentAsJson = (message: unknown): unknown =>
  JSON.parse(
    JSON.stringify(message, (_, value: unknown) =>
      value instanceof Uint16Array || value instanceof Uint32Array || value instanceof Float64Array
        ? Array.from(value)
        : value,
    ),
  );

describe('readers of messages', () => {
  test.each(workerMessages)('a $kind of a worker is read as it was said', (message) => {
    expect(readWorkerMessage(message)).toEqual(sentAsJson(message));
    expect(readWorkerMessage(sentAsJson(message))).toEqual(sentAsJson(message));
  });

  test.each(masterMessages)('a $kind of a master is read as it was said', (message) => {
    expect(readMasterMessage(sentAsJson(message))).toEqual(sentAsJson(message));
  });

  test('whatever comes gives a message or a LinkError', () => {
    const isSound = (read: (value: unknown) => unknown) => (value: unknown) => {
      try {
        read(value);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(LinkError);
      }
    };
    const kinds = [...workerMessages, ...masterMessages].map(({ kind }) => kind);
    const almost = fc
      .record({ kind: fc.constantFrom(...kinds) })
      .chain((head) => fc.dictionary(fc.string(), fc.anything()).map((rest) => ({ ...rest, ...head })));
    for (const read of [readWorkerMessage, readMasterMessage]) {
      fc.assert(fc.property(fc.oneof(fc.anything(), almost), isSound(read)));
    }
  });

  test('one field of the wrong type, anywhere, is a LinkError and never a message', () => {
    const spoil = (value: unknown, path: readonly (string | number)[], by: unknown): unknown => {
      const [key, ...rest] = path;
      if (key === undefined) return by;
      if (Array.isArray(value)) return value.map((item, at) => (at === key ? spoil(item, rest, by) : item));
      return Object.fromEntries(Object.entries(Object(value)).map(([k, v]) => [k, k === key ? spoil(v, rest, by) : v]));
    };
    const pathsIn = (value: unknown): (string | number)[][] => {
      if (typeof value !== 'object' || value === null) return [[]];
      const keys = Array.isArray(value) ? value.map((_, at) => at) : Object.keys(value);
      return [[], ...keys.flatMap((key) => pathsIn(Reflect.get(value, key)).map((path) => [key, ...path]))];
    };
    for (const message of workerMessages.filter(({ kind }) => kind !== 'custom')) {
      const json = sentAsJson(message);
      for (const path of pathsIn(json).filter((path) => path[0] !== 'data')) {
        expect(() => readWorkerMessage(spoil(json, path, Symbol.iterator)), path.join('.')).toThrow(LinkError);
      }
    }
  });

  test.each([
    [{ ...report, sequence: 0 }, /sequence must be a number from 1/],
    [{ ...report, userCounts: { A: -1 } }, /A must be a number from 0/],
    [{ ...report, health: { ...health, loopUtilisation: 2 } }, /loopUtilisation must be a number from 0 to 1/],
    [{ kind: 'logs', lines: [{ level: 'x'.repeat(300), text: '' }] }, /level must be a text of at most 256 characters/],
    [{ kind: 'riot' }, /unknown kind "riot"/],
  ])('a bad message is refused with its field', (message, expected) => {
    expect(() => readWorkerMessage(message)).toThrow(expected);
  });

  test('a histogram whose counts do not add up, or whose slots are out of order, is refused', () => {
    const outcome = { timed: 3, untimed: 0, totalMicros: 3, minMicros: 1, maxMicros: 1, bytes: 0 };
    const withHistogram = (slots: number[], counts: number[]) => ({
      ...report,
      interval: {
        ...report.interval,
        entries: [
          { requestType: 'G', name: 'n', lastRequestTimestamp: 1, ok: { ...outcome, histogram: { slots, counts } } },
        ],
      },
    });
    expect(() => readWorkerMessage(withHistogram([1, 2], [1, 2]))).not.toThrow();
    expect(() => readWorkerMessage(withHistogram([1, 2], [1, 1]))).toThrow(/3 timed samples but 2/);
    expect(() => readWorkerMessage(withHistogram([2, 1], [1, 2]))).toThrow(/out of order/);
    expect(() => readWorkerMessage(withHistogram([1], [1, 2]))).toThrow(/1 slots but 2 counts/);
  });
});
