/**
 * A Locust worker's report as an interval of ours. Pure. Throws `LinkError` for what is no report.
 *
 * Locust knows response times to two digits from 100 ms on, and of an entry it knows how many samples failed but not which
 * response times were theirs. So entries are marked as coarse, and failures get their share of every bucket.
 */
import { LinkError } from '../../errors.js';
import {
  bounded,
  type EntryStats,
  type ErrorStats,
  type IntervalStats,
  maxMicros,
  type OutcomeStats,
  slotOf,
  textLimits,
} from '../../stats/index.js';
import { maxCount, maxEntries, maxEpoch } from '../bounds.js';
import { type Fields, optionalReal, real, text } from '../fields.js';
import { fieldsOf, fromWire, numberCounts } from './values.js';

const maxBuckets = 100_000;
const maxClasses = 10_000;
const maxClassName = 1024;
/** Samples of one entry of a report, and milliseconds of one of them: sums over a run are to stay exact. */
const maxSamples = 1e9;
const maxMillis = 1e10;

/** What a report is about besides what it measures. */
export interface ReportSpan {
  /** Seconds since 1970, of this process's clock: a worker's clock may be off. */
  readonly startTime: number;
  readonly seconds: number;
  readonly isWarmup: boolean;
}

export interface ForeignReport {
  readonly interval: IntervalStats;
  readonly userCounts: Readonly<Record<string, number>>;
  /** What the worker's listeners added. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a report has of its own, beside which a worker's listeners add theirs. */
export const ownKeys: ReadonlySet<string> = new Set([
  'stats',
  'stats_total',
  'errors',
  'user_classes_count',
  'user_count',
]);

export function readStats(value: unknown, span: ReportSpan): ForeignReport {
  const fields = fieldsOf(value, 'a report');
  const endTime = span.startTime + span.seconds;
  const stats = fields['stats'] ?? [];
  if (!Array.isArray(stats) || stats.length > maxEntries) throw new LinkError('stats must be a list of entries');
  const entries = stats.map((entry) => readEntry(entry, endTime)).filter((entry) => entry !== undefined);
  return {
    interval: {
      ...span,
      entries,
      errors: readErrors(fields['errors'], endTime),
      cutOff: 0,
      overflowingNames: [],
    },
    userCounts: readClassCounts(fields['user_classes_count']),
    data: Object.fromEntries(
      Object.entries(fields)
        .filter(([key]) => !ownKeys.has(key))
        .map(([key, item]) => [key, fromWire(item)]),
    ),
  };
}

/** Users by class; absent: none. */
export function readClassCounts(value: unknown): Record<string, number> {
  if (value === undefined || value === null) return {};
  const fields = fieldsOf(value, 'user_classes_count');
  if (Object.keys(fields).length > maxClasses) throw new LinkError('user_classes_count has too many classes');
  if (Object.keys(fields).some(({ length }) => length > maxClassName)) {
    throw new LinkError(`user_classes_count has a class with more than ${maxClassName} characters`);
  }
  return Object.fromEntries(Object.keys(fields).map((name) => [name, count(fields, name)]));
}

/** `undefined`: nothing happened, whatever its minimum says. */
function readEntry(value: unknown, endTime: number): EntryStats | undefined {
  const fields = fieldsOf(value, 'an entry of stats');
  const [name, requestType] = [shortText(fields, 'name'), optionalName(fields, 'method')];
  const buckets = numberCounts(fields['response_times'], 'response_times', maxBuckets);
  const timed = sumOf(buckets);
  const samples = Math.max(count(fields, 'num_requests'), timed);
  if (samples === 0) return undefined;
  if (samples > maxSamples) throw new LinkError(`an entry of stats has more than ${maxSamples} samples`);
  const failures = Math.min(count(fields, 'num_failures'), samples);
  const failedTimed = Math.min(failures, timed);
  const failedBuckets = shareOf(buckets, failedTimed, timed);
  const okBuckets = rest(buckets, failedBuckets);
  const all: Part = { timed, samples, buckets, ...sumsOf(fields) };
  const failed: Part = {
    timed: failedTimed,
    samples: failures,
    buckets: failedBuckets,
    totalMicros: Math.round(all.totalMicros * ratio(failedTimed, timed)),
    bytes: Math.round(all.bytes * ratio(failures, samples)),
  };
  const ok: Part = {
    timed: timed - failedTimed,
    samples: samples - failures,
    buckets: okBuckets,
    totalMicros: all.totalMicros - failed.totalMicros,
    bytes: all.bytes - failed.bytes,
  };
  const extremes = extremesOf(fields, buckets);
  return {
    requestType,
    name,
    isCoarse: true,
    ...(ok.samples > 0 && { ok: outcome(ok, extremes) }),
    ...(failed.samples > 0 && { failed: outcome(failed, extremes) }),
    lastRequestTimestamp: endTime,
  };
}

/** The samples of an entry, or those of one outcome. */
interface Part {
  readonly timed: number;
  /** Timed or not. */
  readonly samples: number;
  readonly buckets: ReadonlyMap<number, number>;
  readonly totalMicros: number;
  readonly bytes: number;
}

function sumsOf(fields: Fields): { readonly totalMicros: number; readonly bytes: number } {
  return {
    totalMicros: Math.round((optionalReal(fields, 'total_response_time', 0, maxCount) ?? 0) * 1000),
    bytes: Math.round(optionalReal(fields, 'total_content_length', 0, maxCount) ?? 0),
  };
}

/** In microseconds. */
interface Extremes {
  readonly min: number;
  readonly max: number;
}

function extremesOf(fields: Fields, buckets: ReadonlyMap<number, number>): Extremes {
  let [lowest, highest] = [Infinity, 0];
  for (const milliseconds of buckets.keys()) {
    lowest = Math.min(lowest, milliseconds);
    highest = Math.max(highest, milliseconds);
  }
  const given = optionalReal(fields, 'min_response_time', 0, maxMillis);
  // boomer's minimum is 0 until there was a sample, and stays so when a report follows an empty one
  const min = given === undefined || (given === 0 && lowest > 0) ? lowest : given;
  const max = optionalReal(fields, 'max_response_time', 0, maxMillis) ?? highest;
  return { min: Math.round(min * 1000), max: Math.round(Math.max(min, max) * 1000) };
}

function outcome({ timed, samples, buckets, totalMicros, bytes }: Part, { min, max }: Extremes): OutcomeStats {
  const { histogram, overlong } = histogramOf(buckets);
  return {
    timed,
    untimed: samples - timed,
    ...(overlong > 0 && { overlong }),
    totalMicros,
    minMicros: timed > 0 ? min : 0,
    maxMicros: timed > 0 ? max : 0,
    bytes,
    histogram,
  };
}

function histogramOf(buckets: ReadonlyMap<number, number>) {
  const bySlot = new Map<number, number>();
  let overlong = 0;
  for (const [milliseconds, samples] of buckets) {
    const micros = Math.round(milliseconds * 1000);
    if (micros > maxMicros) overlong += samples;
    const slot = slotOf(Math.min(micros, maxMicros));
    bySlot.set(slot, (bySlot.get(slot) ?? 0) + samples);
  }
  const sorted = [...bySlot].sort(([a], [b]) => a - b);
  return { histogram: { slots: sorted.map(([slot]) => slot), counts: sorted.map(([, samples]) => samples) }, overlong };
}

/** `part` of the `whole` samples, from each bucket in proportion. */
function shareOf(buckets: ReadonlyMap<number, number>, part: number, whole: number): Map<number, number> {
  const shares = new Map<number, number>();
  if (part === 0) return shares;
  let [before, taken] = [0, 0];
  for (const [bucket, samples] of buckets) {
    before += samples;
    const upToHere = Math.round(before * (part / whole));
    if (upToHere > taken) shares.set(bucket, upToHere - taken);
    taken = upToHere;
  }
  return shares;
}

function rest(buckets: ReadonlyMap<number, number>, taken: ReadonlyMap<number, number>): Map<number, number> {
  const left = [...buckets].map(([bucket, samples]) => [bucket, samples - (taken.get(bucket) ?? 0)] as const);
  return new Map(left.filter(([, samples]) => samples > 0));
}

function readErrors(value: unknown, endTime: number): ErrorStats[] {
  if (value === undefined || value === null) return [];
  if (!(value instanceof Map) || value.size > maxEntries) throw new LinkError('errors must be a map of errors');
  return [...value.values()].map((error) => readError(error, endTime));
}

function readError(value: unknown, endTime: number): ErrorStats {
  const fields = fieldsOf(value, 'an error');
  return {
    requestType: optionalName(fields, 'method'),
    name: shortText(fields, 'name'),
    error: errorText(fields['error']),
    occurrences: Math.min(count(fields, 'occurrences'), maxSamples),
    firstSeen: optionalReal(fields, 'first_seen', 0, maxEpoch) || endTime,
    lastSeen: optionalReal(fields, 'last_seen', 0, maxEpoch) || endTime,
    samples: [],
  };
}

/** Names are cut as those of our own requests, not refused: the report has other entries. */
function shortText(fields: Fields, key: string): string {
  return bounded(text(fields, key, Infinity), textLimits.name);
}

/** Texts are cut, not refused: an error page may be long. */
function errorText(value: unknown): string {
  if (typeof value === 'string') return bounded(value, textLimits.error);
  throw new LinkError('the error of an error must be a text');
}

/** A method may be nil. */
function optionalName(fields: Fields, key: string): string {
  return fields[key] === undefined || fields[key] === null ? '' : shortText(fields, key);
}

/** A whole number, 0 when it is absent. */
function count(fields: Fields, key: string): number {
  if (fields[key] === undefined || fields[key] === null) return 0;
  const value = real(fields, key, 0, maxCount);
  if (!Number.isInteger(value)) throw new LinkError(`${key} must be a whole number`);
  return value;
}

function sumOf(counts: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const samples of counts.values()) sum += samples;
  return sum;
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
