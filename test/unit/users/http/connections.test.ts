import { expect, test } from 'vitest';
import { nowMicros } from '../../../../src/clock.js';
import { Connection } from '../../../../src/users/http/connection.js';
import { readConnectionOptions } from '../../../../src/users/http/connectionOptions.js';
import { ConnectionPool, HttpUser } from '../../../../src/users/index.js';
import { anEnvironment } from '../../../builders.js';
import { until } from '../../../until.js';
import { aUser } from './builders.js';
import { httpServer, httpServerOnAllAddresses, scriptedServer } from './servers.js';

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('[105] users have connections of their own', async () => {
  await using server = await httpServer((_, response) => response.end('ok'));
  using one = aUser(server.url);
  using two = aUser(server.url);
  for (const { client } of [one, two, one, two]) await client.get('/');
  expect(server.connections).toBe(2);
});

test('[105] a shared pool of one connection serves all users, with cookies of their own', async () => {
  await using server = await httpServer((request, response) => {
    response.setHeader('set-cookie', `seen=${request.url?.slice(1)}`);
    response.end(request.headers.cookie ?? '');
  });
  const pool = new ConnectionPool({ connections: 1 });
  using one = aUser(server.url, { pool });
  using two = aUser(server.url, { pool });
  const responses = await Promise.all([
    one.client.get('/1'),
    two.client.get('/2'),
    one.client.get('/1'),
    two.client.get('/2'),
  ]);
  expect(responses.map((response) => response.status)).toEqual([200, 200, 200, 200]);
  expect((await one.client.get('/1')).text()).toBe('seen=1');
  expect((await two.client.get('/2')).text()).toBe('seen=2');
  expect(server.connections).toBe(1);
  expect(pool.connectionCount).toBe(1);
  one[Symbol.dispose]();
  expect((await two.client.get('/2')).status).toBe(200);
  expect(server.connections).toBe(1);
  pool.close();
  await until(() => server.sockets.size === 0);
});

test('closing a pool fails what waits in it, and it can be used again', async () => {
  await using server = await httpServer((request, response) => {
    if (request.url !== '/never') response.end('ok');
  });
  const pool = new ConnectionPool({ connections: 1 });
  using visitor = aUser(server.url, { pool });
  const stuck = visitor.client.get('/never');
  const waiting = visitor.client.get('/waits');
  await until(() => server.connections === 1);
  pool.close();
  expect((await waiting).error?.message).toContain('closed');
  expect((await stuck).status).toBe(0);
  expect((await visitor.client.get('/again')).status).toBe(200);
  pool.close();
});

test('[106] of twenty parallel requests ten are under way at a time: with 0.2 s each they take 0.4 s', async () => {
  let held: (() => void)[] = [];
  await using server = await httpServer((_, response) => held.push(() => response.end('ok')));
  using visitor = aUser(server.url);
  const start = performance.now();
  const calls = Promise.all(Array.from({ length: 20 }, () => visitor.client.get('/')));
  for (let wave = 0; wave < 2; wave++) {
    await until(() => held.length === 10);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(held).toHaveLength(10);
    const answers = held;
    held = [];
    for (const answer of answers) answer();
  }
  await calls;
  const times = visitor.recorder.samples.map(({ milliseconds }) => milliseconds ?? 0).sort((a, b) => a - b);
  expect(performance.now() - start).toBeGreaterThan(395);
  // Those that had to wait for a connection took the time of both.
  expect(times[9]).toBeGreaterThan(195);
  expect(times[10]).toBeGreaterThan(395);
  expect(server.connections).toBe(10);
});

test('a waiting user opens no connection, and one that waits after a call keeps its own', async () => {
  await using server = await httpServer((_, response) => response.end('ok'));
  const environment = anEnvironment({ host: server.url });
  class Visitor extends HttpUser {}
  const users = Array.from({ length: 20 }, () => new Visitor(environment));
  expect(users.every((user) => user.client.cookies.isEmpty)).toBe(true);
  expect(server.connections).toBe(0);
  using visitor = aUser(server.url);
  await visitor.client.get('/');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await visitor.client.get('/');
  expect(server.connections).toBe(1);
});

test('Connection: close makes the next request open a new connection', async () => {
  await using server = await httpServer((_, response) => response.end('ok'));
  using visitor = aUser(server.url);
  await visitor.client.get('/', { headers: { Connection: 'close' } });
  await visitor.client.get('/');
  expect(server.connections).toBe(2);
  expect(visitor.recorder.samples.map(({ error }) => error)).toEqual([undefined, undefined]);
});

test('a connection that the server closed while it was idle is replaced without a failure', async () => {
  await using server = await httpServer((_, response) => response.end('ok'));
  using visitor = aUser(server.url);
  for (let i = 0; i < 3; i++) {
    await visitor.client.get('/');
    for (const socket of server.sockets) socket.end();
    await until(() => server.sockets.size === 0);
  }
  expect(visitor.recorder.samples.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
  expect(server.connections).toBe(3);
});

/** Answers the first request of each connection, and ends it when the second arrives: as if it had been closed before. */
const closingOnReuse = () => {
  const served = new WeakSet<object>();
  return scriptedServer((_, socket) => {
    if (served.has(socket)) {
      socket.resetAndDestroy();
      return undefined;
    }
    served.add(socket);
    return answer;
  });
};

/** Long enough that a server may close a connection for being idle. */
const idle = () => new Promise((resolve) => setTimeout(resolve, 120));

test('a kept-alive connection that the server had closed is told apart from other failures', async () => {
  await using server = await closingOnReuse();
  using visitor = aUser(server.url);
  await visitor.client.get('/1');
  await idle();
  const stale = await visitor.client.get('/2');
  expect(stale.status).toBe(0);
  expect(stale.error?.name).toBe('StaleConnectionError');
  expect((await visitor.client.get('/3')).status).toBe(200);
  expect(visitor.recorder.samples[1]?.error).toBe(
    `StaleConnectionError: ${server.url} had closed the kept-alive connection when the request was sent`,
  );
});

test('a request on a stale connection is sent once more where that is asked for, as one sample', async () => {
  await using server = await closingOnReuse();
  using visitor = aUser(server.url, { retryStaleConnections: true });
  for (let i = 0; i < 4; i++) {
    expect((await visitor.client.post('/x', { json: { i } })).status).toBe(200);
    await idle();
  }
  expect(visitor.recorder.samples.map(({ error }) => error)).toEqual([undefined, undefined, undefined, undefined]);
  expect(server.connections).toBe(4);
});

test('a fresh connection that ends is never stale, nor one that ends long after the request', async () => {
  await using fresh = await scriptedServer((_, socket) => void socket.resetAndDestroy());
  using visitor = aUser(fresh.url, { retryStaleConnections: true });
  expect((await visitor.client.get('/')).error?.name).toBe('ConnectionResetError');
  expect(fresh.connections).toBe(1);
  let count = 0;
  await using crashing = await scriptedServer((_, socket) => {
    if (count++ === 0) return answer;
    setTimeout(() => socket.resetAndDestroy(), 1000);
    return undefined;
  });
  using other = aUser(crashing.url);
  await other.client.get('/');
  await idle();
  expect((await other.client.get('/')).error?.name).toBe('ConnectionResetError');
});

test('only a connection that served, was idle for a while, and ended soon after the request was stale', () => {
  const settings = readConnectionOptions({});
  const connection = new Connection({ settings, origin: 'http://h', hasRoom() {}, speaksHttp1() {}, discard() {} });
  const now = nowMicros();
  connection.release(now);
  expect(connection.wasStale(now + 200_000)).toBe(false);
  connection.served();
  expect(connection.wasStale(now + 200_000)).toBe(true);
  expect(connection.wasStale(now + 99_000)).toBe(false);
  connection.release(now - 10_000_000);
  expect(connection.wasStale(now - 5_000_000)).toBe(false);
  connection.destroy();
});

test('10 MB bodies go out and come back whole', async () => {
  const big = Buffer.alloc(10_000_000, 'abcdefghij');
  await using server = await httpServer((request, response) => request.pipe(response));
  using visitor = aUser(server.url);
  const response = await visitor.client.post('/', { body: big });
  expect(response.bytes.equals(big)).toBe(true);
  expect(visitor.recorder.only.bytes).toBe(10_000_000);
});

test('a user works with several origins at a time, each with its own connections', async () => {
  await using one = await httpServer((_, response) => response.end('one'));
  await using two = await httpServer((_, response) => response.end('two'));
  using visitor = aUser(one.url);
  for (let i = 0; i < 3; i++) {
    expect((await visitor.client.get('/')).text()).toBe('one');
    expect((await visitor.client.get(`${two.url}/`)).text()).toBe('two');
  }
  expect([one.connections, two.connections]).toEqual([1, 1]);
});

test('what the target sends unasked or before its time does not disturb later requests', async () => {
  let count = 0;
  await using server = await scriptedServer(() =>
    count++ === 0 ? `HTTP/1.1 103 Early Hints\r\n\r\n${answer}` : answer,
  );
  using visitor = aUser(server.url);
  expect((await visitor.client.get('/')).text()).toBe('ok');
  expect((await visitor.client.get('/')).text()).toBe('ok');
});

test('an idle connection is closed after its time, or when the server announces less', async () => {
  await using server = await scriptedServer(() => answer);
  using visitor = aUser(server.url, { keepAliveTimeoutSeconds: 0.05 });
  await visitor.client.get('/');
  await until(() => server.sockets.size === 0);
  await using announcing = await scriptedServer(() => answer.replace('\r\n\r\n', '\r\nKeep-Alive: timeout=1\r\n\r\n'));
  using other = aUser(announcing.url);
  await other.client.get('/');
  await until(() => announcing.sockets.size === 0);
});

test('a call that waits for a connection is ended by its time limit, and is never sent', async () => {
  const paths: (string | undefined)[] = [];
  await using server = await httpServer((request, response) => {
    paths.push(request.url);
    setTimeout(() => response.end(), 150);
  });
  using visitor = aUser(server.url, { concurrency: 1 });
  const slow = visitor.client.get('/slow');
  const waiting = await visitor.client.get('/waits', { timeoutSeconds: 0.04 });
  expect(waiting.error?.name).toBe('TimeoutError');
  await slow;
  await visitor.client.get('/after');
  expect(paths).toEqual(['/slow', '/after']);
});

test('a stale connection is told and retried behind interceptors too', async () => {
  await using server = await closingOnReuse();
  using visitor = aUser(server.url, {
    retryStaleConnections: true,
    interceptors: [(dispatch) => (options, handler) => dispatch(options, handler)],
  });
  await visitor.client.get('/1');
  await idle();
  expect((await visitor.client.get('/2')).status).toBe(200);
  expect(server.connections).toBe(2);
});

test('a user that meets many origins keeps the connections of a hundred at most', async () => {
  await using server = await httpServer((_, response) => response.end('ok'));
  const pool = new ConnectionPool();
  using visitor = aUser(server.url, { pool });
  // Every address of 127.0.0.0/8 is this machine's.
  await using everywhere = await httpServerOnAllAddresses();
  for (let i = 1; i <= 110; i++) {
    expect((await visitor.client.get(`http://127.0.1.${i}:${everywhere.port}/`)).status).toBe(200);
  }
  expect(pool.connectionCount).toBeLessThanOrEqual(100);
  pool.close();
});
