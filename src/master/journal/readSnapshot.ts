/**
 * Reads the statistics of a journal's state, out of anything. Pure. Throws `LinkError` for what are none.
 */
import type { GeneratorHealth, HistoryPoint } from '../../events/index.js';
import { maxCount, maxEpoch, fields as read, readError, readHistogram } from '../../link/index.js';
import type {
  EntrySnapshot,
  ExceptionSnapshot,
  GeneratorSnapshot,
  HistorySnapshot,
  RecentSnapshot,
  SecondSnapshot,
  StatisticsSnapshot,
  SumsSnapshot,
  WorkerSnapshot,
} from '../../stats/index.js';

const maxText = 65_536;
const maxItems = 1e7;

export function readSnapshot(value: unknown): StatisticsSnapshot {
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
    total: readEntry(fields['total'], 'total'),
    entries: read.list(fields, 'entries', maxItems, readEntry),
    overflowing: read.texts(fields, 'overflowing', maxItems, maxText),
    errors: read.list(fields, 'errors', maxItems, readError),
    exceptions: read.list(fields, 'exceptions', maxItems, readExceptions),
    history: readHistory(fields['history']),
    generator: readGenerator(fields['generator']),
    workers: read.list(fields, 'workers', maxItems, readWorker),
  };
}

function readEntry(value: unknown, what: string): EntrySnapshot {
  const fields = read.asFields(value, what);
  const { allFailed } = fields;
  return {
    method: read.text(fields, 'method', maxText),
    name: read.text(fields, 'name', maxText),
    startTime: time(fields, 'startTime'),
    lastRequestTimestamp: optionalTime(fields, 'lastRequestTimestamp'),
    ok: readSums(fields['ok'], 'ok'),
    failed: readSums(fields['failed'], 'failed'),
    all: readHistogram(fields['all']),
    ...(allFailed !== undefined && { allFailed: readHistogram(allFailed) }),
    recent: read.list(fields, 'recent', 1000, readSecond),
    isCoarse: read.flag(fields, 'isCoarse'),
  };
}

function readSums(value: unknown, what: string): SumsSnapshot {
  const fields = read.asFields(value, what);
  return {
    timed: count(fields, 'timed'),
    untimed: count(fields, 'untimed'),
    totalMicros: amount(fields, 'totalMicros'),
    bytes: amount(fields, 'bytes'),
    min: amount(fields, 'min'),
    max: amount(fields, 'max'),
  };
}

function readSecond(value: unknown, what: string): SecondSnapshot {
  const fields = read.asFields(value, what);
  const { ok, failed } = fields;
  return {
    time: time(fields, 'time'),
    requests: amount(fields, 'requests'),
    failures: amount(fields, 'failures'),
    ...(ok !== undefined && { ok: readRecent(ok, 'ok') }),
    ...(failed !== undefined && { failed: readRecent(failed, 'failed') }),
  };
}

function readRecent(value: unknown, what: string): RecentSnapshot {
  const fields = read.asFields(value, what);
  return { min: amount(fields, 'min'), max: amount(fields, 'max'), histogram: readHistogram(fields['histogram']) };
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

function readHistory(value: unknown): HistorySnapshot {
  const fields = read.asFields(value, 'history');
  return {
    resolution: read.whole(fields, 'resolution', 1, maxCount),
    points: read.list(fields, 'points', maxItems, readPoint),
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
