/**
 * Reads the measured part of a report. Pure. Throws `LinkError` for anything that is no interval.
 */
import type { FailureSample } from '../events/index.js';
import type { ErrorStats, IntervalStats } from '../stats/index.js';
import { maxCount, maxEpoch, maxErrors, maxHeaders, maxOverflowingNames, maxSamples, maxText } from './bounds.js';
import {
  asFields,
  bytes,
  counts,
  type Fields,
  flag,
  list,
  optionalText,
  real,
  record,
  text,
  texts,
  whole,
} from './fields.js';
import { unpackEntries } from './unpackEntries.js';

export function readInterval(value: unknown, what: string): IntervalStats {
  const fields = asFields(value, what);
  return {
    startTime: real(fields, 'startTime', 0, maxEpoch),
    seconds: real(fields, 'seconds', 0, maxEpoch),
    isWarmup: flag(fields, 'isWarmup'),
    entries: unpackEntries(bytes(fields, 'entries')),
    errors: list(fields, 'errors', maxErrors, readError),
    cutOff: whole(fields, 'cutOff', 0, maxCount),
    overflowingNames: texts(fields, 'overflowingNames', maxOverflowingNames, maxText),
  };
}

export function readError(value: unknown, what: string): ErrorStats {
  const fields = asFields(value, what);
  return {
    requestType: text(fields, 'requestType', maxText),
    name: text(fields, 'name', maxText),
    error: text(fields, 'error', maxText),
    occurrences: whole(fields, 'occurrences', 0, maxCount),
    firstSeen: real(fields, 'firstSeen', 0, maxEpoch),
    lastSeen: real(fields, 'lastSeen', 0, maxEpoch),
    samples: list(fields, 'samples', maxSamples, readSample),
  };
}

function readSample(value: unknown, what: string): FailureSample {
  const fields = asFields(value, what);
  const response = optionalText(fields, 'response', maxText);
  const bodyHead = optionalText(fields, 'bodyHead', maxText);
  return {
    request: text(fields, 'request', maxText),
    requestHeaders: readHeaders(fields, 'requestHeaders'),
    ...(response !== undefined && { response }),
    ...(fields['responseHeaders'] !== undefined && { responseHeaders: readHeaders(fields, 'responseHeaders') }),
    ...(bodyHead !== undefined && { bodyHead }),
  };
}

function readHeaders(fields: Fields, key: string): Record<string, string> {
  const headers = record(fields, key, maxHeaders);
  return Object.fromEntries(Object.keys(headers).map((name) => [name, text(headers, name, maxText)]));
}

/** Live users by class. */
export function readUserCounts(fields: Fields): Record<string, number> {
  return counts(fields, 'userCounts', 10_000, 1e9);
}
