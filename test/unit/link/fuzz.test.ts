import { describe, expect, test } from 'vitest';
import { LinkError } from '../../../src/errors.js';
import {
  packEntries,
  readError,
  readInterval,
  readMasterMessage,
  readSettings,
  readSetup,
  readWorkerHello,
  readWorkerMessage,
} from '../../../src/link/index.js';
import { readEnvelope } from '../../../src/link/locust/envelope.js';
import { unpackEntries } from '../../../src/link/unpackEntries.js';
import {
  acknowledgeFrame,
  answerFrame,
  byeFrame,
  endFrame,
  frameKinds,
  heartbeatFrame,
  helloFrame,
  messageFrame,
  nothing,
  openFrame,
  readFrame,
} from '../../../src/link/webSocket/frames.js';
import { asSent, masterCodec, workerCodec } from '../../../src/link/webSocket/messageCodec.js';
import { pack, unpack } from '../../../src/link/webSocket/packing.js';
import { unpackedEntries } from '../../../src/master/journal/entryBytes.js';
import fc from '../../properties.js';
import { masterMessages, report, workerMessages } from './samples.js';

/** A value, or a `LinkError`; anything else fails the test. */
function isSound(read: () => unknown): 'value' | 'error' {
  try {
    read();
    return 'value';
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(LinkError);
    expect(String(thrown).length).toBeLessThan(1_000);
    return 'error';
  }
}

const readers = {
  readWorkerMessage,
  readMasterMessage,
  readWorkerHello,
  readSetup,
  readSettings,
  readInterval: (value: unknown) => readInterval(value, 'interval'),
  readError: (value: unknown) => readError(value, 'error'),
};

const bytesReaders: { readonly [name: string]: (bytes: Buffer) => unknown } = {
  readFrame,
  unpack,
  unpackEntries,
  'the entries of a journal': (bytes) => [...unpackedEntries(bytes)],
  'the decoder of a master': (bytes) => masterCodec.decode(bytes),
  'the decoder of a worker': (bytes) => workerCodec.decode(bytes),
};

/** What a codec makes of each kind of message, and a frame of each kind. */
const wellFormed: readonly Buffer[] = [
  Buffer.from(packEntries(report.interval.entries)),
  ...workerMessages.map((message) => Buffer.from(workerCodec.encode(message))),
  ...masterMessages.map((message) => Buffer.from(masterCodec.encode(message))),
  ...[
    openFrame({ worker: 'w', session: 's', received: 7 }),
    helloFrame({ worker: 'w', version: '1', graceSeconds: 60 }),
    messageFrame(1, pack({ kind: 'quit' })),
    heartbeatFrame(3, 12.5, pack({ kind: 'heartbeat' })),
    answerFrame(3, { sentAt: 1, receivedAt: 2, answeredAt: 3 }, nothing),
    acknowledgeFrame(2),
    byeFrame(9),
    endFrame('enough'),
  ].map((frame) => Buffer.from(frame)),
];

/** Well-formed bytes with a few of them changed, cut off, or doubled. */
const damaged = fc
  .record({
    bytes: fc.constantFrom(...wellFormed),
    changes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    cut: fc.option(fc.nat()),
    tail: fc.uint8Array({ maxLength: 8 }),
  })
  .map(({ bytes, changes, cut, tail }) => {
    const copy = Buffer.from(bytes);
    for (const [at, value] of changes) copy[at % copy.length] = value;
    return Buffer.concat([cut === null ? copy : copy.subarray(0, cut % copy.length), tail]);
  });

const oddNumbers = fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, -0, 0.5, 2 ** 53, 2 ** 60, 1e308, -(2 ** 31));
const oddKeys = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '', 'kind');
const oddTexts = fc.constantFrom('x'.repeat(100_000), '\u0000', '\ud800', '__proto__', '\u001b[2J');
const odd: fc.Arbitrary<unknown> = fc.oneof(
  oddNumbers,
  oddTexts,
  fc.anything({ withBigInt: true, withMap: true, withSet: true, withTypedArray: true, withNullPrototype: true }),
  fc.dictionary(oddKeys, fc.oneof(oddNumbers, oddTexts, fc.anything()), { noNullPrototype: false }),
  fc.array(oddNumbers, { maxLength: 5 }),
);

/** A message in which one field, however deep, is replaced by something odd. */
const spoiled = fc
  .record({
    message: fc.constantFrom(...workerMessages, asSent(report), ...masterMessages),
    path: fc.array(fc.nat(), { maxLength: 6 }),
    by: odd,
  })
  .map(({ message, path, by }) => spoil(message, path, by));

function spoil(value: unknown, path: readonly number[], by: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return by;
  const entries = Object.entries(value);
  if (entries.length === 0) return by;
  const at = step % entries.length;
  const changed = entries.map(([key, item], place) => [key, place === at ? spoil(item, rest, by) : item] as const);
  return Array.isArray(value) ? changed.map(([, item]) => item) : Object.fromEntries(changed);
}

describe('whatever comes from outside gives a value or a LinkError', () => {
  test.each(Object.entries(bytesReaders))('bytes in %s', (_, read) => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
        isSound(() => read(Buffer.from(bytes)));
      }),
      { numRuns: 1_500 },
    );
  });

  test.each(Object.entries(readers))('values in %s', (_, read) => {
    fc.assert(
      fc.property(fc.oneof(odd, spoiled), (value) => {
        isSound(() => read(value));
      }),
      { numRuns: 500 },
    );
  });

  test('what is well formed is read, by the end that it is for', () => {
    for (const message of workerMessages)
      expect(isSound(() => masterCodec.decode(workerCodec.encode(message)))).toBe('value');
    for (const message of masterMessages)
      expect(isSound(() => workerCodec.decode(masterCodec.encode(message)))).toBe('value');
  });
});

describe('bytes that promise more than they hold', () => {
  const huge: readonly [string, Buffer][] = [
    ['a list of 4 billion values', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff, 1])],
    ['a map of 4 billion values', Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff, 1])],
    ['a text of 4 GB', Buffer.from([0xdb, 0xff, 0xff, 0xff, 0xff, 0x61])],
    ['4 GB of bytes', Buffer.from([0xc6, 0xff, 0xff, 0xff, 0xff, 0])],
    ['an extension of 4 GB', Buffer.from([0xc9, 0xff, 0xff, 0xff, 0xff, 1])],
    ['a list in a list, a million deep', Buffer.alloc(1_000_000, 0x91)],
    ['maps of lists, a million deep', Buffer.alloc(1_000_000, Buffer.from([0x81, 0x91]))],
    [
      'ten million values and more',
      Buffer.concat([Buffer.from([0xdd, 0x00, 0xa0, 0x00, 0x00]), Buffer.alloc(0xa00000, 0xc0)]),
    ],
    [
      'ten million empty maps',
      Buffer.concat([Buffer.from([0xdd, 0x00, 0x97, 0x00, 0x00]), Buffer.alloc(0x970000, 0x80)]),
    ],
    [
      'ten million empty lists',
      Buffer.concat([Buffer.from([0xdd, 0x00, 0x97, 0x00, 0x00]), Buffer.alloc(0x970000, 0x90)]),
    ],
    [
      'five million pieces of no bytes',
      Buffer.concat([Buffer.from([0xdd, 0x00, 0x4b, 0x00, 0x00]), Buffer.alloc(0x960000, Buffer.from([0xc4, 0x00]))]),
    ],
    [
      'an extension that makes an error',
      Buffer.concat([Buffer.from([0xc7, 4, 0x65]), Buffer.from([0x93, 0xa1, 0x61, 0xa1])]),
    ],
    ['nothing', Buffer.alloc(0)],
  ];

  test.each(huge)('%s is refused, quickly and without memory for it', (_, bytes) => {
    const before = process.memoryUsage();
    const start = process.cpuUsage();
    expect(isSound(() => unpack(bytes))).toBe('error');
    expect(isSound(() => readEnvelope(Buffer.concat([Buffer.from([0x93, 0xa1, 0x74]), bytes])))).toBe('error');
    const { user, system } = process.cpuUsage(start);
    const after = process.memoryUsage();
    // far more than it takes, and far less than believing it would
    expect((user + system) / 1e6).toBeLessThan(5);
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(200 * 1024 * 1024);
  });

  test('names of prototypes are names like others, and reach no prototype', () => {
    const keys = ['__proto__', 'constructor', 'prototype', 'toString'];
    const map = Buffer.concat([
      Buffer.from([0x80 | keys.length]),
      ...keys.map((key) => Buffer.concat([Buffer.from([0xa0 | key.length]), Buffer.from(key), Buffer.from([0x05])])),
    ]);
    const read = unpack(map);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(Object.keys(Object.prototype)).toEqual([]);
    const counts = { kind: 'users', test: 1, step: 1, userCounts: read, isSpent: false };
    const message = readWorkerMessage(counts);
    expect(message.kind === 'users' && Object.values(message.userCounts)).toEqual([5, 5, 5, 5]);
    expect(isSound(() => readWorkerMessage(JSON.parse('{"__proto__": {"kind": "quit"}}')))).toBe('error');
  });

  test('a frame that ends a link says it on one line, of bounded length', () => {
    const frame = readFrame(
      Buffer.concat([Buffer.from([frameKinds.end]), Buffer.from('a\n\u001b[31mb\u2028c'.repeat(5_000))]),
    );
    expect(frame.kind === 'end' && frame.sentence.length).toBeLessThan(2_001);
    expect(frame.kind === 'end' && /[\p{Cc}\u2028]/u.test(frame.sentence)).toBe(false);
  });
});
