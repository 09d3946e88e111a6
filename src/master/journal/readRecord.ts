/**
 * Reads a record of a journal, out of anything. Pure. Throws `LinkError` for what is none.
 */
import { LinkError } from '../../errors.js';
import {
  maxCount,
  maxEpoch,
  fields as read,
  readException,
  readInterval,
  readSettings,
  readSetup,
} from '../../link/index.js';
import type { Tick, UserException } from '../../stats/index.js';
import type { RestoredWorker, TestRecord } from '../journal.js';
import type { Load } from '../load.js';
import { countColumns, workerColumns } from './encodeRecord.js';
import { readStatistics, readStatisticsItems } from './readSnapshot.js';
import type {
  ItemsRecord,
  JournalRecord,
  RunAbout,
  StateRecord,
  StoredCount,
  StoredSecond,
  StoredWorkerInterval,
} from './records.js';

const maxText = 16_384;
const maxUsers = 1e9;
const maxItems = 1e7;

export function readRecord(value: unknown): JournalRecord {
  const fields = read.asFields(value, 'a record');
  const { kind } = fields;
  switch (kind) {
    case 'state':
      return readState(fields);
    case 'items':
      return readItems(fields);
    case 'entries':
      return { kind, packed: read.bytes(fields, 'packed') };
    case 'part':
      return { kind, name: read.text(fields, 'name', maxText), piece: fields['piece'] };
    case 'complete':
      return { kind };
    case 'setup':
      return { kind, setup: readSetup(fields['setup']) };
    case 'worker':
      return { kind, ...readWorker(fields) };
    case 'workerLost':
      return {
        kind,
        id: read.text(fields, 'id', maxText),
        at: read.real(fields, 'at', 0, maxEpoch),
        since: read.real(fields, 'since', 0, maxEpoch),
      };
    case 'workerGone':
    case 'workerForgotten':
    case 'workerFound':
      return { kind, id: read.text(fields, 'id', maxText) };
    case 'testStarted':
      return { kind, test: readTest(fields['test']) };
    case 'targetChanged':
      return { kind, load: readLoad(fields['load']) };
    case 'spawned':
      return { kind };
    case 'testStopped':
      return { kind, test: read.whole(fields, 'test', 0, maxCount) };
    case 'cleared':
    case 'reset':
      return { kind, period: read.whole(fields, 'period', 0, maxCount), time: read.real(fields, 'time', 0, maxEpoch) };
    case 'totalsBegun':
      return { kind, time: read.real(fields, 'time', 0, maxEpoch) };
    case 'applied':
      return {
        kind,
        seconds: read.list(fields, 'seconds', maxItems, readSecond),
        exceptions: read.list(fields, 'exceptions', maxItems, readUserException),
        counted: readRows(fields['counted'], countColumns).map(readCount),
        tick: isAbsent(fields['tick']) ? undefined : readTick(fields['tick']),
      };
    default:
      throw new LinkError(`the record has the unknown kind ${JSON.stringify(kind)?.slice(0, 40)}`);
  }
}

function readState(fields: read.Fields): StateRecord {
  return {
    kind: 'state',
    about: readAbout(fields['about']),
    time: read.real(fields, 'time', 0, maxEpoch),
    setup: isAbsent(fields['setup']) ? undefined : readSetup(fields['setup']),
    test: read.whole(fields, 'test', 0, maxCount),
    period: read.whole(fields, 'period', 0, maxCount),
    running: isAbsent(fields['running']) ? undefined : readTest(fields['running']),
    load: isAbsent(fields['load']) ? undefined : readLoad(fields['load']),
    isSpawned: read.flag(fields, 'isSpawned'),
    statistics: readStatistics(fields['statistics']),
  };
}

function readItems(fields: read.Fields): ItemsRecord {
  const { workers } = fields;
  return {
    kind: 'items',
    ...(workers !== undefined && { workers: read.list(fields, 'workers', maxItems, readRestored) }),
    ...readStatisticsItems(fields),
  };
}

function readAbout(value: unknown): RunAbout {
  const fields = read.asFields(value, 'about');
  return {
    version: read.text(fields, 'version', maxText),
    locustfile: read.text(fields, 'locustfile', maxText),
    startedAt: read.real(fields, 'startedAt', 0, maxEpoch),
  };
}

function readWorker(fields: read.Fields): Pick<RestoredWorker, 'id' | 'index' | 'graceSeconds'> {
  return {
    id: read.text(fields, 'id', maxText),
    index: read.whole(fields, 'index', 0, maxCount),
    graceSeconds: read.real(fields, 'graceSeconds', 0, maxEpoch),
  };
}

function readRestored(value: unknown, what: string): RestoredWorker {
  const fields = read.asFields(value, what);
  const { iterations } = fields;
  return {
    ...readWorker(fields),
    sequence: read.whole(fields, 'sequence', 0, maxCount),
    ...(!isAbsent(iterations) && { iterations: readIterationFields(read.asFields(iterations, 'iterations')) }),
    isGone: read.flag(fields, 'isGone'),
  };
}

function readIterationFields(fields: read.Fields) {
  const count = (key: string) => read.whole(fields, key, 0, maxCount);
  return {
    granted: count('granted'),
    finished: count('finished'),
    returned: count('returned'),
    waiting: count('waiting'),
  };
}

function readTest(value: unknown): TestRecord {
  const fields = read.asFields(value, 'test');
  const shapeStartTime = read.optionalReal(fields, 'shapeStartTime', 0, maxEpoch);
  return {
    test: read.whole(fields, 'test', 0, maxCount),
    period: read.whole(fields, 'period', 0, maxCount),
    startTime: read.real(fields, 'startTime', 0, maxEpoch),
    settings: readSettings(fields['settings']),
    ...(shapeStartTime !== undefined && { shapeStartTime }),
  };
}

function readLoad(value: unknown): Load {
  const fields = read.asFields(value, 'load');
  return {
    userCount: read.whole(fields, 'userCount', 0, maxUsers),
    spawnRate: read.real(fields, 'spawnRate', 0, Number.MAX_VALUE),
    userClasses: isAbsent(fields['userClasses']) ? undefined : read.texts(fields, 'userClasses', maxItems, maxText),
  };
}

function readSecond(value: unknown, what: string): StoredSecond {
  const fields = read.asFields(value, what);
  return {
    interval: readInterval(fields['interval'], 'interval'),
    workers: readRows(fields['workers'], workerColumns).map(readWorkerInterval),
  };
}

function readUserException(value: unknown, what: string): UserException {
  return { ...readException(value, what), node: read.text(read.asFields(value, what), 'node', maxText) };
}

function readTick(value: unknown): Tick {
  const fields = read.asFields(value, 'tick');
  return {
    now: read.real(fields, 'now', 0, maxEpoch),
    userCount: read.whole(fields, 'userCount', 0, maxUsers),
    isWarmup: read.flag(fields, 'isWarmup'),
  };
}

function readRows(value: unknown, columns: number): number[][] {
  if (!(value instanceof Float64Array) || value.length % columns !== 0 || !value.every(Number.isFinite)) {
    throw new LinkError(`rows must be numbers, ${columns} each`);
  }
  return Array.from({ length: value.length / columns }, (_, row) => [
    ...value.subarray(row * columns, (row + 1) * columns),
  ]);
}

function readWorkerInterval(row: readonly number[]): StoredWorkerInterval {
  return {
    index: row[0]!,
    startTime: row[1]!,
    seconds: row[2]!,
    isWarmup: row[3] === 1,
    userCount: row[4]!,
    cpuPercent: row[5]!,
    memoryBytes: row[6]!,
    loopDelayMillis: row[7]!,
    loopUtilisation: row[8]!,
    gcMillis: row[9]!,
    isSaturated: row[10] === 1,
  };
}

function readCount(row: readonly number[]): StoredCount {
  const iterations = { granted: row[2]!, finished: row[3]!, returned: row[4]!, waiting: row[5]! };
  return { index: row[0]!, sequence: row[1]!, ...(iterations.granted >= 0 && { iterations }) };
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
