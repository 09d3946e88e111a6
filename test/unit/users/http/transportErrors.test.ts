import { expect, test } from 'vitest';
import { type Circumstances, transportError } from '../../../../src/users/http/transportError.js';
import type { HttpUser } from '../../../../src/users/index.js';
import { aUser } from './builders.js';
import { httpServer, scriptedServer, type TestServer, tcpServer } from './servers.js';

/** What one GET of this server is recorded as. */
async function failureOf(server: TestServer, statics: Partial<typeof HttpUser> = {}): Promise<string | undefined> {
  using visitor = aUser(server.url, statics);
  const response = await visitor.client.get('/x');
  expect(response.status).toBe(0);
  expect(response.ok).toBe(false);
  expect(`${response.error?.name}: ${response.error?.message}`).toBe(visitor.recorder.only.error);
  return visitor.recorder.only.error?.replace(server.url, 'SERVER');
}

test('a server that closes the connection without an answer', async () => {
  await using server = await scriptedServer((_, socket) => void socket.end());
  expect(await failureOf(server)).toBe('ConnectionClosedError: SERVER closed the connection without an answer');
});

test('a server that resets the connection, before its answer or within the body', async () => {
  await using early = await scriptedServer((_, socket) => void socket.resetAndDestroy());
  expect(await failureOf(early)).toBe('ConnectionResetError: SERVER reset the connection');
  await using late = await scriptedServer((_, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin');
    setTimeout(() => socket.resetAndDestroy(), 50);
    return undefined;
  });
  expect(await failureOf(late)).toBe('ConnectionResetError: SERVER reset the connection within the body');
});

test('a body shorter than its Content-Length is a failure, and so is a cut chunked one', async () => {
  await using short = await scriptedServer((_, socket) => {
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort');
    return undefined;
  });
  expect(await failureOf(short)).toMatch(/^IncompleteBodyError: SERVER /);
  await using closing = await scriptedServer((_, socket) => {
    socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\nshort');
    return undefined;
  });
  expect(await failureOf(closing)).toMatch(/^IncompleteBodyError: SERVER /);
  await using chunked = await scriptedServer((_, socket) => {
    socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n');
    return undefined;
  });
  expect(await failureOf(chunked)).toMatch(/^IncompleteBodyError: SERVER /);
});

test('a failure within the body shows the head of the answer in its details', async () => {
  await using server = await scriptedServer((_, socket) => {
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort');
    return undefined;
  });
  using visitor = aUser(server.url);
  await visitor.client.get('/x');
  expect(visitor.recorder.only.failure).toMatchObject({ response: '200 OK', bodyHead: 'short' });
});

test('what is no HTTP is a protocol error', async () => {
  await using server = await scriptedServer(() => 'SMTP ready\r\n\r\n');
  expect(await failureOf(server)).toMatch(/^ProtocolError: SERVER sent what is no valid HTTP/);
});

test('[106] a silent server fails after the network timeout, before its answer and within it', async () => {
  await using silent = await tcpServer(() => {});
  const start = performance.now();
  expect(await failureOf(silent, { networkTimeoutSeconds: 0.5 })).toBe(
    'NetworkTimeoutError: nothing was heard for 0.5 s',
  );
  expect(performance.now() - start).toBeGreaterThan(495);
  expect(performance.now() - start).toBeLessThan(10_000);
  await using stuck = await scriptedServer(() => 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin');
  expect(await failureOf(stuck, { networkTimeoutSeconds: 0.1 })).toBe(
    'NetworkTimeoutError: nothing was heard for 0.1 s',
  );
});

test('a body that trickles is no silence, but the time limit of the whole call ends it', async () => {
  await using server = await scriptedServer((_, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
    const trickle = setInterval(() => socket.write('x'), 30);
    socket.on('close', () => clearInterval(trickle));
    return undefined;
  });
  // far apart: on a busy machine the trickle itself may pause
  const limits = { networkTimeoutSeconds: 2, timeoutSeconds: 3 };
  expect(await failureOf(server, limits)).toBe('TimeoutError: not done within 3 s');
});

test('a request body that takes longer than the network timeout is no silence while it goes out', async () => {
  await using server = await httpServer((request, response) => request.resume().on('end', () => response.end('ok')));
  async function* slowly() {
    for (let i = 0; i < 8; i++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      yield 'piece';
    }
  }
  using visitor = aUser(server.url, { networkTimeoutSeconds: 1 });
  expect((await visitor.client.post('/', { body: slowly() })).status).toBe(200);
});

test('the time of a timed out request is the timeout, and its connection is closed', async () => {
  await using silent = await tcpServer(() => {});
  using visitor = aUser(silent.url);
  await visitor.client.get('/x', { timeoutSeconds: 0.15 });
  const { milliseconds } = visitor.recorder.only;
  expect(milliseconds).toBeGreaterThanOrEqual(149);
  expect(milliseconds).toBeLessThan(10_000);
});

test('a host name that does not exist', async () => {
  const host = `${'no-such-host'.repeat(6)}.invalid`; // too long for a name of DNS: no server is asked, which may take its time
  using visitor = aUser(`http://${host}`);
  const response = await visitor.client.get('/');
  expect(response.error?.name).toBe('DnsError');
  expect(response.error?.message).toContain(`the host name of http://${host} cannot be resolved`);
});

test('the time to open a connection, TLS included, is limited', async () => {
  await using silent = await tcpServer(() => {});
  using visitor = aUser(silent.url.replace('http', 'https'), { connectionTimeoutSeconds: 0.1 });
  const response = await visitor.client.get('/');
  expect(response.error?.name).toBe('ConnectTimeoutError');
  expect(response.responseTimeMs).toBeGreaterThanOrEqual(99);
  expect(response.responseTimeMs).toBeLessThan(10_000);
});

test('limits of the generator are named as such, also behind a host with several addresses', () => {
  const seen: Circumstances = { target: 'http://x', wasConnected: false, hadHead: false, wasStale: false };
  const withCode = (code: string) => Object.assign(new Error(code), { code });
  for (const code of ['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']) {
    const error = transportError(withCode(code), seen);
    expect(error.name).toBe('generator limit');
    expect(error.message).toContain(code);
  }
  const both = Object.assign(new AggregateError([withCode('ECONNREFUSED'), withCode('EMFILE')]), {
    code: 'ECONNREFUSED',
  });
  expect(transportError(both, seen).name).toBe('generator limit');
  expect(transportError(new AggregateError([withCode('ECONNREFUSED')]), seen).name).toBe('ConnectionRefusedError');
});

test('no local address to connect from is a limit of the generator', async () => {
  await using server = await tcpServer(() => {});
  // An address of no machine: the bind fails as it does when all ports are taken.
  expect(await failureOf(server, { localAddress: '203.0.113.7' })).toMatch(/^generator limit: no local port is left/);
});

test('every name of an error can come about, and none has an address or port of this machine in it', () => {
  const names = new Set<string>();
  const withCode = (code: string) => Object.assign(new Error(`connect from 10.0.0.9:5555 (${code})`), { code });
  for (const wasConnected of [false, true])
    for (const hadHead of [false, true])
      for (const wasStale of [false, true])
        for (const code of [
          ...[
            'ECONNREFUSED',
            'ECONNRESET',
            'EPIPE',
            'ENOTFOUND',
            'EAI_AGAIN',
            'EHOSTUNREACH',
            'ENETUNREACH',
            'ETIMEDOUT',
          ],
          ...['UND_ERR_SOCKET', 'UND_ERR_INFO', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'],
          ...['HPE_INVALID_EOF_STATE', 'ERR_SSL_WRONG_VERSION_NUMBER', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'],
        ]) {
          const error = transportError(withCode(code), { target: 'http://x', wasConnected, hadHead, wasStale });
          names.add(error.name);
          expect(error.message).not.toContain('5555');
        }
  expect([...names].sort()).toEqual([
    'ConnectTimeoutError',
    'ConnectionClosedError',
    'ConnectionRefusedError',
    'ConnectionResetError',
    'DnsError',
    'IncompleteBodyError',
    'NetworkTimeoutError',
    'RequestBodyError',
    'StaleConnectionError',
    'TlsError',
    'UnreachableError',
  ]);
});
