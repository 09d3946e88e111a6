/**
 * Locust's own numbers and keys, for what crosses the border to a Locust peer and for nothing else: its two-digit buckets,
 * what it makes of them, and how it groups errors. Held against golden-stats.json, which Locust itself wrote.
 */
import { createHash } from 'node:crypto';

/** Counts by bucket in milliseconds: the `response_times` of a Locust message. */
export type LocustBuckets = ReadonlyMap<number, number>;

/** The bucket of a response time in milliseconds: two significant digits from 100 on, half to even. */
export function locustBucket(milliseconds: number): number {
  if (milliseconds < 100) return roundedHalfEven(milliseconds);
  const unit = milliseconds < 1000 ? 10 : milliseconds < 10_000 ? 100 : 1000;
  return roundedHalfEven(milliseconds / unit) * unit;
}

function roundedHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** The median that Locust shows: of an even number of samples the lower middle one; 0 without samples. */
export function locustMedian(buckets: LocustBuckets): number {
  let position = (sampleCount(buckets) - 1) / 2;
  for (const [bucket, count] of ascending(buckets)) {
    if (position < count) return bucket;
    position -= count;
  }
  return 0;
}

/** The percentile that Locust shows; 0 without samples. Differs from its median at 0.5: of 10 and 20 it gives 20. */
export function locustPercentile(buckets: LocustBuckets, quantile: number): number {
  const count = sampleCount(buckets);
  const limit = Math.trunc(count * quantile);
  let above = 0;
  for (const [bucket, samples] of ascending(buckets).reverse()) {
    above += samples;
    if (count - above <= limit) return bucket;
  }
  return 0;
}

function sampleCount(buckets: LocustBuckets): number {
  let count = 0;
  for (const samples of buckets.values()) count += samples;
  return count;
}

function ascending(buckets: LocustBuckets): (readonly [number, number])[] {
  return [...buckets].sort(([a], [b]) => a - b);
}

/**
 * An error's text without the address of an object: every occurrence of the first one after `object at 0x` becomes
 * `0x....`. Without a closing `>` nothing changes. Locust: `StatsError.parse_error`.
 */
export function withoutAddresses(text: string): string {
  const marker = text.indexOf('object at 0x');
  if (marker < 0) return text;
  const start = marker + 'object at '.length;
  const end = text.indexOf('>', start);
  return end < 0 ? text : text.replaceAll(text.slice(start, end), '0x....');
}

/** The key under which Locust keeps an error: of the text as its message carries it, without addresses. */
export function locustErrorKey(method: string, name: string, error: string): string {
  return createHash('sha256')
    .update(`${method}.${name}.${pythonRepr(withoutAddresses(error))}`)
    .digest('hex');
}

/** A string as Python writes it in source: single quotes unless only double ones avoid escaping. */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[\\'"]|[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (character) => {
    if (character === '\\' || character === quote) return `\\${character}`;
    return character === "'" || character === '"' ? character : escaped(character);
  });
  return quote + body + quote;
}

function escaped(character: string): string {
  const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0)!;
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** An error as Locust's console shows it. `CatchResponseError` says its message only, as its text in a message quotes it. */
export function locustErrorTitle(method: string, name: string, error: string): string {
  const unwrapped = /^CatchResponseError\((.*)\)$/s.exec(error)?.[1] ?? error;
  return `${method} ${name}: ${unwrapped}`;
}
