/**
 * The rows of the CSV files: Locust's columns in Locust's order, and a file about the load generator. Pure.
 *
 * Number text: counts are whole; medians and percentiles have up to three decimals and no trailing zeros; averages, extremes,
 * sizes and rates are floats as Python writes them, always with a point, and the whole `0` where Locust has no value yet.
 */
import type { EntryView, ErrorView, ExceptionView, ForgottenLost, WorkerView } from '../events/index.js';
import { locustBucket, percentileTitle, reportedQuantiles, type WorkerInterval } from '../stats/index.js';
import { fixedText, floatText, millisecondsText, plainText, utcText } from './numbers.js';

export type CsvRow = readonly string[];

/** What a row of the history says beside the statistics. */
export interface Moment {
  /** Seconds since 1970. */
  readonly now: number;
  readonly userCount: number;
}

const percentileHeaders = reportedQuantiles.map(percentileTitle);

export const statsHeader: CsvRow = [
  'Type',
  'Name',
  'Request Count',
  'Failure Count',
  'Median Response Time',
  'Average Response Time',
  'Min Response Time',
  'Max Response Time',
  'Average Content Size',
  'Requests/s',
  'Failures/s',
  ...percentileHeaders,
];

export const historyHeader: CsvRow = [
  'Timestamp',
  'User Count',
  'Type',
  'Name',
  'Requests/s',
  'Failures/s',
  ...percentileHeaders,
  'Total Request Count',
  'Total Failure Count',
  'Total Median Response Time',
  'Total Average Response Time',
  'Total Min Response Time',
  'Total Max Response Time',
  'Total Average Content Size',
];

export const failuresHeader: CsvRow = ['Method', 'Name', 'Error', 'Occurrences', 'First Seen', 'Last Seen'];

export const exceptionsHeader: CsvRow = ['Count', 'Message', 'Traceback', 'Nodes'];

export const generatorHeader: CsvRow = [
  'Timestamp',
  'Worker',
  'CPU %',
  'Memory Bytes',
  'Event Loop Delay ms',
  'Event Loop Utilisation',
  'GC ms',
  'Users',
  'Saturated',
  'Warm-up',
  'Unreported Seconds',
  'Round Trip ms',
  'Clock Offset ms',
];

export function statsRow(entry: EntryView): CsvRow {
  return [
    entry.method,
    entry.name,
    plainText(entry.numRequests),
    plainText(entry.numFailures),
    ...times(entry),
    contentSize(entry),
    floatText(entry.totalRps),
    floatText(entry.totalFailPerSec),
    ...percentiles(entry, (quantile) => entry.percentile(quantile)),
  ];
}

/** `window`: percentiles of the whole run, or of the last ten seconds (0 when nothing was timed in them). */
export function historyRow(entry: EntryView, moment: Moment, window: 'run' | 'current'): CsvRow {
  const percentileOf = (quantile: number) =>
    window === 'run' ? entry.percentile(quantile) : (entry.currentPercentile(quantile) ?? 0);
  return [
    plainText(Math.floor(moment.now)),
    plainText(moment.userCount),
    entry.method,
    entry.name,
    fixedText(entry.currentRps, 6),
    fixedText(entry.currentFailPerSec, 6),
    ...percentiles(entry, percentileOf),
    plainText(entry.numRequests),
    plainText(entry.numFailures),
    ...times(entry),
    contentSize(entry),
  ];
}

export function failureRow(error: ErrorView): CsvRow {
  return [
    error.method,
    error.name,
    error.error,
    plainText(error.occurrences),
    utcText(error.firstSeen),
    utcText(error.lastSeen),
  ];
}

export function exceptionRow(exception: ExceptionView): CsvRow {
  return [plainText(exception.count), exception.message, exception.traceback, exception.nodes.join(', ')];
}

/** How a worker did in one of its intervals; the timestamp is the second in which the interval began. */
export function generatorRow(interval: WorkerInterval): CsvRow {
  const { worker, health, userCount, link } = interval;
  return [
    plainText(Math.floor(interval.startTime)),
    worker,
    fixedText(health.cpuPercent, 1),
    plainText(Math.round(health.memoryBytes)),
    millisecondsText(health.loopDelayMillis),
    fixedText(health.loopUtilisation, 4),
    millisecondsText(health.gcMillis),
    plainText(userCount),
    mark(health.isSaturated),
    mark(interval.isWarmup),
    '',
    link === undefined ? '' : millisecondsText(link.roundTripMillis),
    link === undefined ? '' : fixedText(link.clockOffsetSeconds * 1000, 3),
  ];
}

/** A worker that is lost: when it was last heard of, and how long a time before that is in no number. */
export function lostRow({ id, lostAt, unreportedSeconds }: WorkerView): CsvRow {
  const health = ['', '', '', '', ''];
  return [plainText(Math.floor(lostAt ?? 0)), id, ...health, '0', '', '', fixedText(unreportedSeconds, 3), '', ''];
}

/** All others that are lost in one row, if there are any: the last time at which one was heard of, and the sum of their times. */
export function forgottenRows({ count, lastLostAt, unreportedSeconds }: ForgottenLost): CsvRow[] {
  const others = { id: `and ${count} more`, saturatedSeconds: 0, lostAt: lastLostAt, unreportedSeconds };
  return count === 0 ? [] : [lostRow(others)];
}

function mark(isTrue: boolean): string {
  return isTrue ? '1' : '0';
}

/** Median, average, minimum, maximum. */
function times(entry: EntryView): CsvRow {
  const isTimed = entry.minResponseTime !== null;
  return [
    quantileText(entry, entry.medianResponseTime),
    floatText(entry.avgResponseTime),
    isTimed ? floatText(entry.minResponseTime) : '0',
    isTimed ? floatText(entry.maxResponseTime) : '0',
  ];
}

function contentSize(entry: EntryView): string {
  return entry.numRequests === 0 ? '0' : floatText(entry.avgContentLength);
}

function percentiles(entry: EntryView, percentileOf: (quantile: number) => number): CsvRow {
  if (entry.numRequests === 0) return reportedQuantiles.map(() => 'N/A');
  return reportedQuantiles.map((quantile) => quantileText(entry, percentileOf(quantile)));
}

/** Where some times are known to two digits only, no more are shown: as Locust writes them. */
function quantileText({ isCoarse }: EntryView, milliseconds: number): string {
  return millisecondsText(isCoarse && Number.isFinite(milliseconds) ? locustBucket(milliseconds) : milliseconds);
}
