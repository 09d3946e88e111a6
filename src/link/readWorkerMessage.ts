/**
 * Reads what a worker says, out of anything. Pure. Throws `LinkError`: the caller closes that link, and no other.
 */
import { LinkError } from '../errors.js';
import type { WorkerHealth } from '../events/index.js';
import { maxCount, maxEpoch, maxExceptions, maxMessage, maxTraceback } from './bounds.js';
import {
  asFields,
  type Fields,
  flag,
  list,
  optionalReal,
  optionalText,
  real,
  record,
  shown,
  text,
  whole,
} from './fields.js';
import type {
  CustomLinkMessage,
  IterationState,
  ReportedException,
  ReportMessage,
  WorkerHello,
  WorkerMessage,
  WorkerStanding,
} from './messages.js';
import { readInterval, readUserCounts } from './readInterval.js';

const maxId = 256;
const maxLines = 1000;
const maxSeconds = 1e9;

export function readWorkerMessage(value: unknown): WorkerMessage {
  const fields = asFields(value, 'a message');
  const kind = fields['kind'];
  switch (kind) {
    case 'heartbeat':
      return readHeartbeat(fields);
    case 'iterations':
      return { kind, test: whole(fields, 'test', 0, maxCount), state: readIterations(fields['state']) };
    case 'logs':
      return { kind, lines: list(fields, 'lines', maxLines, readLine) };
    case 'started':
    case 'stopped':
      return { kind, test: whole(fields, 'test', 0, maxCount) };
    case 'report':
      return readReport(fields);
    case 'users':
      return {
        kind,
        test: whole(fields, 'test', 0, maxCount),
        step: whole(fields, 'step', 0, maxCount),
        userCounts: readUserCounts(fields),
        isSpent: flag(fields, 'isSpent'),
      };
    case 'stopTest':
      return {
        kind,
        test: whole(fields, 'test', 0, maxCount),
        reason: text(fields, 'reason', maxMessage),
        isBadSetup: flag(fields, 'isBadSetup'),
        ...(fields['isHopeless'] !== undefined && { isHopeless: flag(fields, 'isHopeless') }),
      };
    case 'fault':
      return { kind, message: text(fields, 'message', maxMessage) };
    case 'quit':
      return { kind };
    case 'custom':
      return readCustom(fields);
    default:
      throw new LinkError(`a worker's message has the unknown kind ${shown(kind)}`);
  }
}

export function readCustom(fields: Fields): CustomLinkMessage {
  const [type, nodeId] = [text(fields, 'type', maxId), text(fields, 'nodeId', maxId)];
  return { kind: 'custom', type, data: fields['data'], nodeId };
}

/** The hello of a worker, which is part of making a connection. */
export function readWorkerHello(value: unknown): WorkerHello {
  const fields = asFields(value, 'a hello');
  const locustfile = optionalText(fields, 'locustfile', maxId);
  const { standing } = fields;
  return {
    worker: readId(fields),
    version: text(fields, 'version', maxId),
    graceSeconds: real(fields, 'graceSeconds', 0, maxSeconds),
    ...(locustfile !== undefined && { locustfile }),
    ...(standing !== undefined && standing !== null && { standing: readStanding(standing) }),
  };
}

/** The name of a worker, which stands in every log: on one line, and nothing that steers a terminal. */
function readId(fields: Fields): string {
  const worker = text(fields, 'worker', maxId);
  if (/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u.test(worker)) return worker;
  throw new LinkError('worker must be a name of visible characters');
}

function readStanding(value: unknown): WorkerStanding {
  const fields = asFields(value, 'standing');
  return {
    run: text(fields, 'run', maxId),
    index: whole(fields, 'index', 0, maxCount),
    test: whole(fields, 'test', 0, maxCount),
    period: whole(fields, 'period', 0, maxCount),
    step: whole(fields, 'step', 0, maxCount),
    userCounts: readUserCounts(fields),
    isSpent: flag(fields, 'isSpent'),
    sequence: whole(fields, 'sequence', 0, maxCount),
    iterations: readIterations(fields['iterations']),
  };
}

export function readIterations(value: unknown): IterationState {
  const fields = asFields(value, 'iterations');
  return {
    granted: whole(fields, 'granted', 0, maxCount),
    finished: whole(fields, 'finished', 0, maxCount),
    returned: whole(fields, 'returned', 0, maxCount),
    waiting: whole(fields, 'waiting', 0, maxCount),
  };
}

function readHeartbeat(fields: Fields): WorkerMessage & { readonly kind: 'heartbeat' } {
  const { state } = fields;
  if (state !== 'ready' && state !== 'spawning' && state !== 'running') {
    throw new LinkError('state must be ready, spawning or running');
  }
  const roundTripMillis = optionalReal(fields, 'roundTripMillis', 0, maxSeconds);
  const clockOffsetSeconds = optionalReal(fields, 'clockOffsetSeconds', -maxEpoch, maxEpoch);
  return {
    kind: 'heartbeat',
    state,
    cpuPercent: real(fields, 'cpuPercent', 0, 1e6),
    memoryBytes: whole(fields, 'memoryBytes', 0, maxCount),
    ...(roundTripMillis !== undefined && { roundTripMillis }),
    ...(clockOffsetSeconds !== undefined && { clockOffsetSeconds }),
  };
}

function readLine(value: unknown, what: string): { readonly level: string; readonly text: string } {
  const fields = asFields(value, what);
  return { level: text(fields, 'level', maxId), text: text(fields, 'text', maxMessage) };
}

function readReport(fields: Fields): ReportMessage {
  return {
    kind: 'report',
    sequence: whole(fields, 'sequence', 1, maxCount),
    period: whole(fields, 'period', 0, maxCount),
    interval: readInterval(fields['interval'], 'interval'),
    userCounts: readUserCounts(fields),
    exceptions: list(fields, 'exceptions', maxExceptions, readException),
    health: readHealth(fields['health']),
    ...(fields['iterations'] !== undefined && { iterations: readIterations(fields['iterations']) }),
    data: readReportData(fields),
    ...(fields['hasMore'] !== undefined && { hasMore: flag(fields, 'hasMore') }),
  };
}

/** What listeners added to a report, out of all of it. */
export function readReportData(value: unknown): Fields {
  return record(asFields(value, 'a report'), 'data', 1000);
}

export function readException(value: unknown, what: string): ReportedException {
  const fields = asFields(value, what);
  return {
    message: text(fields, 'message', maxMessage),
    traceback: text(fields, 'traceback', maxTraceback),
    count: whole(fields, 'count', 1, 1e9),
  };
}

export function readHealth(value: unknown): WorkerHealth {
  const fields = asFields(value, 'health');
  return {
    cpuPercent: real(fields, 'cpuPercent', 0, 1e6),
    memoryBytes: whole(fields, 'memoryBytes', 0, maxCount),
    loopDelayMillis: real(fields, 'loopDelayMillis', 0, 1e9),
    loopUtilisation: real(fields, 'loopUtilisation', 0, 1),
    gcMillis: real(fields, 'gcMillis', 0, 1e9),
    isSaturated: flag(fields, 'isSaturated'),
  };
}
