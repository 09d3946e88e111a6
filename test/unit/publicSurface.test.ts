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

test('a locustfile can import these names, and no others', () => {
  expect(Object.keys(tsload).sort()).toEqual(exported);
});
