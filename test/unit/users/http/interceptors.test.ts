import { interceptors as undiciInterceptors } from 'undici';
import { expect, test } from 'vitest';
import type { HttpInterceptor } from '../../../../src/users/index.js';
import { until } from '../../../until.js';
import { aUser } from './builders.js';
import { httpServer } from './servers.js';

/** Adds its name to a header, in the order in which interceptors see the request. */
const named =
  (name: string): HttpInterceptor =>
  (dispatch) =>
  (options, handler) => {
    const before = Reflect.get(options.headers ?? {}, 'x-order') ?? '';
    return dispatch({ ...options, headers: { ...options.headers, 'x-order': `${before}${name}` } }, handler);
  };

const headersOf = () => httpServer((request, response) => response.end(JSON.stringify(request.headers)));

test('the first interceptor is the outermost', async () => {
  await using server = await headersOf();
  using visitor = aUser(server.url, { interceptors: [named('a'), named('b'), named('c')] });
  const response = await visitor.client.get('/', { headers: { 'x-own': '1' } });
  expect(response.json()).toMatchObject({ 'x-order': 'abc', 'x-own': '1', 'user-agent': 'tsload' });
});

test('work of an interceptor before the first attempt is not in the response time', async () => {
  await using server = await httpServer((_, response) => setTimeout(() => response.end('ok'), 20));
  const slow: HttpInterceptor = (dispatch) => (options, handler) => {
    setTimeout(() => dispatch(options, handler), 300);
    return true;
  };
  using visitor = aUser(server.url, { interceptors: [slow] });
  const start = performance.now();
  await visitor.client.get('/');
  const elapsed = performance.now() - start;
  expect(visitor.recorder.only.milliseconds).toBeGreaterThan(15);
  expect(visitor.recorder.only.milliseconds).toBeLessThan(elapsed - 295);
});

test('waiting for a connection after the interceptors is in the response time', async () => {
  await using server = await httpServer((_, response) => setTimeout(() => response.end('ok'), 100));
  using visitor = aUser(server.url, { interceptors: [named('a')], concurrency: 1 });
  await Promise.all([visitor.client.get('/'), visitor.client.get('/')]);
  expect(visitor.recorder.samples[1]?.milliseconds).toBeGreaterThan(195);
});

test("undici's retry interceptor: its attempts are one sample with the time of all", async () => {
  let count = 0;
  await using server = await httpServer((_, response) => {
    if (count++ < 2) response.writeHead(503);
    response.end('ok');
  });
  const retry = undiciInterceptors.retry({ minTimeout: 60, timeoutFactor: 1, maxRetries: 3 });
  using visitor = aUser(server.url, { interceptors: [retry] });
  const response = await visitor.client.get('/');
  expect(response.status).toBe(200);
  expect(count).toBe(3);
  expect(visitor.recorder.only.error).toBeUndefined();
  expect(visitor.recorder.only.milliseconds).toBeGreaterThan(110);
});

test('an interceptor that logs in again and repeats the request is inside the one sample', async () => {
  const paths: string[] = [];
  await using server = await httpServer((request, response) => {
    paths.push(`${request.url} ${request.headers.authorization ?? ''}`.trim());
    if (request.url === '/x' && request.headers.authorization === undefined) response.writeHead(401);
    response.end();
  });
  const login: HttpInterceptor = (dispatch) => (options, handler) => {
    const again = () => dispatch({ ...options, headers: { ...options.headers, authorization: 'token' } }, handler);
    return dispatch(options, {
      onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
      onResponseStart: (controller, status) => {
        if (status !== 401) throw new Error('this server asks for a token');
        controller.resume();
      },
      onResponseData: () => {},
      onResponseEnd: () => void again(),
      onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
    });
  };
  using visitor = aUser(server.url, { interceptors: [login] });
  expect((await visitor.client.get('/x')).status).toBe(200);
  expect(paths).toEqual(['/x', '/x token']);
  expect(visitor.recorder.only.error).toBeUndefined();
});

test("each hop of a redirect passes the interceptors; undici's own redirect interceptor works as well", async () => {
  const seen: string[] = [];
  await using server = await httpServer((request, response) => {
    seen.push(`${request.url} ${request.headers['x-order']}`);
    if (request.url === '/from') response.writeHead(302, { location: '/to' });
    response.end('body');
  });
  using visitor = aUser(server.url, { interceptors: [named('a')] });
  expect((await visitor.client.get('/from')).url).toBe(`${server.url}/to`);
  using other = aUser(server.url, { interceptors: [undiciInterceptors.redirect({ maxRedirections: 3 }), named('b')] });
  expect((await other.client.get('/from')).text()).toBe('body');
  expect(seen).toEqual(['/from a', '/to a', '/from b', '/to b']);
  expect(visitor.recorder.only.name).toBe('/from');
});

test("undici's decompress and responseError interceptors do not disturb", async () => {
  await using server = await httpServer((request, response) => {
    if (request.url === '/bad') response.writeHead(500);
    response.end('plain');
  });
  using visitor = aUser(server.url, {
    interceptors: [undiciInterceptors.responseError(), undiciInterceptors.decompress()],
  });
  expect((await visitor.client.get('/')).text()).toBe('plain');
  const bad = await visitor.client.get('/bad');
  expect(bad.status).toBe(0);
  expect(bad.error?.message).toContain('Response Error');
});

test('an interceptor that answers by itself is a sample too', async () => {
  const mock: HttpInterceptor = () => (_, handler) => {
    const controller = { aborted: false, paused: false, reason: null, abort() {}, pause() {}, resume() {} };
    handler.onRequestStart?.(controller, {});
    handler.onResponseStart?.(controller, 200, { 'content-type': 'text/plain' }, 'OK');
    handler.onResponseData?.(controller, Buffer.from('mocked'));
    handler.onResponseEnd?.(controller, {});
    return true;
  };
  using visitor = aUser('http://127.0.0.1:1', { interceptors: [mock] });
  const response = await visitor.client.get('/');
  expect(response.text()).toBe('mocked');
  expect(response.headers['content-type']).toBe('text/plain');
  expect(visitor.recorder.only.milliseconds).toBeLessThan(10_000);
});

test('an interceptor that throws rejects the call, which is no sample', async () => {
  const throwing: HttpInterceptor = () => () => {
    throw new Error('broken interceptor');
  };
  using visitor = aUser('http://127.0.0.1:1', { interceptors: [throwing] });
  await expect(visitor.client.get('/')).rejects.toThrow('broken interceptor');
  expect(visitor.recorder.samples).toEqual([]);
});

test('streams, failures, stale connections and concurrency work behind interceptors', async () => {
  await using server = await httpServer((request, response) => {
    if (request.url === '/slow') setTimeout(() => response.end('slow'), 100);
    else if (request.url === '/close') request.socket.destroy();
    else response.end('x'.repeat(200_000));
  });
  using visitor = aUser(server.url, { interceptors: [named('a')], concurrency: 2 });
  const { client } = visitor;
  const response = await client.get('/', { stream: true });
  expect(await response.bytes()).toHaveLength(200_000);
  const start = performance.now();
  await Promise.all([client.get('/slow'), client.get('/slow'), client.get('/slow'), client.get('/slow')]);
  expect(performance.now() - start).toBeGreaterThan(190);
  expect(server.connections).toBe(2);
  expect((await client.get('/close')).error?.name).toMatch(/StaleConnectionError|Connection(Closed|Reset)Error/);
  expect((await client.get('/')).bytes).toHaveLength(200_000);
});

test('a stop ends a request behind interceptors, also one that an interceptor holds back', async () => {
  let requests = 0;
  await using server = await httpServer(() => {
    requests++;
  });
  using visitor = aUser(server.url, { interceptors: [named('a')] });
  const call = visitor.client.get('/');
  call.catch(() => {});
  await until(() => requests === 1);
  visitor.user.activity.stop('stopped');
  await expect(call).rejects.toBe('stopped');
  expect(visitor.recorder.cutOffs).toBe(1);
  const holding: HttpInterceptor = (dispatch) => (options, handler) => {
    setTimeout(() => dispatch(options, handler), 50);
    return true;
  };
  using held = aUser(server.url, { interceptors: [holding] });
  const late = held.client.get('/');
  held.user.activity.stop('stopped');
  await expect(late).rejects.toBe('stopped');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(requests).toBe(1);
  expect(held.recorder.cutOffs).toBe(0);
});

test('what is no list of functions is refused', () => {
  const statics = { interceptors: ['no function'] };
  expect(() => Reflect.apply(aUser, undefined, ['http://127.0.0.1:1', statics]).client).toThrow(
    'interceptors must be a list of functions',
  );
});

test('an interceptor that answers without telling of a request has a time from that moment', async () => {
  const controller = { aborted: false, paused: false, reason: null, abort() {}, pause() {}, resume() {} };
  const answering: HttpInterceptor = () => (_options, handler) => {
    handler.onResponseStart?.(controller, 200, {}, 'OK');
    handler.onResponseEnd?.(controller, {});
    return true;
  };
  using visitor = aUser('http://127.0.0.1:1', { interceptors: [answering] });
  const start = performance.now();
  expect((await visitor.client.get('/')).status).toBe(200);
  expect(visitor.recorder.only.milliseconds).toBeLessThanOrEqual(performance.now() - start);
});

test('an interceptor that lets a request through when its user is over opens no connection', async () => {
  await using server = await headersOf();
  let letThrough: () => void = () => {};
  const waiting: HttpInterceptor = (dispatch) => (options, handler) => {
    letThrough = () => dispatch(options, handler);
    return true;
  };
  const visitor = aUser(server.url, { interceptors: [waiting] });
  const call = visitor.client.get('/');
  call.catch(() => {});
  visitor.user.activity.stop('stopped');
  visitor[Symbol.dispose]();
  letThrough();
  await expect(call).rejects.toBe('stopped');
  using other = aUser(server.url);
  await other.client.get('/');
  expect(server.connections).toBe(1);
});
