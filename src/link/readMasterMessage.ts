/**
 * Reads what a master says, out of anything. Pure. Throws `LinkError`.
 */
import { LinkError } from '../errors.js';
import { maxCount, maxEpoch } from './bounds.js';
import {
  asFields,
  counts,
  type Fields,
  flag,
  list,
  optionalReal,
  optionalText,
  real,
  record,
  shown,
  text,
  texts,
  whole,
  wholes,
} from './fields.js';
import type {
  IterationLimit,
  MasterMessage,
  PlannedStarts,
  RunSetup,
  SpawnMessage,
  TestSettings,
  UserClassUpdate,
} from './messages.js';
import { readCustom } from './readWorkerMessage.js';

const maxName = 1024;
const maxClasses = 10_000;
const maxUsers = 1e8;
const maxTags = 10_000;
const maxOptions = 10_000;

export function readMasterMessage(value: unknown): MasterMessage {
  const fields = asFields(value, 'a message');
  const kind = fields['kind'];
  switch (kind) {
    case 'welcome':
      return { kind, index: whole(fields, 'index', 0, maxCount), setup: readSetup(fields['setup']) };
    case 'heartbeat':
      return { kind };
    case 'testStart':
      return {
        kind,
        test: whole(fields, 'test', 0, maxCount),
        startTime: real(fields, 'startTime', 0, maxEpoch),
        period: whole(fields, 'period', 0, maxCount),
        settings: readSettings(fields['settings']),
      };
    case 'spawn':
      return readSpawn(fields);
    case 'spawningComplete':
      return { kind, test: whole(fields, 'test', 0, maxCount), userCount: whole(fields, 'userCount', 0, maxUsers) };
    case 'reset':
      return { kind, period: whole(fields, 'period', 0, maxCount) };
    case 'stop':
      return { kind, test: whole(fields, 'test', 0, maxCount), isHurried: flag(fields, 'isHurried') };
    case 'quit':
      return { kind };
    case 'updateUserClass':
      return { kind, update: readUpdate(fields['update']) };
    case 'acknowledge':
      return { kind, sequence: whole(fields, 'sequence', 0, maxCount) };
    case 'grant':
      return {
        kind,
        test: whole(fields, 'test', 0, maxCount),
        count: whole(fields, 'count', 0, maxCount),
        isLast: flag(fields, 'isLast'),
      };
    case 'revoke':
      return { kind, test: whole(fields, 'test', 0, maxCount), count: whole(fields, 'count', 0, maxCount) };
    case 'custom':
      return readCustom(fields);
    default:
      throw new LinkError(`a master's message has the unknown kind ${shown(kind)}`);
  }
}

function readSpawn(fields: Fields): SpawnMessage {
  return {
    kind: 'spawn',
    test: whole(fields, 'test', 0, maxCount),
    step: whole(fields, 'step', 0, maxCount),
    startTime: real(fields, 'startTime', 0, maxEpoch),
    spacingSeconds: real(fields, 'spacingSeconds', 0, maxEpoch),
    counts: counts(fields, 'counts', maxClasses, maxUsers),
    starts: list(fields, 'starts', maxClasses, readStarts),
    isLast: flag(fields, 'isLast'),
  };
}

function readStarts(value: unknown, what: string): PlannedStarts {
  const fields = asFields(value, what);
  const ranks = wholes(fields, 'ranks', maxUsers, maxUsers);
  if (ranks.some((rank, at) => at > 0 && rank <= ranks[at - 1]!)) throw new LinkError(`${what} has ranks out of order`);
  return { userClass: text(fields, 'userClass', maxName), ranks };
}

export function readSetup(value: unknown): RunSetup {
  const fields = asFields(value, 'setup');
  return {
    run: text(fields, 'run', maxName),
    userConfigs: list(fields, 'userConfigs', maxClasses, (item, what) => {
      const config = asFields(item, what);
      return { userClass: text(config, 'userClass', maxName), values: record(config, 'values', maxOptions) };
    }),
    equalWeights: flag(fields, 'equalWeights'),
    maxNames: whole(fields, 'maxNames', 1, maxCount),
  };
}

export function readSettings(value: unknown): TestSettings {
  const fields = asFields(value, 'settings');
  return {
    host: optionalText(fields, 'host', maxName * 8),
    stopTimeoutSeconds: real(fields, 'stopTimeoutSeconds', 0, maxEpoch),
    catchExceptions: flag(fields, 'catchExceptions'),
    warmupSeconds: real(fields, 'warmupSeconds', 0, maxEpoch),
    runSeconds: optionalReal(fields, 'runSeconds', 0, maxEpoch),
    leaseSeconds: optionalReal(fields, 'leaseSeconds', 0, maxEpoch),
    iterations: readLimit(fields['iterations']),
    seed:
      fields['seed'] === undefined || fields['seed'] === null ? undefined : whole(fields, 'seed', -maxCount, maxCount),
    tags: texts(fields, 'tags', maxTags, maxName),
    excludeTags: texts(fields, 'excludeTags', maxTags, maxName),
    customOptions: record(fields, 'customOptions', maxOptions),
  };
}

function readLimit(value: unknown): IterationLimit | undefined {
  if (value === undefined || value === null) return undefined;
  const fields = asFields(value, 'iterations');
  const kind = fields['kind'];
  if (kind !== 'total' && kind !== 'perUser') throw new LinkError('iterations must be of kind total or perUser');
  return { kind, count: whole(fields, 'count', 0, maxCount) };
}

const updateKeys: ReadonlySet<string> = new Set(['userClass', 'host', 'weight', 'fixedCount', 'tasks']);

/** Other keys are statics of the class: plain JavaScript may set any. */
function readUpdate(value: unknown): UserClassUpdate {
  const fields = asFields(value, 'update');
  const host = optionalText(fields, 'host', maxName * 8);
  const has = (key: string) => fields[key] !== undefined && fields[key] !== null;
  const others = Object.entries(record({ update: value }, 'update', maxOptions)).filter(
    ([key]) => !updateKeys.has(key),
  );
  if (others.some(([key]) => key.length > maxName))
    throw new LinkError(`update has a name above ${maxName} characters`);
  return {
    ...Object.fromEntries(others),
    userClass: text(fields, 'userClass', maxName),
    ...(host !== undefined && { host }),
    ...(has('weight') && { weight: real(fields, 'weight', 0, maxUsers) }),
    ...(has('fixedCount') && { fixedCount: whole(fields, 'fixedCount', 0, maxUsers) }),
    ...(has('tasks') && { tasks: texts(fields, 'tasks', maxClasses, maxName) }),
  };
}
