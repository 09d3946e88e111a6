import { expect, test } from 'vitest';
import * as tsload from '../../src/index.js';

/** What a locustfile can import by value. Growing it is a decision: a name that is there once is hard to take away. */
const exported = [
  'CatchResponseError',
  'ConnectionPool',
  'ControlException',
  'Environment',
  'EventHook',
  'Events',
  'GrpcError',
  'GrpcUser',
  'HttpUser',
  'InterruptTaskSet',
  'InvalidTransitionError',
  'JsonParseError',
  'LoadTestShape',
  'MarkovTaskSet',
  'MarkovTaskTagError',
  'MissingWaitTimeError',
  'NoMarkovTasksError',
  'NonMarkovTaskTransitionError',
  'Pending',
  'RequestError',
  'RescheduleTask',
  'RescheduleTaskImmediately',
  'ResponseError',
  'SequentialTaskSet',
  'StopTest',
  'StopUser',
  'TaskSet',
  'TsloadError',
  'User',
  'addLogSink',
  'between',
  'constant',
  'constantPacing',
  'constantThroughput',
  'events',
  'exitCodeOf',
  'runSingleUser',
  'setLogLevel',
  'tag',
  'task',
  'transition',
  'transitions',
];

/** Types have no value to look at: that this file compiles is the test. What the documented functions take and return is among them. */
type Parts<Make extends (options: never) => Promise<unknown>> = readonly [
  Parameters<Make>[0],
  Awaited<ReturnType<Make>>,
];
const namedTypes = (environment: InstanceType<typeof tsload.Environment>) => {
  const worker = (
    _: Parts<typeof environment.createWorkerRunner>,
  ): readonly [tsload.WorkerRunnerOptions | undefined, tsload.WorkerRunner] => _;
  const master = (
    _: Parts<typeof environment.createMasterRunner>,
  ): readonly [tsload.MasterRunnerOptions | undefined, tsload.MasterRunner] => _;
  return [worker, master];
};

test('what makes a master or a worker can be named in a program, with its options', () => {
  expect(namedTypes).toBeTypeOf('function');
});

test('a locustfile can import these names, and no others', () => {
  expect(Object.keys(tsload).sort()).toEqual(exported);
});
