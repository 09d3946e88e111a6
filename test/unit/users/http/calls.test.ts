import { expect, test } from 'vitest';
import { TsloadError } from '../../../../src/errors.js';
import type { RequestEvent } from '../../../../src/events/index.js';
import { HttpUser, StopTest } from '../../../../src/users/index.js';
import { anEnvironment } from '../../../builders.js';
import { aUser } from './builders.js';
import { bodyOf, deadPort, httpServer } from './servers.js';

const echo = () =>
  httpServer(async (request, response) => {
    const body = await bodyOf(request);
    if (request.url === '/missing' || request.url === '/missing?a=1') response.writeHead(404);
    if (request.url === '/broken') response.writeHead(503, 'Out Of Order');
    if (request.url === '/teapot') response.writeHead(399);
    response.end(
      JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body: body.toString() }),
    );
  });

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

test('[93] every method is sent as itself; HEAD has no body, and its connection is used again', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  const { client } = visitor;
  for (const method of ['get', 'options', 'post', 'put', 'patch', 'delete'] as const) {
    const response = await client[method]('/x');
    expect(response.json<Echo>().method).toBe(method.toUpperCase());
  }
  const head = await client.head('/x');
  expect(head.status).toBe(200);
  expect(head.bytes).toHaveLength(0);
  await client.get('/x');
  expect(server.connections).toBe(1);
  expect(visitor.recorder.samples.map(({ type }) => type)).toEqual([
    ...['GET', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'GET'],
  ]);
});

test('a method given to request() is counted as it is written and sent in capitals', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  const response = await visitor.client.request('get', '/x');
  expect(response.json<Echo>().method).toBe('GET');
  expect(visitor.recorder.only.type).toBe('get');
});

test('a response tells status, headers, body as bytes, text and JSON, URL and time', async () => {
  await using server = await httpServer((_, response) => {
    response.writeHead(201, { 'content-type': 'application/json', 'X-Twice': ['a', 'b'] });
    response.end('{"deep":{"list":[1,2]}}');
  });
  using visitor = aUser(server.url);
  const response = await visitor.client.get('/made');
  expect(response.status).toBe(201);
  expect(response.statusCode).toBe(201);
  expect(response.statusText).toBe('Created');
  expect(response.ok).toBe(true);
  expect(response.error).toBeUndefined();
  expect(response.headers['content-type']).toBe('application/json');
  expect(response.headers['x-twice']).toBe('a, b');
  expect(response.headers['x-none']).toBeUndefined();
  expect(response.bytes.toString()).toBe('{"deep":{"list":[1,2]}}');
  expect(response.text()).toBe('{"deep":{"list":[1,2]}}');
  expect(response.json().deep?.list?.[1] === 2).toBe(true);
  expect(response.url).toBe(`${server.url}/made`);
  expect(response.responseTimeMs).toBe(visitor.recorder.only.milliseconds);
  expect(() => response.raiseForStatus()).not.toThrow();
});

test('the name is path and query of the request, only these for a whole URL, or what is given', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  const { client, recorder } = visitor;
  await client.get('/ok?a=1', { query: { b: ['x y', 2], c: undefined, d: null } });
  await client.get(`${server.url}/whole?z=1`);
  await client.get('/items/7', { name: '/items/[id]' });
  expect(recorder.samples.map(({ name }) => name)).toEqual(['/ok?a=1&b=x+y&b=2', '/whole?z=1', '/items/[id]']);
});

test('renameRequest names the requests of its block, an explicit name wins, and afterwards the default is back', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  const { client, recorder } = visitor;
  const result = await client.renameRequest('group', async () => {
    await client.get('/1');
    await client.get('/2', { name: 'own' });
    return 'done';
  });
  await client.get('/3');
  client.requestName = 'set';
  await client.get('/4');
  expect(result).toBe('done');
  expect(recorder.samples.map(({ name }) => name)).toEqual(['group', 'own', '/3', 'set']);
});

test('a block of renameRequest that throws gives the default name back', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  const block = () => visitor.client.renameRequest('group', () => Promise.reject(new Error('no')));
  await expect(block()).rejects.toThrow('no');
  expect(visitor.client.requestName).toBeUndefined();
});

test('[94] a status from 400 to 599 fails with the name in its text, also a replaced one; the url stays real', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  const { client, recorder, environment } = visitor;
  const seen: RequestEvent[] = [];
  environment.events.request.addListener((event) => seen.push(event));
  const missing = await client.get('/missing', { query: { a: 1 } });
  await client.get('/broken', { name: 'broken [x]' });
  await client.get('/teapot');
  expect(missing.ok).toBe(false);
  expect(missing.status).toBe(404);
  expect(() => missing.raiseForStatus()).toThrow('404 Client Error: Not Found for url: /missing?a=1');
  expect(recorder.samples.map(({ error }) => error)).toEqual([
    'HTTPError: 404 Client Error: Not Found for url: /missing?a=1',
    'HTTPError: 503 Server Error: Out Of Order for url: broken [x]',
    undefined,
  ]);
  expect(seen.map(({ url }) => url)).toEqual([
    `${server.url}/missing?a=1`,
    `${server.url}/broken`,
    `${server.url}/teapot`,
  ]);
  expect(String(seen[0]?.exception)).toBe('HTTPError: 404 Client Error: Not Found for url: /missing?a=1');
});

test('the request event has the fields of the contract and no others', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  const seen: RequestEvent[] = [];
  visitor.environment.events.request.addListener((event) => seen.push(event));
  const response = await visitor.client.get('/x');
  const [event] = seen;
  expect(Object.keys(event ?? {}).sort()).toEqual(
    [
      'context',
      'exception',
      'name',
      'requestType',
      'response',
      'responseLength',
      'responseTime',
      'startTime',
      'url',
    ].sort(),
  );
  expect(event).toMatchObject({
    requestType: 'GET',
    name: '/x',
    exception: undefined,
    response,
    url: `${server.url}/x`,
  });
  expect(event?.responseLength).toBe(response.bytes.length);
});

test('[95] context comes from the user and from the call, and the call wins', async () => {
  await using server = await echo();
  class Visitor extends HttpUser {
    override context() {
      return { who: 'user', kept: 1 };
    }
  }
  const environment = anEnvironment({ host: server.url });
  const seen: unknown[] = [];
  environment.events.request.addListener((event) => seen.push(event.context));
  const { client } = new Visitor(environment);
  await client.get('/a');
  await client.get('/b', { context: { who: 'call' } });
  await client.get('/c', { context: { who: 'judged' }, catchResponse: () => {} });
  expect(seen).toEqual([
    { who: 'user', kept: 1 },
    { who: 'call', kept: 1 },
    { who: 'judged', kept: 1 },
  ]);
});

test('[96] start time and response time together are the end of the request', async () => {
  const now = () => performance.timeOrigin + performance.now();
  let answered = 0;
  await using server = await httpServer(async (_, response) => {
    await new Promise((resolve) => setTimeout(resolve, 60));
    answered = now();
    response.end('x');
  });
  using visitor = aUser(server.url);
  const ends: number[] = [];
  visitor.environment.events.request.addListener(({ startTime, responseTime }) =>
    ends.push((startTime ?? 0) * 1000 + (responseTime ?? 0)),
  );
  await visitor.client.get('/');
  expect(ends[0]).toBeGreaterThan(answered - 10);
  expect(ends[0]).toBeLessThan(now() + 10);
  expect(visitor.recorder.only.milliseconds).toBeGreaterThan(55);
});

test('record: false is neither in the statistics nor in the event', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  let events = 0;
  visitor.environment.events.request.addListener(() => events++);
  expect((await visitor.client.get('/missing', { record: false })).status).toBe(404);
  await visitor.client.get('/x', { record: false, catchResponse: (response) => response.failure('no') });
  expect(visitor.recorder.samples).toEqual([]);
  expect(events).toBe(0);
});

test('response_length is the length of the body', async () => {
  await using server = await httpServer((_, response) => response.end('Grüße'));
  using visitor = aUser(server.url);
  await visitor.client.get('/');
  expect(visitor.recorder.only.bytes).toBe(7);
});

test('[90] what is no URL is thrown and is no sample', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  for (const url of ['ok', 'http://', 'https://:80/', 'http://a b/', `${'/'}\ud800`]) {
    const thrown = await visitor.client.get(url).catch((error: unknown) => error);
    expect(thrown, url).toBeInstanceOf(TsloadError);
    expect(thrown).toMatchObject({ code: 'BAD_REQUEST' });
  }
  expect(visitor.recorder.samples).toEqual([]);
});

test('what undici refuses to send is thrown and is no sample: a bad method, header or header value', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  const { client } = visitor;
  for (const call of [
    () => client.request('BAD METHOD', '/'),
    () => client.get('/', { headers: { 'transfer-encoding': 'chunked' } }),
    () => client.get('/', { headers: { x: 'a\r\nb: c' } }),
    () => client.get('/', { headers: { 'bad name': 'x' } }),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  }
  await client.get('/');
  expect(visitor.recorder.samples).toHaveLength(1);
});

test('a path may hold what a request line may not: it is encoded, and a fragment is not sent', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  const response = await visitor.client.get('/ä b?q=<x>#part');
  expect(response.json<Echo>().url).toBe('/%C3%A4%20b?q=%3Cx%3E');
});

test('the base URL is joined as text, with its path and with no slash inserted', async () => {
  await using server = await echo();
  using visitor = aUser(`${server.url}/api`);
  expect((await visitor.client.get('/x')).json<Echo>().url).toBe('/api/x');
  expect((await visitor.client.get('x')).json<Echo>().url).toBe('/apix');
  expect((await visitor.client.get('')).json<Echo>().url).toBe('/api');
  expect((await visitor.client.get('?q=1')).json<Echo>().url).toBe('/api?q=1');
});

test('[103] credentials in the host become Basic authorization, for this host only and if both are given', async () => {
  await using server = await echo();
  await using other = await echo();
  const withCredentials = server.url.replace('//', '//us%40er:p%3Aw@');
  using visitor = aUser(withCredentials);
  const { client } = visitor;
  const expected = `Basic ${Buffer.from('us@er:p:w').toString('base64')}`;
  expect((await client.get('/')).json<Echo>().headers['authorization']).toBe(expected);
  expect((await client.get(`${other.url}/`)).json<Echo>().headers['authorization']).toBeUndefined();
  expect((await client.get('/', { headers: { Authorization: 'mine' } })).json<Echo>().headers['authorization']).toBe(
    'mine',
  );
  expect((await client.get('/', { auth: ['a', 'b'] })).json<Echo>().headers['authorization']).toBe('Basic YTpi');
  expect(client.baseUrl).toBe(server.url);
  using half = aUser(server.url.replace('//', '//user@'));
  expect((await half.client.get('/')).json<Echo>().headers['authorization']).toBeUndefined();
  client.auth = undefined;
  expect((await client.get('/')).json<Echo>().headers['authorization']).toBeUndefined();
  client.auth = { username: 'a', password: 'b' };
  expect((await client.get('/')).json<Echo>().headers['authorization']).toBe('Basic YTpi');
});

test('headers: standard ones, those of the class, of the client and of the call, each over the one before', async () => {
  await using server = await echo();
  using visitor = aUser(server.url, {
    defaultHeaders: { 'X-Class': 'class', accept: 'text/plain', 'user-agent': null },
  });
  const { client } = visitor;
  const plain = (await client.get('/')).json<Echo>().headers;
  expect(plain).toMatchObject({ 'x-class': 'class', accept: 'text/plain', 'accept-encoding': 'gzip, deflate, br' });
  expect(plain['user-agent']).toBeUndefined();
  client.headers.set('X-CLASS', 'client');
  expect(client.headers.get('x-class')).toBe('client');
  expect((await client.get('/')).json<Echo>().headers['x-class']).toBe('client');
  const own = (await client.get('/', { headers: { 'x-class': 'call', 'X-Number': 7, Accept: null } })).json<Echo>()
    .headers;
  expect(own).toMatchObject({ 'x-class': 'call', 'x-number': '7' });
  expect(own['accept']).toBeUndefined();
  client.headers.delete('x-class');
  expect((await client.get('/')).json<Echo>().headers['x-class']).toBeUndefined();
});

test('[35] an HttpUser without host, or with one that is no URL, stops the test with an explanation', () => {
  class Shopper extends HttpUser {}
  expect(() => new Shopper(anEnvironment())).toThrow(StopTest);
  expect(() => new Shopper(anEnvironment())).toThrow(/Shopper has no host.*--host/);
  expect(() => new Shopper(anEnvironment({ host: 'localhost:80' }))).toThrow(StopTest);
  expect(() => new Shopper(anEnvironment({ host: 'ftp://user:secret@x/' }))).toThrow(
    'the host of Shopper must be an http:// or https:// URL but is "ftp://***@x/"',
  );
  class WithHost extends HttpUser {
    static override host = 'http://127.0.0.1:9';
  }
  expect(() => new WithHost(anEnvironment())).not.toThrow();
});

test('a control exception of a listener rejects the call', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  visitor.environment.events.request.addListener(() => {
    throw new StopTest('enough');
  });
  await expect(visitor.client.get('/')).rejects.toBeInstanceOf(StopTest);
  await expect(visitor.client.get('/', { catchResponse: () => {} })).rejects.toBeInstanceOf(StopTest);
  expect(visitor.recorder.samples).toHaveLength(2);
});

test('[89] a refused connection is status 0, is not thrown, and raiseForStatus throws it', async () => {
  const port = await deadPort();
  using visitor = aUser(`http://127.0.0.1:${port}`);
  const response = await visitor.client.get('/x');
  expect(response.status).toBe(0);
  expect(response.ok).toBe(false);
  expect(response.bytes).toHaveLength(0);
  expect(response.text()).toBe('');
  expect(response.headers).toEqual({});
  expect(() => response.raiseForStatus()).toThrow('refused the connection');
  expect(response.error?.name).toBe('ConnectionRefusedError');
  expect(visitor.recorder.only.error).toBe(`ConnectionRefusedError: http://127.0.0.1:${port} refused the connection`);
});

test('[93] OPTIONS tells the methods that the server names', async () => {
  await using server = await httpServer((_, response) =>
    response.writeHead(200, { Allow: 'OPTIONS, HEAD, GET' }).end(),
  );
  using visitor = aUser(server.url);
  expect((await visitor.client.options('/')).headers['allow']).toBe('OPTIONS, HEAD, GET');
});

test('[106] 204 is good, 404 fails, and a request that was refused still tells where it was meant to go', async () => {
  await using server = await httpServer((request, response) => response.writeHead(Number(request.url?.slice(1))).end());
  using visitor = aUser(server.url);
  expect((await visitor.client.get('/204')).ok).toBe(true);
  expect((await visitor.client.get('/404')).ok).toBe(false);
  const url = `http://127.0.0.1:${await deadPort()}`;
  using refused = aUser(url);
  const response = await refused.client.get('/x?a=1', { headers: { 'X-Own': '1' } });
  expect(response.url).toBe(`${url}/x?a=1`);
  expect(refused.recorder.only.failure).toMatchObject({
    request: `GET ${url}/x?a=1 HTTP/1.1`,
    requestHeaders: { 'X-Own': '1' },
  });
});

test('the first failures show request line, headers and body, with secrets masked', async () => {
  await using server = await httpServer((_, response) => {
    response.writeHead(500, { 'set-cookie': 'sid=hidden', 'x-shown': 'yes' });
    response.end('x'.repeat(3000));
  });
  using visitor = aUser(server.url);
  await visitor.client.post('/buy?api_key=hidden&a=1', {
    json: {},
    headers: {
      Authorization: 'Bearer hidden',
      Cookie: 'a=hidden',
      'X-Api-Key': 'hidden',
      'X-Auth-Token': 'hidden',
      'X-Other': 'shown',
    },
  });
  const { failure } = visitor.recorder.only;
  expect(failure?.request).toBe(`POST ${server.url}/buy?api_key=***&a=1 HTTP/1.1`);
  expect(failure?.requestHeaders).toMatchObject({
    Authorization: '***',
    Cookie: '***',
    'X-Api-Key': '***',
    'X-Other': 'shown',
  });
  expect(failure?.response).toBe('500 Internal Server Error');
  expect(failure?.responseHeaders).toMatchObject({ 'set-cookie': '***', 'x-shown': 'yes' });
  expect(failure?.bodyHead).toBe('x'.repeat(1000));
  expect(JSON.stringify(failure)).not.toContain('hidden');
});

test('options that cannot be used are named when the client is made', () => {
  const bad: readonly (readonly [Partial<typeof HttpUser>, string])[] = [
    [{ concurrency: 0 }, 'the number of connections must be a whole number above 0 but is 0'],
    [{ networkTimeoutSeconds: -1 }, 'networkTimeoutSeconds must be a number of seconds'],
    [{ maxRedirects: 1.5 }, 'maxRedirects must be a whole number'],
    [{ proxy: 'nowhere' }, 'proxy must be an http://, https:// or socks5:// URL but is "nowhere"'],
    [{ localAddress: 'here' }, 'localAddress must be an IP address'],
  ];
  for (const [statics, message] of bad) expect(() => aUser('http://127.0.0.1:1', statics).client).toThrow(message);
});

test.each([
  [{ headers: { 'x-a': true } }, 'the header "x-a" must be a string, a number or a list of strings but is a boolean'],
  [{ headers: 'x-a: b' }, 'headers must be an object or pairs but are string'],
  [{ auth: 'me:pass' }, 'auth must be { username, password } or a pair of them'],
  [{ form: { a: { b: 1 } } }, 'the value of "a" in a query or form must be text'],
  [{ query: { a: new Date(0) } }, 'the value of "a" in a query or form must be text'],
])('what only plain JavaScript can write is refused in a sentence: %j', async (options, message) => {
  using visitor = aUser('http://127.0.0.1:1');
  const sent: Promise<unknown> = Reflect.apply(visitor.client.get, visitor.client, ['/', options]);
  await expect(sent).rejects.toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining(message) });
  expect(visitor.recorder.samples).toEqual([]);
});

test('options that are null are none', async () => {
  await using server = await httpServer((_, response) => response.end('ok'));
  using visitor = aUser(server.url);
  for (const options of [null, { headers: null, query: null, auth: null }]) {
    const response: unknown = await Reflect.apply(visitor.client.get, visitor.client, ['/', options]);
    expect(response).toMatchObject({ status: 200 });
  }
});
