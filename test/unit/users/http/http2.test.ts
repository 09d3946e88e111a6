import type { ServerHttp2Stream } from 'node:http2';
import { expect, test } from 'vitest';
import { captureLog } from '../../../capturedLog.js';
import { certificates } from '../../../certificates.js';
import { until } from '../../../until.js';
import { aUser } from './builders.js';
import { bodyOf, h2cServer, http2Server, httpsServer } from './servers.js';

test('http2: true negotiates HTTP/2 over TLS; parallel requests share one connection', async () => {
  const { ca, server: pair } = await certificates();
  let atOnce = 0;
  let most = 0;
  await using server = await http2Server(pair, async (request, response) => {
    most = Math.max(most, ++atOnce);
    const body = await bodyOf(request);
    await until(() => most >= 10);
    await new Promise((resolve) => setTimeout(resolve, 50)); // for an eleventh
    atOnce--;
    response.end(`${request.httpVersion} ${request.method} ${request.url} ${body}`);
  });
  using visitor = aUser(server.url, { http2: true, tls: { ca } });
  const calls = Array.from({ length: 12 }, (_, i) => visitor.client.post(`/${i}`, { json: i }));
  const texts = (await Promise.all(calls)).map((response) => response.text());
  expect(texts).toEqual(Array.from({ length: 12 }, (_, i) => `2.0 POST /${i} ${i}`));
  expect(server.connections).toBe(1);
  expect(most).toBe(10);
  expect(visitor.recorder.samples.every(({ error }) => error === undefined)).toBe(true);
});

test('without http2 the same server is spoken to in HTTP/1.1', async () => {
  const { ca, server: pair } = await certificates();
  await using server = await http2Server(pair, (request, response) => response.end(request.httpVersion));
  using visitor = aUser(server.url, { tls: { ca } });
  expect((await visitor.client.get('/')).text()).toBe('1.1');
});

test('http2: true over http needs a server that knows', async () => {
  await using server = await h2cServer((request, response) => response.end(request.httpVersion));
  using visitor = aUser(server.url, { http2: true });
  expect((await visitor.client.get('/')).text()).toBe('2.0');
  expect((await visitor.client.get('/', { stream: true })).status).toBe(200);
});

test('a server that does not speak HTTP/2 is served in HTTP/1.1 over several connections, with a warning', async () => {
  const { ca, server: pair } = await certificates();
  await using server = await httpsServer(pair, (request, response) =>
    setTimeout(() => response.end(request.httpVersion), 20),
  );
  using log = captureLog();
  using visitor = aUser(server.url, { http2: true, tls: { ca }, concurrency: 3 });
  expect((await visitor.client.get('/')).text()).toBe('1.1');
  const responses = await Promise.all(Array.from({ length: 6 }, () => visitor.client.get('/')));
  expect(responses.map((response) => response.text())).toEqual(Array(6).fill('1.1'));
  expect(server.connections).toBe(3);
  expect(log.at('WARNING').filter((line) => line.includes('does not speak HTTP/2'))).toHaveLength(1);
});

test('over HTTP/2 a failing status has its usual words, and a stream can be let go of', async () => {
  await using server = await h2cServer((request, response) => {
    if (request.url === '/missing') response.writeHead(404);
    if (request.url === '/endless') response.write('begin');
    else response.end('ok');
  });
  using visitor = aUser(server.url, { http2: true });
  await visitor.client.get('/missing');
  expect(visitor.recorder.samples[0]?.error).toBe('HTTPError: 404 Client Error: Not Found for url: /missing');
  expect(visitor.recorder.samples[0]?.failure?.request).toBe(`GET ${server.url}/missing HTTP/2`);
  for await (const piece of await visitor.client.get('/endless', { stream: true })) {
    expect(piece.toString()).toBe('begin');
    break;
  }
  expect((await visitor.client.get('/', { timeoutSeconds: 5 })).text()).toBe('ok');
  expect(server.connections).toBe(1);
});

test('over HTTP/2 a reset stream, a short body and a session that goes away are failures with names', async () => {
  await using server = await h2cServer((request, response) => {
    const stream: ServerHttp2Stream = Reflect.get(response, 'stream');
    if (request.url === '/reset') stream.close(2);
    else if (request.url === '/short') {
      response.setHeader('content-length', 100);
      response.end('short');
    } else if (request.url === '/goaway') stream.session?.destroy();
    else response.end('ok');
  });
  using visitor = aUser(server.url, { http2: true });
  for (const path of ['/reset', '/short', '/goaway']) expect((await visitor.client.get(path)).status, path).toBe(0);
  expect((await visitor.client.get('/after')).text()).toBe('ok');
  const errors = visitor.recorder.samples.map(({ error }) => error);
  const names = errors.map((error) => error?.split(':')[0]);
  expect(errors[0]).toBe(`ConnectionResetError: ${server.url} reset the stream (NGHTTP2_INTERNAL_ERROR)`);
  expect(names[1]).toBe('ProtocolError');
  expect(names[2]).toMatch(/^(Stale|)Connection(Closed|Reset|)Error$/);
});

test('a stop over HTTP/2 cancels the request', async () => {
  let requests = 0;
  const closed: string[] = [];
  await using server = await h2cServer((request) => {
    requests++;
    const stream: ServerHttp2Stream = Reflect.get(request, 'stream');
    stream.on('close', () => closed.push(request.url ?? ''));
  });
  using visitor = aUser(server.url, { http2: true });
  const calls = [visitor.client.get('/1'), visitor.client.get('/2')];
  for (const call of calls) call.catch(() => {});
  await until(() => requests === 2);
  visitor.user.activity.stop('stopped');
  for (const call of calls) await expect(call).rejects.toBe('stopped');
  expect(visitor.recorder.cutOffs).toBe(2);
  await until(() => closed.length === 2);
});
