import { once } from 'node:events';
import { expect, test } from 'vitest';
import { StopUser } from '../../../../src/users/index.js';
import { until } from '../../../until.js';
import { aUser } from './builders.js';
import { httpServer } from './servers.js';

/** Sends its head and a first piece, and the rest 250 ms later. `/endless` never ends, nor does `/silent`; `/break` breaks off. */
const slow = () =>
  httpServer(async (request, response) => {
    if (request.url === '/missing') response.writeHead(404);
    if (request.url === '/sized') response.setHeader('content-length', 11);
    if (request.url === '/endless') {
      for (;;) if (!response.write(Buffer.alloc(100_000)) && !response.destroyed) await drained(response);
    }
    response.write('first ');
    if (request.url === '/silent') return;
    if (request.url === '/lines') response.write('line\r\nsecond li');
    await new Promise((resolve) => setTimeout(resolve, request.url === '/slow' ? 1000 : 10));
    if (request.url === '/break') response.destroy();
    response.end(request.url === '/lines' ? 'ne\n\nlast' : 'rest.');
  });

async function drained(response: NodeJS.EventEmitter): Promise<void> {
  const over = new AbortController();
  try {
    const { signal } = over;
    const closed = once(response, 'close', { signal }).then(() => Promise.reject(new Error('closed')));
    await Promise.race([once(response, 'drain', { signal }), closed]);
  } finally {
    over.abort();
  }
}

test('[91] the time of a plain request is that of the whole body, of a streamed one that to the headers', async () => {
  let finish: () => void = () => {};
  await using server = await httpServer((request, response) => {
    response.write('first ');
    finish = () => response.end('rest.');
    if (request.url === '/plain') setTimeout(finish, 250);
  });
  using visitor = aUser(server.url);
  await visitor.client.get('/plain');
  expect(visitor.recorder.only.milliseconds).toBeGreaterThan(245);
  const start = performance.now();
  const streamed = await visitor.client.get('/streamed', { stream: true });
  expect(visitor.recorder.samples[1]?.milliseconds).toBeLessThanOrEqual(performance.now() - start);
  finish();
  expect(await streamed.text()).toBe('first rest.');
  expect(visitor.recorder.samples).toHaveLength(2);
});

test('[107] a streamed response counts its Content-Length, without one 0', async () => {
  await using server = await slow();
  using visitor = aUser(server.url);
  await (await visitor.client.get('/sized', { stream: true })).bytes();
  await (await visitor.client.get('/unsized', { stream: true })).bytes();
  expect(visitor.recorder.samples.map(({ bytes }) => bytes)).toEqual([11, 0]);
});

test('the body is iterated piece by piece as it arrives', async () => {
  await using server = await slow();
  using visitor = aUser(server.url);
  const pieces: string[] = [];
  for await (const piece of await visitor.client.get('/pieces', { stream: true })) pieces.push(piece.toString());
  expect(pieces).toEqual(['first ', 'rest.']);
});

test('lines come without their ends, the last one also without one', async () => {
  await using server = await slow();
  using visitor = aUser(server.url);
  const lines: string[] = [];
  for await (const line of (await visitor.client.get('/lines', { stream: true })).lines()) lines.push(line);
  expect(lines).toEqual(['first line', 'second line', '', 'last']);
});

test('leaving the loop early, or cancel, lets go of the body and its connection; later requests work', async () => {
  await using server = await slow();
  using visitor = aUser(server.url, { concurrency: 1 });
  for await (const piece of await visitor.client.get('/endless', { stream: true })) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
  (await visitor.client.get('/endless', { stream: true })).cancel();
  expect((await visitor.client.get('/x')).text()).toBe('first rest.');
  await until(() => server.sockets.size === 1);
  expect(visitor.recorder.samples.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
});

test('a body that nobody reads holds the server back instead of filling the memory', async () => {
  let sent = 0;
  await using server = await httpServer(async (_, response) => {
    for (let i = 0; i < 600; i++) {
      sent += 100_000;
      if (!response.write(Buffer.alloc(100_000))) await drained(response);
    }
    response.end();
  });
  using visitor = aUser(server.url);
  const response = await visitor.client.get('/', { stream: true });
  let before = -1;
  await until(
    () => {
      const isStill = sent === before;
      before = sent;
      return isStill;
    },
    { intervalMs: 100 },
  );
  expect(sent).toBeLessThan(40_000_000);
  expect(await response.bytes()).toHaveLength(60_000_000);
});

test('a body that breaks off rejects whoever reads it, after what had arrived; the sample was taken before', async () => {
  await using server = await slow();
  using visitor = aUser(server.url);
  const pieces: string[] = [];
  const reading = async () => {
    for await (const piece of await visitor.client.get('/break', { stream: true })) pieces.push(piece.toString());
  };
  await expect(reading()).rejects.toMatchObject({ name: 'IncompleteBodyError' });
  expect(pieces).toEqual(['first ']);
  expect(visitor.recorder.only.error).toBeUndefined();
});

test('silence within a streamed body ends it after the network timeout', async () => {
  await using server = await slow();
  using visitor = aUser(server.url, { networkTimeoutSeconds: 2 });
  const response = await visitor.client.get('/silent', { stream: true });
  await expect(response.bytes()).rejects.toMatchObject({ name: 'NetworkTimeoutError' });
});

test('a failing status of a stream is a failure at its headers; its body can be read', async () => {
  await using server = await slow();
  using visitor = aUser(server.url);
  const response = await visitor.client.get('/missing', { stream: true });
  expect(response.ok).toBe(false);
  expect(visitor.recorder.only.error).toContain('404 Client Error');
  expect(await response.text()).toBe('first rest.');
});

test('a judged stream is counted at the end of its block, with the time to its headers', async () => {
  await using server = await slow();
  using visitor = aUser(server.url);
  let untilHead = 0;
  {
    const start = performance.now();
    await using response = await visitor.client.get('/slow', { stream: true, catchResponse: true });
    untilHead = performance.now() - start;
    expect(await response.text()).toBe('first rest.');
    expect(visitor.recorder.samples).toEqual([]);
    response.failure('by the body');
  }
  await visitor.client.get('/x', {
    stream: true,
    catchResponse: async (response) => {
      await expect(response.json()).rejects.toThrow('the body of /x is not JSON');
    },
  });
  {
    await using response = await visitor.client.get('/y', { stream: true, catchResponse: true });
    await expect(response.json()).rejects.toThrow();
  }
  expect(visitor.recorder.samples[0]?.milliseconds).toBeLessThanOrEqual(untilHead);
  expect(visitor.recorder.samples.map(({ error }) => error)).toEqual([
    'by the body',
    undefined,
    'JsonParseError: the body of /y is not JSON',
  ]);
});

test('a response without a body is a stream that ends at once', async () => {
  await using server = await httpServer((_, response) => response.writeHead(204).end());
  using visitor = aUser(server.url);
  expect(await (await visitor.client.get('/', { stream: true })).bytes()).toHaveLength(0);
  expect(await (await visitor.client.head('/', { stream: true })).text()).toBe('');
});

test('a server that goes on sending is not taken for silent because nobody reads', async () => {
  await using server = await httpServer((_, response) => {
    const ticking = setInterval(() => response.write('tick\n'), 20);
    response.on('close', () => clearInterval(ticking));
  });
  using visitor = aUser(server.url, { networkTimeoutSeconds: 1 });
  const response = await visitor.client.get('/', { stream: true });
  await new Promise((resolve) => setTimeout(resolve, 2500));
  let lines = 0;
  for await (const line of response.lines()) {
    expect(line).toBe('tick');
    if (++lines === 30) break;
  }
  expect(lines).toBe(30);
});

test('a server that is held back because nobody reads is not taken for silent', async () => {
  await using server = await slow();
  using visitor = aUser(server.url, { networkTimeoutSeconds: 1 });
  const response = await visitor.client.get('/endless', { stream: true });
  await new Promise((resolve) => setTimeout(resolve, 2500));
  let bytes = 0;
  for await (const piece of response) {
    bytes += piece.length;
    if (bytes > 10_000_000) break;
  }
  expect(bytes).toBeGreaterThan(10_000_000);
});

test('a listener that steers the user when a stream begins leaves no body behind', async () => {
  await using server = await slow();
  using visitor = aUser(server.url, { concurrency: 1 });
  visitor.environment.events.request.addListener(() => {
    throw new StopUser('enough');
  });
  await expect(visitor.client.get('/endless', { stream: true })).rejects.toThrow('enough');
  await until(() => server.sockets.size === 0);
});
