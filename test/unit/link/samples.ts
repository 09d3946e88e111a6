/** A message of each kind, as the two ends make them. */
import type { MasterMessage, ReportMessage, RunSetup, WorkerMessage } from '../../../src/link/messages.js';
import { IntervalRecorder } from '../../../src/stats/index.js';

export const setup: RunSetup = {
  run: 'r1',
  userConfigs: [{ userClass: 'Shopper', values: { weight: 3 } }],
  equalWeights: false,
  maxNames: 10_000,
};

const recorder = new IntervalRecorder();
recorder.entry('GET', '/a').record(1234, 10);
recorder.entry('GET', '/a').recordFailure(99_000, 0, 'refused', {
  describeFailure: () => ({ request: 'GET /a', requestHeaders: { accept: '*/*' }, bodyHead: 'x' }),
});
recorder.entry('POST', '/b').recordUntimed(0, 'lost');
recorder.cutOff(3);

export const health = {
  cpuPercent: 12.5,
  memoryBytes: 1e8,
  loopDelayMillis: 0.5,
  loopUtilisation: 0.25,
  gcMillis: 1,
  isSaturated: false,
};

export const report: ReportMessage = {
  kind: 'report',
  sequence: 7,
  period: 2,
  interval: recorder.takeInterval({ isWarmup: false }),
  userCounts: { Shopper: 3 },
  exceptions: [{ message: 'Error: x', traceback: 'Error: x\n  at y', count: 2 }],
  health,
  data: { extra: [1, 2] },
};

export const workerMessages: readonly WorkerMessage[] = [
  {
    kind: 'heartbeat',
    state: 'running',
    cpuPercent: 12.5,
    memoryBytes: 1e8,
    roundTripMillis: 0.7,
    clockOffsetSeconds: -3600.5,
  },
  { kind: 'iterations', test: 1, state: { granted: 10, finished: 8, returned: 1, waiting: 1 } },
  { kind: 'logs', lines: [{ level: 'INFO', text: 'a line' }] },
  { kind: 'started', test: 1 },
  report,
  { ...report, hasMore: true },
  { kind: 'users', test: 1, step: 4, userCounts: { A: 0 }, isSpent: true },
  { kind: 'stopped', test: 1 },
  { kind: 'stopTest', test: 1, reason: 'enough', isBadSetup: false },
  { kind: 'fault', message: 'broken' },
  { kind: 'quit' },
  { kind: 'custom', type: 't', data: { any: ['thing'] }, nodeId: 'h_1' },
];

export const masterMessages: readonly MasterMessage[] = [
  { kind: 'welcome', index: 3, setup },
  {
    kind: 'testStart',
    test: 1,
    startTime: 1_700_000_000.5,
    period: 1,
    settings: {
      host: 'http://h',
      stopTimeoutSeconds: 2.5,
      catchExceptions: true,
      warmupSeconds: 10,
      runSeconds: 60,
      leaseSeconds: 12,
      iterations: { kind: 'total', count: 100 },
      seed: 42,
      tags: ['a'],
      excludeTags: [],
      customOptions: { mine: 1 },
    },
  },
  { kind: 'heartbeat' },
  { kind: 'grant', test: 1, count: 5, isLast: false },
  { kind: 'revoke', test: 1, count: 5 },
  {
    kind: 'spawn',
    test: 1,
    step: 1,
    startTime: 1_700_000_000.5,
    spacingSeconds: 0.001,
    counts: { A: 2 },
    starts: [{ userClass: 'A', ranks: [0, 2] }],
    isLast: false,
  },
  { kind: 'spawningComplete', test: 1, userCount: 2 },
  { kind: 'reset', period: 3 },
  { kind: 'stop', test: 1, isHurried: true },
  { kind: 'quit' },
  { kind: 'updateUserClass', update: { userClass: 'A', host: 'http://x', weight: 0.5, fixedCount: 0, tasks: ['t'] } },
  { kind: 'acknowledge', sequence: 7 },
  { kind: 'custom', type: 't', data: null, nodeId: 'master' },
];
