import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { percentileTitle } from '../../../src/stats/index.js';
import {
  type LocustBuckets,
  locustBucket,
  locustErrorKey,
  locustErrorTitle,
  locustMedian,
  locustPercentile,
  pythonRepr,
  withoutAddresses,
} from '../../../src/stats/locustBorder.js';

type Buckets = Readonly<Record<string, number>>;

/** What Locust itself computed. */
interface Golden {
  readonly bucket: readonly (readonly [milliseconds: number, bucket: number])[];
  readonly median: readonly (readonly [Buckets, number])[];
  readonly percentile: readonly (readonly [Buckets, readonly (readonly [quantile: number, bucket: number])[]])[];
  readonly readable: readonly string[];
  readonly error_parse: readonly (readonly [text: string, grouped: string])[];
  readonly error_obj: readonly (readonly [repr: string, text: string, title: string, key: string])[];
  readonly error_str_to_name: readonly (readonly [text: string, title: string])[];
}

const golden = JSON.parse(readFileSync(new URL('../../golden/golden-stats.json', import.meta.url), 'utf8')) as Golden;
const bucketsOf = (counts: Buckets): LocustBuckets =>
  new Map(Object.entries(counts).map(([bucket, count]) => [Number(bucket), count]));

test('a response time falls into the bucket that Locust rounds it to', () => {
  expect(golden.bucket.map(([milliseconds]) => [milliseconds, locustBucket(milliseconds)])).toEqual(golden.bucket);
});

test('the median of buckets is the one that Locust shows', () => {
  expect(golden.median.length).toBeGreaterThan(0);
  for (const [counts, median] of golden.median) expect(locustMedian(bucketsOf(counts))).toBe(median);
  expect(locustMedian(new Map())).toBe(0);
});

test('the percentiles of buckets are those that Locust shows', () => {
  expect(golden.percentile.length).toBeGreaterThan(0);
  for (const [counts, percentiles] of golden.percentile) {
    const ours = percentiles.map(([quantile]) => [quantile, locustPercentile(bucketsOf(counts), quantile)]);
    expect(ours).toEqual(percentiles);
  }
});

test('percentiles are titled as Locust titles them', () => {
  const quantiles = [0.5, 0.66, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 1, 0.955, 0.99999, 0.123];
  expect(quantiles.map(percentileTitle)).toEqual(golden.readable);
});

test('errors lose the address that Locust takes out of them', () => {
  expect(golden.error_parse.map(([text]) => [text, withoutAddresses(text)])).toEqual(golden.error_parse);
});

test('an error is kept under the key that Locust keeps it under', () => {
  expect(golden.error_obj.length).toBeGreaterThan(0);
  for (const [, text, , key] of golden.error_obj) expect(locustErrorKey('GET', '/a', text)).toBe(key);
});

test('an error that came as text is titled as a Locust master titles it', () => {
  const ours = golden.error_str_to_name.map(([text]) => [text, locustErrorTitle('GET', '/a', text)]);
  expect(ours).toEqual(golden.error_str_to_name);
});

// Expected values: repr() of Python 3.
test.each([
  ['plain', "'plain'"],
  ["it's", `"it's"`],
  [`it's "q"`, `'it\\'s "q"'`],
  ['a\\b', "'a\\\\b'"],
  ['line\nnext\r\tend', "'line\\nnext\\r\\tend'"],
  ['nul\0 esc\x1b del\x7f', "'nul\\x00 esc\\x1b del\\x7f'"],
  ['grüße 日本 🎉', "'grüße 日本 🎉'"],
  ['nbsp\u00a0 soft\u00ad ls\u2028', "'nbsp\\xa0 soft\\xad ls\\u2028'"],
  ['private\u{e000} tag\u{e0001}', "'private\\ue000 tag\\U000e0001'"],
])('a text is quoted for the key as Python quotes it: %j', (text, repr) => {
  expect(pythonRepr(text)).toBe(repr);
});
