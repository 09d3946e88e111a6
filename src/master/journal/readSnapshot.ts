/**
 * Reads the statistics of a journal's state, out of anything. Pure. Throws `LinkError` for what are none.
 */
import type { ForgottenLost, GeneratorHealth, HistoryPoint } from '../../events/index.js';
import { maxCount, maxEpoch, fields as read, readError } from '../../link/index.js';
import type { EntryName, ExceptionSnapshot, GeneratorSnapshot, WorkerSnapshot } from '../../stats/index.js';
import type { StateItems, StateStatistics } from './records.js';

const maxText = 65_536;
const maxItems = 1e7;

export function readStatistics(value: unknown): StateStatistics {
  const fields = read.asFields(value, 'statistics');
  const window = read.asFields(fields['window'], 'window');
  return {
    runStart: time(fields, 'runStart'),
    lastTick: time(fields, 'lastTick'),
    window: { from: time(window, 'from'), to: time(window, 'to') },
    cutOff: count(fields, 'cutOff'),
    warmupRequests: count(fields, 'warmupRequests'),
    saturatedSeconds: amount(fields, 'saturatedSeconds'),
    hasWarnedOfNames: read.flag(fields, 'hasWarnedOfNames'),
    hasWarnedOfOverlong: read.flag(fields, 'hasWarnedOfOverlong'),
    total: read.bytes(fields, 'total'),
    overflowing: read.texts(fields, 'overflowing', maxItems, maxText),
    resolution: read.whole(fields, 'resolution', 1, maxCount),
    generator: readGenerator(fields['generator']),
    forgottenLost: readForgottenLost(fields['forgottenLost']),
  };
}

/** Those that are there. */
export function readStatisticsItems(fields: read.Fields): Partial<Omit<StateItems, 'workers'>> {
  const has = (key: keyof StateItems): boolean => fields[key] !== undefined;
  return {
    ...(has('names') && { names: read.list(fields, 'names', maxItems, readName) }),
    ...(has('errors') && { errors: read.list(fields, 'errors', maxItems, readError) }),
    ...(has('exceptions') && { exceptions: read.list(fields, 'exceptions', maxItems, readExceptions) }),
    ...(has('points') && { points: read.list(fields, 'points', maxItems, readPoint) }),
    ...(has('lines') && { lines: read.list(fields, 'lines', maxItems, readWorker) }),
  };
}

function readName(value: unknown, what: string): EntryName {
  const fields = read.asFields(value, what);
  return {
    method: read.text(fields, 'method', maxText),
    name: read.text(fields, 'name', maxText),
    startTime: time(fields, 'startTime'),
  };
}

function readExceptions(value: unknown, what: string): ExceptionSnapshot {
  const fields = read.asFields(value, what);
  return {
    message: read.text(fields, 'message', maxText),
    traceback: read.text(fields, 'traceback', maxText),
    count: count(fields, 'count'),
    nodes: read.texts(fields, 'nodes', maxItems, maxText),
  };
}

function readPoint(value: unknown, what: string): HistoryPoint {
  const fields = read.asFields(value, what);
  const percentiles = read.record(fields, 'percentiles', 1000);
  return {
    time: time(fields, 'time'),
    seconds: amount(fields, 'seconds'),
    userCount: count(fields, 'userCount'),
    currentRps: amount(fields, 'currentRps'),
    currentFailPerSec: amount(fields, 'currentFailPerSec'),
    totalAvgResponseTime: amount(fields, 'totalAvgResponseTime'),
    percentiles: Object.fromEntries(
      Object.keys(percentiles).map((quantile) => [quantile, amount(percentiles, quantile)]),
    ),
    generator: readHealth(fields['generator']),
    isSaturated: read.flag(fields, 'isSaturated'),
    isWarmup: read.flag(fields, 'isWarmup'),
  };
}

function readHealth(value: unknown): GeneratorHealth | null {
  if (value === null) return null;
  const fields = read.asFields(value, 'generator');
  return {
    cpuPercent: amount(fields, 'cpuPercent'),
    memoryBytes: amount(fields, 'memoryBytes'),
    loopDelayMillis: amount(fields, 'loopDelayMillis'),
    loopUtilisation: amount(fields, 'loopUtilisation'),
    gcMillis: amount(fields, 'gcMillis'),
  };
}

function readGenerator(value: unknown): GeneratorSnapshot {
  const fields = read.asFields(value, 'generator');
  return {
    generator: readHealth(fields['generator']),
    isSaturated: read.flag(fields, 'isSaturated'),
    saturatedSeconds: read.list(fields, 'saturatedSeconds', maxItems, (pair) => {
      const [worker, seconds]: readonly unknown[] = Array.isArray(pair) ? pair : [];
      const found = { worker, seconds };
      return [read.text(found, 'worker', maxText), amount(found, 'seconds')] as const;
    }),
  };
}

function readWorker(value: unknown, what: string): WorkerSnapshot {
  const fields = read.asFields(value, what);
  return {
    id: read.text(fields, 'id', maxText),
    reportedUntil: time(fields, 'reportedUntil'),
    saturatedSeconds: amount(fields, 'saturatedSeconds'),
    lostAt: optionalTime(fields, 'lostAt'),
  };
}

function readForgottenLost(value: unknown): ForgottenLost {
  const fields = read.asFields(value, 'forgottenLost');
  return {
    count: count(fields, 'count'),
    lastLostAt: optionalTime(fields, 'lastLostAt'),
    unreportedSeconds: amount(fields, 'unreportedSeconds'),
  };
}

function time(fields: read.Fields, key: string): number {
  return read.real(fields, key, -maxEpoch, maxEpoch);
}

function optionalTime(fields: read.Fields, key: string): number | null {
  return fields[key] === null ? null : time(fields, key);
}

function count(fields: read.Fields, key: string): number {
  return read.whole(fields, key, 0, maxCount);
}

function amount(fields: read.Fields, key: string): number {
  return read.real(fields, key, 0, Number.MAX_VALUE);
}
