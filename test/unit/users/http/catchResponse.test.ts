import { expect, test } from 'vitest';
import type { RequestEvent } from '../../../../src/events/index.js';
import { CatchResponseError, InterruptTaskSet, RescheduleTask, ResponseError } from '../../../../src/users/index.js';
import { captureLog } from '../../../capturedLog.js';
import { until } from '../../../until.js';
import { aUser } from './builders.js';
import { httpServer } from './servers.js';

const shop = () =>
  httpServer((request, response) => {
    if (request.url === '/fail') response.writeHead(500);
    if (request.url === '/slow') return;
    response.end(request.url === '/json' ? '{"accepted":false}' : 'no json');
  });

test('[97] without a verdict the status decides, in both forms', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  const { client, recorder } = visitor;
  await client.get('/ok', { catchResponse: () => {} });
  await client.get('/fail', { catchResponse: async () => {} });
  {
    await using response = await client.get('/ok', { catchResponse: true });
    expect(recorder.samples).toHaveLength(2);
    expect(response.status).toBe(200);
  }
  {
    await using response = await client.get('/fail', { catchResponse: true });
    expect(response.ok).toBe(false);
  }
  expect(recorder.samples.map(({ error }) => error)).toEqual([
    undefined,
    'HTTPError: 500 Server Error: Internal Server Error for url: /fail',
    undefined,
    'HTTPError: 500 Server Error: Internal Server Error for url: /fail',
  ]);
});

test('[97] a failure on a good status, a success on a bad one; the last verdict counts, and one sample is taken', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  const { client, recorder } = visitor;
  await client.get('/ok', { catchResponse: (response) => response.failure('not what was asked') });
  await client.get('/fail', { catchResponse: (response) => response.success() });
  await client.get('/ok', {
    catchResponse: (response) => {
      response.failure('first');
      response.success();
      response.failure('last');
    },
  });
  {
    await using response = await client.get('/fail', { catchResponse: true });
    response.failure('no');
    response.success();
  }
  expect(recorder.samples.map(({ error }) => error)).toEqual(['not what was asked', undefined, 'last', undefined]);
});

test('[97] a failure may be anything: an error stays itself, all else is shown as text', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  const { client, recorder, environment } = visitor;
  const seen: unknown[] = [];
  environment.events.request.addListener(({ exception }) => seen.push(exception));
  const own = new RangeError('too much');
  for (const reason of [own, 'text', 7, { code: 3 }, undefined]) {
    await client.get('/ok', { catchResponse: (response) => response.failure(reason) });
  }
  expect(recorder.samples.map(({ error }) => error)).toEqual([
    'RangeError: too much',
    'text',
    '7',
    '{"code":3}',
    'undefined',
  ]);
  expect(seen[0]).toBe(own);
  expect(seen[1]).toBeInstanceOf(CatchResponseError);
});

test('[102] a ResponseError in the block is the failure, and the task goes on', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  const response = await visitor.client.get('/ok', {
    catchResponse: () => {
      throw new ResponseError('not so');
    },
  });
  expect(response.status).toBe(200);
  expect(visitor.recorder.only.error).toBe('ResponseError: not so');
});

test('[102] [98] any other exception drops the sample and goes on, unless there was a verdict', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  const { client, recorder } = visitor;
  for (const thrown of [new InterruptTaskSet(), new RescheduleTask(), new Error('mine')]) {
    const call = client.get('/ok', {
      catchResponse: () => {
        throw thrown;
      },
    });
    await expect(call).rejects.toBe(thrown);
  }
  expect(recorder.samples).toEqual([]);
  const call = client.get('/fail', {
    catchResponse: (response) => {
      response.success();
      throw new Error('after the verdict');
    },
  });
  await expect(call).rejects.toThrow('after the verdict');
  expect(recorder.only.error).toBeUndefined();
});

test('raiseForStatus in a block throws by the status, after failure() that failure, after success() nothing', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  const { client, recorder } = visitor;
  const raising = client.get('/fail', { catchResponse: (response) => response.raiseForStatus() });
  await expect(raising).rejects.toThrow('500 Server Error');
  expect(recorder.samples).toEqual([]);
  const failed = await client.get('/ok', { catchResponse: (response) => response.failure('mine') });
  expect(() => failed.raiseForStatus()).toThrow('mine');
  const passed = await client.get('/fail', { catchResponse: (response) => response.success() });
  expect(() => passed.raiseForStatus()).not.toThrow();
});

test('[94] name and other fields of the sample may be changed in the block, and new ones reach the event', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  const seen: RequestEvent[] = [];
  visitor.environment.events.request.addListener((event) => seen.push(event));
  await visitor.client.get('/ok?token=1', {
    catchResponse: ({ requestMeta }) => {
      requestMeta.name = '/renamed';
      requestMeta.responseTime = 12.5;
      requestMeta.responseLength = 3;
      requestMeta['extra'] = 'seen';
    },
  });
  expect(visitor.recorder.only).toMatchObject({ name: '/renamed', milliseconds: 12.5, bytes: 3 });
  expect(seen[0]).toMatchObject({ name: '/renamed', extra: 'seen', url: `${server.url}/ok?token=1` });
});

test('with await using, a json() that cannot be parsed is itself a failure, unless the test says otherwise', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  const { client, recorder } = visitor;
  const task = async () => {
    await using response = await client.get('/ok', { catchResponse: true });
    return response.json().accepted;
  };
  await expect(task()).rejects.toThrow('the body of /ok is not JSON');
  expect(recorder.only.error).toBe('JsonParseError: the body of /ok is not JSON');
  {
    await using response = await client.get('/ok', { catchResponse: true });
    expect(() => response.json()).toThrow();
    response.success();
  }
  expect(recorder.samples[1]?.error).toBeUndefined();
});

test('with a function, a json() that cannot be parsed is a throw like any other: caught, the status decides', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  await visitor.client.get('/ok', {
    catchResponse: (response) => expect(() => response.json()).toThrow('is not JSON'),
  });
  expect(visitor.recorder.only.error).toBeUndefined();
  const throwing = visitor.client.get('/ok', { catchResponse: (response) => response.json() });
  await expect(throwing).rejects.toMatchObject({ name: 'JsonParseError' });
  expect(visitor.recorder.samples).toHaveLength(1);
});

test('with await using, a throw cannot be seen: the status decides, and what was thrown goes on', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  const task = async () => {
    await using response = await visitor.client.get('/json', { catchResponse: true });
    if (!response.json().accepted) throw new Error('not accepted');
  };
  await expect(task()).rejects.toThrow('not accepted');
  expect(visitor.recorder.only.error).toBeUndefined();
});

test('with await using, a control exception of a listener goes on from the end of the block', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  visitor.environment.events.request.addListener(() => {
    throw new RescheduleTask();
  });
  const task = async () => {
    await using _response = await visitor.client.get('/ok', { catchResponse: true });
  };
  await expect(task()).rejects.toBeInstanceOf(RescheduleTask);
});

test('[99] a timeout in a judged request is one failure after the timeout', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  {
    await using response = await visitor.client.get('/slow', { catchResponse: true, timeoutSeconds: 0.1 });
    expect(response.status).toBe(0);
    expect(response.error?.name).toBe('TimeoutError');
  }
  const sample = visitor.recorder.only;
  expect(sample.error).toBe('TimeoutError: not done within 0.1 s');
  expect(sample.milliseconds).toBeGreaterThanOrEqual(99);
  expect(sample.milliseconds).toBeLessThan(10_000);
});

test('[100] verdicts and await using on a request without catchResponse say what is missing', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  const response = await visitor.client.get('/ok');
  // @ts-expect-error: the types say it too.
  expect(() => response.success()).toThrow(
    /success\(\) was called on .* without catchResponse, which is recorded already/,
  );
  // @ts-expect-error: the types say it too.
  expect(() => response.failure('x')).toThrow(/give the request catchResponse: true or a function/);
  const task = async () => {
    // @ts-expect-error: the types say it too.
    await using _response = await visitor.client.get('/ok');
  };
  await expect(task()).rejects.toMatchObject({ code: 'MISUSE' });
  expect(visitor.recorder.samples).toHaveLength(2);
});

test('[100] a verdict after the block is over says so', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  const kept: { failure(reason: unknown): void; success(): void }[] = [];
  await visitor.client.get('/ok', { catchResponse: (response) => kept.push(response) });
  expect(() => kept[0]?.failure('late')).toThrow(
    /failure\(\) was called when the catchResponse block of \/ok was over/,
  );
  expect(() => kept[0]?.success()).toThrow(/MISUSE|success\(\) was called/);
});

test('[100] a judged response that nobody disposes of is counted by its verdict or status when the user ends, with a warning', async () => {
  await using server = await shop();
  using log = captureLog();
  const visitor = aUser(server.url);
  const forgotten = await visitor.client.get('/fail', { catchResponse: true, name: '/forgotten' });
  forgotten.success();
  await visitor.client.get('/fail', { catchResponse: true, name: '/forgotten' });
  expect(visitor.recorder.samples).toEqual([]);
  visitor[Symbol.dispose]();
  expect(visitor.recorder.samples.map(({ error }) => error)).toEqual([
    undefined,
    'HTTPError: 500 Server Error: Internal Server Error for url: /forgotten',
  ]);
  expect(
    log.at('WARNING').filter((line) => line.includes('GET /forgotten with catchResponse: true was never disposed of')),
  ).toHaveLength(1);
});

test('judged responses that nobody disposes of do not pile up: beyond a hundred the oldest is counted', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  for (let i = 0; i < 105; i++) await visitor.client.get('/ok', { catchResponse: true, name: '/piled' });
  expect(visitor.recorder.samples).toHaveLength(5);
});

test('any number of blocks may be open at a time', async () => {
  await using server = await shop();
  using visitor = aUser(server.url);
  let open = 0;
  let go: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    go = resolve;
  });
  const judge = async (response: { failure(reason: unknown): void }) => {
    if (++open === 150) go();
    await all;
    response.failure('late');
  };
  await Promise.all(Array.from({ length: 150 }, () => visitor.client.get('/ok', { catchResponse: judge })));
  expect(visitor.recorder.samples.map(({ error }) => error)).toEqual(Array(150).fill('late'));
});

test('a block that is left behind with its user is not said to have been forgotten', async () => {
  await using server = await shop();
  using log = captureLog();
  const visitor = aUser(server.url);
  let isOpen = false;
  void visitor.client.get('/ok', {
    name: '/left-behind',
    catchResponse: () => {
      isOpen = true;
      return new Promise(() => {});
    },
  });
  await until(() => isOpen);
  visitor[Symbol.dispose]();
  expect(log.at('WARNING').filter((line) => line.includes('/left-behind'))).toEqual([]);
});
