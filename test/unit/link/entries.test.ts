import { describe, expect, test } from 'vitest';
import { LinkError } from '../../../src/errors.js';
import { packEntries } from '../../../src/link/packEntries.js';
import { TextCache } from '../../../src/link/textCache.js';
import { unpackEntries } from '../../../src/link/unpackEntries.js';
import { type EntryStats, type OutcomeStats, slotCount } from '../../../src/stats/index.js';
import fc from '../../properties.js';

const count = fc.oneof(fc.nat(300), fc.maxSafeNat());
const real = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((number) => number + 0);
const outcome: fc.Arbitrary<OutcomeStats> = fc
  .record({
    untimed: count,
    overlong: fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined }),
    totalMicros: real,
    minMicros: count,
    maxMicros: count,
    bytes: real,
    pairs: fc.uniqueArray(
      fc.record({ slot: fc.nat(slotCount - 1), times: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 2 ** 40 })) }),
      { selector: ({ slot }) => slot, maxLength: 40 },
    ),
  })
  .map(({ overlong, pairs, ...rest }) => {
    const sorted = pairs.sort((a, b) => a.slot - b.slot);
    return {
      ...rest,
      ...(overlong !== undefined && { overlong }),
      timed: sorted.reduce((sum, { times }) => sum + times, 0),
      histogram: { slots: sorted.map(({ slot }) => slot), counts: sorted.map(({ times }) => times) },
    };
  });
const entry: fc.Arbitrary<EntryStats> = fc
  .record({
    requestType: fc.oneof(fc.constantFrom('GET', 'POST'), fc.string({ unit: 'grapheme' })),
    name: fc.oneof(fc.constantFrom('/a', ''), fc.string({ unit: 'grapheme' }), fc.string({ minLength: 300 })),
    lastRequestTimestamp: fc.double({ min: 0, max: 1e11, noNaN: true }).map((number) => number + 0),
    isCoarse: fc.boolean(),
    ok: fc.option(outcome, { nil: undefined }),
    failed: fc.option(outcome, { nil: undefined }),
  })
  .map(({ requestType, name, lastRequestTimestamp, isCoarse, ok, failed }) => ({
    requestType,
    name,
    lastRequestTimestamp,
    ...(isCoarse && { isCoarse }),
    ...(ok && { ok }),
    ...(failed && { failed }),
  }));

const small: OutcomeStats = {
  timed: 3,
  untimed: 0,
  totalMicros: 6,
  minMicros: 1,
  maxMicros: 4,
  bytes: 0,
  histogram: { slots: [1, 4], counts: [2, 1] },
};
const withHistogram = (slots: readonly number[], counts: readonly number[]): EntryStats[] => [
  { requestType: 'GET', name: '/', lastRequestTimestamp: 1, ok: { ...small, histogram: { slots, counts } } },
];

describe('entries as bytes', () => {
  test('any entries come out as they went in', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
        expect(unpackEntries(packEntries(entries))).toEqual(entries);
      }),
    );
  });

  test('typed arrays come out as numbers', () => {
    const histogram = { slots: Uint16Array.of(5, 2047, slotCount - 1), counts: Float64Array.of(1, 2 ** 40, 3) };
    const [read] = unpackEntries(
      packEntries([{ requestType: 'GET', name: '/', lastRequestTimestamp: 1, failed: { ...small, histogram } }]),
    );
    expect(read?.failed).toEqual({
      ...small,
      timed: 2 ** 40 + 4,
      histogram: { slots: [5, 2047, slotCount - 1], counts: [1, 2 ** 40, 3] },
    });
  });

  test('what is cut off anywhere is no entries, and says so', () => {
    const whole = packEntries(withHistogram([1, 2000], [300, 2 ** 40]));
    expect(whole.length).toBeGreaterThan(30);
    for (let length = 1; length < whole.length; length++) {
      expect(() => unpackEntries(whole.subarray(0, length)), `${length}`).toThrow(
        new LinkError('the entries are cut off'),
      );
    }
    expect(unpackEntries(whole.subarray(0, 0))).toEqual([]);
  });

  const bad: readonly [string, EntryStats[] | Uint8Array, RegExp][] = [
    ['a slot twice', withHistogram([4, 4], [1, 1]), /slot 4 twice/],
    ['a slot beyond the layout', withHistogram([slotCount], [1]), /slot 23552: the last one is 23551/],
    ['a count of 0', withHistogram([1], [0]), /count 0/],
    [
      'more samples than can be counted',
      withHistogram([1, 2], [Number.MAX_SAFE_INTEGER, 1]),
      /more than 9007199254740991 samples/,
    ],
    ['a time that is none', [{ requestType: '', name: '', lastRequestTimestamp: Number.NaN }], /lastRequestTimestamp/],
    [
      'a negative size',
      [{ requestType: '', name: '', lastRequestTimestamp: 1, ok: { ...small, bytes: -1 } }],
      /bytes must be a number from 0/,
    ],
    [
      'a text that is too long',
      [{ requestType: '', name: 'x'.repeat(16_385), lastRequestTimestamp: 1 }],
      /name must be a text of at most 16384 characters/,
    ],
    ['a text of 4 GB', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f), /requestType has 4294967295 bytes/],
    ['bits that mean nothing', Uint8Array.of(0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0), /unknown bits 8/],
    ['a number without an end', new Uint8Array(1000).fill(0xff), /a number above/],
    ['a number of nothing without an end', new Uint8Array(1000).fill(0x80), /a number above/],
    [
      'more slots than there are bytes for',
      Buffer.concat([packEntries(withHistogram([], [])).subarray(0, -1), Uint8Array.of(0xff, 0x7f)]),
      /cut off/,
    ],
    ['too many entries', new Uint8Array(11 * 100_001), /at most 100000/],
  ];
  test.each(bad)('%s is refused', (_, given, expected) => {
    const bytes = given instanceof Uint8Array ? given : packEntries(given);
    const unpack = (): unknown => unpackEntries(bytes);
    expect(unpack).toThrow(LinkError);
    expect(unpack).toThrow(expected);
  });
});

test('texts that share a place in the cache are told apart', () => {
  const cache = new TextCache();
  const texts = Array.from({ length: 10_000 }, (_, at) => `/shop/${at}`);
  for (let round = 0; round < 2; round++) {
    for (const text of texts) {
      const bytes = Buffer.from(`<${text}>`);
      expect(cache.textOf(bytes, 1, bytes.length - 1)).toBe(text);
    }
  }
});

test('a text outlives the bytes that it was read from', () => {
  const cache = new TextCache();
  const bytes = Buffer.from('/first');
  expect(cache.textOf(bytes, 0, 6)).toBe('/first');
  bytes.write('/other');
  expect(cache.textOf(bytes, 0, 6)).toBe('/other');
  expect(cache.textOf(Buffer.from('/first'), 0, 6)).toBe('/first');
});
