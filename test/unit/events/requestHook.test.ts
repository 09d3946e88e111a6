import { expect, test } from 'vitest';
import { epochSeconds } from '../../../src/clock.js';
import { Events, type RequestEvent } from '../../../src/events/index.js';
import { StopUser } from '../../../src/users/index.js';
import { MemoryRecorder } from '../../builders.js';

function aRequestHook() {
  const { request } = new Events();
  const recorder = new MemoryRecorder();
  const heard: RequestEvent[] = [];
  request.recordInto(recorder);
  request.addListener((event) => heard.push(event));
  return { request, recorder, heard };
}

const event: RequestEvent = { requestType: 'RPC', name: 'call', responseTime: 12.5, responseLength: 3 };

test('an event that a locustfile fires is recorded once and heard once', () => {
  const { request, recorder, heard } = aRequestHook();
  request.fire(event);
  expect(recorder.only).toMatchObject({ type: 'RPC', name: 'call', milliseconds: 12.5, bytes: 3, error: undefined });
  expect(heard).toEqual([event]);
});

test('an event that a built-in client tells of is heard and not recorded again', () => {
  const { request, recorder, heard } = aRequestHook();
  request.notify(event);
  expect(recorder.samples).toEqual([]);
  expect(heard).toEqual([event]);
});

test('an exception makes the sample a failure, whatever its type', () => {
  const { request, recorder } = aRequestHook();
  for (const exception of [new TypeError('no'), 'plain text', { code: 3 }, 0]) request.fire({ ...event, exception });
  for (const exception of [undefined, null]) request.fire({ ...event, exception });
  expect(recorder.samples.map((sample) => sample.error)).toEqual([
    'TypeError: no',
    'plain text',
    '{"code":3}',
    '0',
    undefined,
    undefined,
  ]);
});

test('a sample without a response time counts, timed as nothing', () => {
  const { request, recorder } = aRequestHook();
  request.fire({ ...event, responseTime: null });
  request.fire({ ...event, responseTime: null, exception: new Error('lost') });
  expect(recorder.samples.map(({ milliseconds, error }) => [milliseconds, error])).toEqual([
    [null, undefined],
    [null, 'lost'],
  ]);
});

test('times and lengths that make no sense are recorded as 0, not as NaN', () => {
  const { request, recorder } = aRequestHook();
  request.fire({ ...event, responseTime: Number.NaN, responseLength: Number.NaN });
  request.fire({ ...event, responseTime: -1, responseLength: -1 });
  expect(recorder.samples.map(({ milliseconds, bytes }) => [milliseconds, bytes])).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test('an event without request type or name is refused, and says which', () => {
  const { request, recorder } = aRequestHook();
  const withoutName = JSON.parse('{ "requestType": "RPC", "responseTime": 1, "responseLength": 0 }');
  expect(() => request.fire(withoutName)).toThrow('a request event must have a name but it is undefined');
  expect(recorder.samples).toEqual([]);
});

test('[101] measure times its block and passes on whatever the block sets', async () => {
  const before = epochSeconds();
  const { request, recorder, heard } = aRequestHook();
  await request.measure(
    'RPC',
    'call',
    async (meta) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      meta.responseLength = 42;
      meta['url'] = 'rpc://call';
    },
    { context: { user: 7 } },
  );
  expect(recorder.only).toMatchObject({ type: 'RPC', name: 'call', bytes: 42, error: undefined });
  expect(recorder.only.milliseconds).toBeGreaterThanOrEqual(29);
  expect(heard[0]).toMatchObject({ url: 'rpc://call', context: { user: 7 }, responseLength: 42 });
  const { startTime = 0, responseTime } = heard[0]!;
  expect(startTime).toBeGreaterThanOrEqual(before);
  expect(startTime + (responseTime ?? 0) / 1000).toBeLessThanOrEqual(epochSeconds() + 0.002);
});

test('[101] measure records the exception of its block and throws nothing', async () => {
  const { request, recorder, heard } = aRequestHook();
  const broken = new Error('broken block');
  await request.measure('RPC', 'call', () => {
    throw broken;
  });
  await request.measure('RPC', 'call', async () => {
    throw undefined;
  });
  expect(recorder.samples.map((sample) => sample.error)).toEqual(['broken block', 'the block threw undefined']);
  expect(heard[0]?.exception).toBe(broken);
});

test('[101] a block that sets an exception by itself fails', async () => {
  const { request, recorder } = aRequestHook();
  await request.measure('RPC', 'call', (meta) => {
    meta.exception = 'wrong answer';
  });
  expect(recorder.only.error).toBe('wrong answer');
});

test('a control exception leaves a measured block without a sample', async () => {
  const { request, recorder, heard } = aRequestHook();
  await expect(
    request.measure('RPC', 'call', () => {
      throw new StopUser();
    }),
  ).rejects.toThrow(StopUser);
  expect(recorder.samples).toEqual([]);
  expect(heard).toEqual([]);
});
