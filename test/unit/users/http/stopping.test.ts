import { expect, test } from 'vitest';
import { ConnectionPool, HttpUser, StopUser } from '../../../../src/users/index.js';
import { anEnvironment } from '../../../builders.js';
import { until } from '../../../until.js';
import { aUser } from './builders.js';
import { httpServer, scriptedServer, tcpServer } from './servers.js';

const reason = new StopUser('stop');

test('a stop cuts a request off: it rejects, is counted as cut off and as no sample, and its connection ends', async () => {
  await using server = await httpServer(() => {});
  using visitor = aUser(server.url);
  const call = visitor.client.get('/never');
  await until(() => server.sockets.size === 1);
  visitor.user.activity.stop(reason);
  await expect(call).rejects.toBe(reason);
  expect(visitor.recorder.samples).toEqual([]);
  expect(visitor.recorder.cutOffs).toBe(1);
  await until(() => server.sockets.size === 0);
});

test('a stop while the body arrives, and of a call that is not recorded', async () => {
  await using server = await httpServer((_, response) => response.write('part'));
  using visitor = aUser(server.url);
  const calls = [visitor.client.get('/a'), visitor.client.get('/b', { record: false })];
  await until(() => server.sockets.size === 2);
  visitor.user.activity.stop(reason);
  for (const call of calls) await expect(call).rejects.toBe(reason);
  expect(visitor.recorder.cutOffs).toBe(1);
});

test('a call that nobody awaits is no unhandled rejection when its user is stopped', async () => {
  await using server = await httpServer(() => {});
  using visitor = aUser(server.url);
  const unhandled: unknown[] = [];
  const listener = (thrown: unknown) => unhandled.push(thrown);
  process.on('unhandledRejection', listener);
  visitor.client
    .get('/never')
    .finally(() => {})
    .catch(() => {});
  void visitor.client.get('/never');
  await until(() => server.sockets.size === 2);
  visitor.user.activity.stop(reason);
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off('unhandledRejection', listener);
  expect(unhandled).toEqual([]);
});

test('a stop while the connection is being opened ends the attempt', async () => {
  // Accepts nothing: the handshake of TLS never comes.
  await using server = await tcpServer(() => {});
  using visitor = aUser(server.url.replace('http', 'https'));
  const call = visitor.client.get('/');
  await until(() => server.sockets.size === 1);
  visitor.user.activity.stop(reason);
  await expect(call).rejects.toBe(reason);
  await until(() => server.sockets.size === 0);
});

test('a stop takes back what waits for a connection, and others go on', async () => {
  await using server = await httpServer((request, response) => {
    if (request.url === '/slow') setTimeout(() => response.end('slow'), 80);
    else response.end('ok');
  });
  const pool = new ConnectionPool({ connections: 1 });
  using leaving = aUser(server.url, { pool });
  using staying = aUser(server.url, { pool });
  const slow = staying.client.get('/slow');
  const waiting = leaving.client.get('/waits');
  const after = staying.client.get('/after');
  leaving.user.activity.stop(reason);
  await expect(waiting).rejects.toBe(reason);
  expect((await slow).text()).toBe('slow');
  expect((await after).text()).toBe('ok');
  expect(server.connections).toBe(1);
  pool.close();
});

test('after a stop a new call rejects only after a turn of the event loop, and is not sent', async () => {
  let requests = 0;
  await using server = await httpServer((_, response) => {
    requests++;
    response.end();
  });
  using visitor = aUser(server.url);
  visitor.user.activity.stop(reason);
  let hasTurned = false;
  setImmediate(() => {
    hasTurned = true;
  });
  await expect(visitor.client.get('/')).rejects.toBe(reason);
  expect(hasTurned).toBe(true);
  expect(requests).toBe(0);
  expect(visitor.recorder.cutOffs).toBe(0);
});

test('reading a stream is ended by a stop, and a task that goes on reading does not freeze the process', async () => {
  await using server = await httpServer((_, response) => response.write('begin'));
  using visitor = aUser(server.url);
  const response = await visitor.client.get('/', { stream: true });
  const pieces = response[Symbol.asyncIterator]();
  expect((await pieces.next()).value?.toString()).toBe('begin');
  const reading = pieces.next();
  visitor.user.activity.stop(reason);
  await expect(reading).rejects.toBe(reason);
  let reads = 0;
  const stubborn = async () => {
    while (reads < 1000) {
      reads++;
      await response.bytes().catch(() => {});
    }
  };
  void stubborn();
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
  expect(reads).toBeLessThan(100);
  visitor.user.activity.close();
  expect(visitor.recorder.cutOffs).toBe(0);
  await until(() => server.sockets.size === 0);
});

test('a forced stop ends a user in its request; onStop then works with the same client', async () => {
  const seen: string[] = [];
  await using server = await httpServer((request, response) => {
    seen.push(request.url ?? '');
    if (request.url !== '/never') response.end('bye');
  });
  class Visitor extends HttpUser {
    static override tasks = [(user: Visitor) => user.client.get('/never')];
    override async onStop() {
      seen.push((await this.client.get('/logout')).text());
    }
  }
  const environment = anEnvironment({ host: server.url });
  const user = new Visitor(environment);
  const over = user.start();
  await until(() => seen.includes('/never'));
  user.stop(true);
  await over;
  expect(seen).toEqual(['/never', '/logout', 'bye']);
  expect(environment.recorder.cutOffs).toBe(1);
  expect(environment.recorder.only.name).toBe('/logout');
  expect(environment.thrown).toEqual([]);
  await until(() => server.sockets.size === 0);
});

test('a user that is over leaves no connection behind', async () => {
  await using server = await scriptedServer(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const visitor = aUser(server.url);
  await Promise.all([visitor.client.get('/'), visitor.client.get('/')]);
  expect(server.sockets.size).toBe(2);
  visitor[Symbol.dispose]();
  await until(() => server.sockets.size === 0);
});

test('a timed out or stopped call does not spoil the connections of later calls', async () => {
  let count = 0;
  await using server = await httpServer((_, response) => {
    if (count++ % 2 === 1) response.end(`answer ${count}`);
  });
  using visitor = aUser(server.url, { concurrency: 1 });
  for (let i = 0; i < 5; i++) {
    expect((await visitor.client.get('/slow', { timeoutSeconds: 0.03 })).error?.name).toBe('TimeoutError');
    expect((await visitor.client.get('/fast')).text()).toBe(`answer ${2 * i + 2}`);
  }
});
