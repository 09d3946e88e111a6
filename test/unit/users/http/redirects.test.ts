import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { RequestEvent } from '../../../../src/events/index.js';
import { isRedirect } from '../../../../src/users/http/redirect.js';
import fc from '../../../properties.js';
import { aUser } from './builders.js';
import { bodyOf, deadPort, httpServer } from './servers.js';

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `/to/302?x` redirects there with this status; `/away` to where `elsewhere` says; everything else is echoed. */
const redirecting = (elsewhere = '') =>
  httpServer(async (request, response) => {
    const body = await bodyOf(request);
    const status = /^\/to\/(\d+)/.exec(request.url ?? '')?.[1];
    if (request.url === '/slow') await new Promise((resolve) => setTimeout(resolve, 100));
    if (request.url === '/slow') response.writeHead(302, { location: '/to/302' });
    else if (request.url === '/loop') response.writeHead(302, { location: '/loop' });
    else if (request.url === '/away') response.writeHead(307, { location: elsewhere });
    else if (request.url === '/mail') response.writeHead(302, { location: 'mailto:a@b' });
    else if (request.url === '/nowhere') response.writeHead(302);
    else if (request.url === '/lost') response.writeHead(302, { location: 'missing' });
    else if (request.url === '/missing') response.writeHead(404);
    else if (status !== undefined) response.writeHead(Number(status), { location: '../landed?q=1#part' });
    response.end(
      JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body: body.toString() }),
    );
  });

test('[92] redirects are one sample, under the first URL and with the time of all', async () => {
  await using server = await redirecting();
  using visitor = aUser(server.url);
  const seen: RequestEvent[] = [];
  visitor.environment.events.request.addListener((event) => seen.push(event));
  const response = await visitor.client.get('/slow');
  expect(response.url).toBe(`${server.url}/landed?q=1`);
  expect(response.redirectCount).toBe(2);
  expect(visitor.recorder.only).toMatchObject({ type: 'GET', name: '/slow', error: undefined });
  expect(visitor.recorder.only.milliseconds).toBeGreaterThan(95);
  expect(visitor.recorder.only.bytes).toBe(response.bytes.length);
  expect(seen[0]?.url).toBe(`${server.url}/slow`);
  expect(server.connections).toBe(1);
});

test('[92] a redirect of a POST is counted as POST', async () => {
  await using server = await redirecting();
  using visitor = aUser(server.url);
  const response = await visitor.client.post('/to/303', { json: { a: 1 } });
  expect(response.json<Echo>()).toMatchObject({ method: 'GET', url: '/landed?q=1', body: '' });
  expect(response.json<Echo>().headers['content-type']).toBeUndefined();
  expect(visitor.recorder.only).toMatchObject({ type: 'POST', name: '/to/303' });
});

test.each([
  [301, 'POST', 'GET', ''],
  [301, 'PUT', 'PUT', 'x'],
  [302, 'POST', 'GET', ''],
  [302, 'PUT', 'GET', ''],
  [303, 'PUT', 'GET', ''],
  [303, 'HEAD', 'HEAD', ''],
  [307, 'POST', 'POST', 'x'],
  [308, 'PUT', 'PUT', 'x'],
])('a %i of a %s is followed by %s', async (status, method, followed, body) => {
  await using server = await redirecting();
  using visitor = aUser(server.url);
  const options = method === 'HEAD' ? {} : { body: 'x' };
  const response = await visitor.client.request(method, `/to/${status}`, { followRedirects: true, ...options });
  expect(response.status).toBe(200);
  if (method !== 'HEAD') expect(response.json<Echo>()).toMatchObject({ method: followed, body });
});

test('only these five statuses are redirects, and only with a location', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 599 }),
      (status) => isRedirect(status) === [301, 302, 303, 307, 308].includes(status),
    ),
  );
});

test('[106] followRedirects: false keeps the redirect, for this call alone; HEAD follows none by itself', async () => {
  await using server = await redirecting();
  using visitor = aUser(server.url);
  const kept = await visitor.client.get('/to/302', { followRedirects: false });
  expect(kept.status).toBe(302);
  expect(kept.headers['location']).toBe('../landed?q=1#part');
  expect((await visitor.client.get('/to/302')).status).toBe(200);
  expect((await visitor.client.head('/to/302')).status).toBe(302);
  expect((await visitor.client.get('/nowhere')).status).toBe(302);
  expect(visitor.recorder.samples.map(({ error }) => error)).toEqual([undefined, undefined, undefined, undefined]);
});

test('[106] too many redirects are a failure with status 0; maxRedirects 0 allows none', async () => {
  await using server = await redirecting();
  using visitor = aUser(server.url, { maxRedirects: 5 });
  const response = await visitor.client.get('/loop');
  expect(response.status).toBe(0);
  expect(visitor.recorder.only.error).toBe('TooManyRedirectsError: more than 5 redirects');
  using none = aUser(server.url, { maxRedirects: 0 });
  expect((await none.client.get('/to/302')).error?.name).toBe('TooManyRedirectsError');
});

test('a redirect to a failure is one sample that fails under the first name', async () => {
  await using server = await redirecting();
  using visitor = aUser(server.url);
  expect((await visitor.client.get('/lost')).url).toBe(`${server.url}/missing`);
  expect(visitor.recorder.only).toMatchObject({
    name: '/lost',
    error: 'HTTPError: 404 Client Error: Not Found for url: /lost',
  });
});

test('a redirect to what is no http URL, or with a streamed body that cannot be repeated, is a failure', async () => {
  await using server = await redirecting();
  using visitor = aUser(server.url);
  expect((await visitor.client.get('/mail')).error?.message).toBe(
    "the redirect's Location is no http:// or https:// URL",
  );
  const streamed = await visitor.client.post('/to/307', { body: Readable.from(['a', 'b']) });
  expect(streamed.error?.message).toContain('a streamed request body cannot be sent again');
});

test('credentials and cookies do not cross to another origin, other headers do', async () => {
  await using elsewhere = await redirecting();
  await using server = await redirecting(`http://localhost:${elsewhere.port}/there`);
  using visitor = aUser(server.url.replace('//', '//user:password@'));
  visitor.client.cookies.set('sid', 'secret');
  const response = await visitor.client.post('/away', {
    json: { a: 1 },
    headers: { 'X-Kept': 'yes', Host: 'virtual.example', Cookie: 'own=secret' },
  });
  const { headers, body } = response.json<Echo>();
  expect(response.url).toBe(`http://localhost:${elsewhere.port}/there`);
  expect(headers).toMatchObject({ 'x-kept': 'yes', host: `localhost:${elsewhere.port}` });
  expect(headers['authorization']).toBeUndefined();
  expect(headers['cookie']).toBeUndefined();
  expect(body).toBe('{"a":1}');
});

test('with stream: true a redirect is followed before the body is there', async () => {
  await using server = await redirecting();
  using visitor = aUser(server.url);
  const response = await visitor.client.get('/to/302', { stream: true });
  expect(response.status).toBe(200);
  expect((await response.json<Echo>()).url).toBe('/landed?q=1');
});

test('a redirect to where nobody answers has nothing of the answer before', async () => {
  const location = `http://127.0.0.1:${await deadPort()}/`;
  await using server = await httpServer((_, response) => {
    response.writeHead(302, 'Gone Over There', { location, 'set-cookie': 'a=1', 'content-encoding': 'gzip' }).end();
  });
  using visitor = aUser(server.url);
  const response = await visitor.client.get('/');
  expect(response.error?.name).toBe('ConnectionRefusedError');
  expect([response.headers, response.cookies, response.statusText]).toEqual([{}, {}, '']);
});
