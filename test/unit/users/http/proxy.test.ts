import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { certificates } from '../../../certificates.js';
import { until } from '../../../until.js';
import { aUser } from './builders.js';
import { deadPort, httpServer, httpsServer, type TestServer, tcpServer } from './servers.js';

interface Proxy extends AsyncDisposable {
  readonly url: string;
  /** Request lines, with the proxy's authorization. */
  readonly seen: readonly string[];
}

/** A proxy for plain requests and for tunnels; with credentials it asks for them. */
async function aProxy(credentials?: string): Promise<Proxy> {
  const seen: string[] = [];
  const isAllowed = (header: string | undefined) =>
    credentials === undefined || header === `Basic ${Buffer.from(credentials).toString('base64')}`;
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    if (!isAllowed(request.headers['proxy-authorization'])) return response.writeHead(407).end();
    const outgoing = forward(request.url ?? '', { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.writeHead(502).end());
    return request.pipe(outgoing);
  });
  server.on('connect', (request, socket) => {
    seen.push(`CONNECT ${request.url}`);
    if (!isAllowed(request.headers['proxy-authorization'])) return socket.end('HTTP/1.1 407 No\r\n\r\n');
    const [host, port] = (request.url ?? '').split(':');
    const outgoing = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      outgoing.pipe(socket).pipe(outgoing);
    });
    outgoing.on('error', () => socket.destroy());
    return socket.on('error', () => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const greeting = () => httpServer((request, response) => response.end(`hello ${request.method} ${request.url}`));

test('plain requests go to the proxy whole, and keep their connection', async () => {
  await using server = await greeting();
  await using proxy = await aProxy();
  using visitor = aUser(server.url, { proxy: proxy.url });
  expect((await visitor.client.get('/x?a=1')).text()).toBe('hello GET /x?a=1');
  expect((await visitor.client.post('/y', { json: {} })).text()).toBe('hello POST /y');
  expect(proxy.seen).toEqual([`GET ${server.url}/x?a=1`, `POST ${server.url}/y`]);
  expect(visitor.recorder.samples.map(({ name, error }) => [name, error])).toEqual([
    ['/x?a=1', undefined],
    ['/y', undefined],
  ]);
});

test('https goes through a tunnel, and http where that is asked for', async () => {
  const { ca, server: pair } = await certificates();
  await using secure = await httpsServer(pair, (_, response) => response.end('secret'));
  await using plain = await greeting();
  await using proxy = await aProxy();
  using visitor = aUser(secure.url, { proxy: proxy.url, tls: { ca } });
  expect((await visitor.client.get('/')).text()).toBe('secret');
  using tunnelled = aUser(plain.url, { proxy: { url: proxy.url, tunnelsHttp: true } });
  expect((await tunnelled.client.get('/')).text()).toBe('hello GET /');
  expect(proxy.seen).toEqual([`CONNECT 127.0.0.1:${secure.port}`, `CONNECT 127.0.0.1:${plain.port}`]);
});

test('credentials in its URL are given to a proxy that asks for them; without them it is a proxy error', async () => {
  await using server = await greeting();
  await using proxy = await aProxy('me:pass');
  using visitor = aUser(server.url, { proxy: proxy.url.replace('//', '//me:pass@') });
  expect((await visitor.client.get('/')).status).toBe(200);
  using stranger = aUser(server.url, { proxy: proxy.url });
  const refused = await stranger.client.get('/');
  expect(refused.error?.name).toBe('ProxyError');
  expect(refused.status).toBe(0);
});

test('a proxy that is down is named in the error, its credentials are not', async () => {
  await using server = await greeting();
  const port = await deadPort();
  using visitor = aUser(server.url, { proxy: `http://me:pass@127.0.0.1:${port}` });
  const response = await visitor.client.get('/');
  expect(response.error?.message).toContain(`${server.url} (by the proxy http://***@127.0.0.1:${port})`);
  expect(response.error?.name).toBe('ConnectionRefusedError');
});

test('redirects, cookies, streams, timeouts and judged responses work behind a proxy', async () => {
  await using server: TestServer = await httpServer((request, response) => {
    if (request.url === '/never') return;
    if (request.url === '/from') response.writeHead(302, { location: '/to', 'set-cookie': 'a=1' });
    response.end(`${request.url} ${request.headers.cookie ?? ''}`);
  });
  await using proxy = await aProxy();
  using visitor = aUser(server.url, { proxy: proxy.url });
  const { client, recorder } = visitor;
  expect((await client.get('/from')).text()).toBe('/to a=1');
  expect(await (await client.get('/s', { stream: true })).text()).toBe('/s a=1');
  expect((await client.get('/never', { timeoutSeconds: 0.05 })).error?.name).toBe('TimeoutError');
  await client.get('/j', { catchResponse: (response) => response.failure('no') });
  expect(recorder.samples.map(({ error }) => error)).toEqual([
    undefined,
    undefined,
    'TimeoutError: not done within 0.05 s',
    'no',
  ]);
});

test('a stop ends requests behind a proxy', async () => {
  let requests = 0;
  await using server = await httpServer(() => {
    requests++;
  });
  await using proxy = await aProxy();
  using visitor = aUser(server.url, { proxy: proxy.url });
  const call = visitor.client.get('/never');
  call.catch(() => {});
  await until(() => requests === 1);
  visitor.user.activity.stop('stopped');
  await expect(call).rejects.toBe('stopped');
  expect(visitor.recorder.cutOffs).toBe(1);
});

test('a proxy that never answers when a tunnel is asked for fails the request', async () => {
  await using silent = await tcpServer(() => {});
  using visitor = aUser('https://127.0.0.1:1', { proxy: silent.url, connectionTimeoutSeconds: 0.3 });
  const response = await visitor.client.get('/');
  expect(response.error).toMatchObject({
    name: 'ConnectTimeoutError',
    message: `https://127.0.0.1:1 (by the proxy ${silent.url}) did not open a tunnel in time`,
  });
});

test('a proxy that closes the connection when a tunnel is asked for fails the request, and is asked once', async () => {
  await using closing = await tcpServer((socket) => socket.destroy());
  using visitor = aUser('https://127.0.0.1:1', { proxy: closing.url });
  const response = await visitor.client.get('/', { timeoutSeconds: 2 });
  expect(response.error).toMatchObject({
    name: 'ProxyError',
    message: 'the proxy closed the connection when it was asked for a tunnel',
  });
  expect(closing.connections).toBe(1);
});

test('the end of a user closes a connection on which it asks for a tunnel', async () => {
  await using silent = await tcpServer(() => {});
  const visitor = aUser('https://127.0.0.1:1', { proxy: silent.url });
  const call = visitor.client.get('/');
  call.catch(() => {});
  await until(() => silent.sockets.size === 1);
  visitor.user.activity.stop('stopped');
  visitor[Symbol.dispose]();
  await expect(call).rejects.toBe('stopped');
  await until(() => silent.sockets.size === 0);
});
