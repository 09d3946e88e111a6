/**
 * Reads what a worker says, out of anything. Pure. Throws `LinkError`: the caller closes that link, and no other.
 */
import { LinkError } from '../errors.js';
import type { WorkerHealth } from '../events/index.js';
import { asFields, type Fields, flag, list, real, record, text, whole } from './fields.js';
import type { CustomLinkMessage, ReportedException, ReportMessage, WorkerMessage } from './messages.js';
import { maxCount, readInterval, readUserCounts } from './readInterval.js';

const maxId = 256;
const maxExceptions = 1000;
const maxMessage = 16_384;
const maxTraceback = 65_536;

export function readWorkerMessage(value: unknown): WorkerMessage {
  const fields = asFields(value, 'a message');
  const kind = fields['kind'];
  switch (kind) {
    case 'ready':
      return { kind, worker: text(fields, 'worker', maxId) };
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
      };
    case 'fault':
      return { kind, message: text(fields, 'message', maxMessage) };
    case 'quit':
      return { kind };
    case 'custom':
      return readCustom(fields);
    default:
      throw new LinkError(`a worker's message has the unknown kind ${JSON.stringify(kind)?.slice(0, 40)}`);
  }
}

export function readCustom(fields: Fields): CustomLinkMessage {
  const [type, nodeId] = [text(fields, 'type', maxId), text(fields, 'nodeId', maxId)];
  return { kind: 'custom', type, data: fields['data'], nodeId };
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
    data: record(fields, 'data', 1000),
  };
}

function readException(value: unknown, what: string): ReportedException {
  const fields = asFields(value, what);
  return {
    message: text(fields, 'message', maxMessage),
    traceback: text(fields, 'traceback', maxTraceback),
    count: whole(fields, 'count', 1, 1e9),
  };
}

function readHealth(value: unknown): WorkerHealth {
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
