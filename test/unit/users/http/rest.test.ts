import assert from 'node:assert';
import { expect, test } from 'vitest';
import { InterruptTaskSet, StopUser } from '../../../../src/users/index.js';
import { aUser } from './builders.js';
import { deadPort, httpServer } from './servers.js';

const service = () =>
  httpServer((request, response) => {
    if (request.url === '/bad') response.writeHead(500);
    if (request.url === '/html') response.writeHead(500);
    if (request.url === '/html') response.end('<html>not here</html>');
    else if (request.url === '/empty') response.end();
    else
      response.end(
        JSON.stringify({
          foo: 1,
          accept: request.headers.accept,
          type: request.headers['content-type'],
          url: request.url,
        }),
      );
  });

test('[108] an assertion that fails is the failure, its message in full or "Assertion failed"', async () => {
  await using server = await service();
  using visitor = aUser(server.url);
  const { client, recorder } = visitor;
  await client.rest('GET', '/', (response) => assert.equal(response.js?.foo, 2, 'foo is not 2'));
  await client.rest('GET', '/', (response) => assert(response.js?.foo === 2, 'foo is wrong,'));
  await client.rest('GET', '/', (response) => assert(response.js?.foo === 2));
  await client.rest('GET', '/', (response) => assert(response.js?.foo === 1));
  expect(recorder.samples.map(({ error }) => error?.slice(0, 40))).toEqual([
    'foo is not 2',
    'foo is wrong, response was {"foo":1,"acc',
    'Assertion failed',
    undefined,
  ]);
});

test('JSON is asked for and sent, unless the test says otherwise', async () => {
  await using server = await service();
  using visitor = aUser(server.url);
  const plain = await visitor.client.rest('POST', '/', { json: {} });
  expect(plain.js).toMatchObject({ accept: 'application/json', type: 'application/json' });
  const own = await visitor.client.rest('GET', '/', { headers: { Accept: 'text/x' } });
  expect(own.js).toMatchObject({ accept: 'text/x' });
});

test('what is no JSON is a failure, also with a bad status; an empty body is null and no failure', async () => {
  await using server = await service();
  using visitor = aUser(server.url);
  const { client, recorder } = visitor;
  const html = await client.rest('GET', '/html');
  expect(html.js).toBeNull();
  expect(recorder.samples[0]?.error).toMatch(
    /^the response is not JSON: <html>not here<\/html>, response code 500, error /,
  );
  const empty = await client.rest('GET', '/empty');
  expect(empty.js).toBeNull();
  await client.rest('GET', '/bad');
  await client.rest('GET', '/html', (response) => response.success());
  expect(recorder.samples.slice(1).map(({ error }) => error)).toEqual([
    undefined,
    'HTTPError: 500 Server Error: Internal Server Error for url: /bad',
    undefined,
  ]);
});

test('no answer is the failure of its connection', async () => {
  using visitor = aUser(`http://127.0.0.1:${await deadPort()}`);
  const response = await visitor.client.rest('GET', '/');
  expect(response.js).toBeNull();
  expect(visitor.recorder.only.error).toMatch(/^ConnectionRefusedError: /);
});

test('any other exception fails the request with its place and goes no further', async () => {
  await using server = await service();
  using visitor = aUser(server.url);
  await visitor.user.rest('GET', '/', () => {
    throw new RangeError('too far');
  });
  expect(visitor.recorder.only.error).toMatch(
    // of the test alone: what called it in tsload tells nobody anything
    /^RangeError: too far at (?:\S*rest\.test\.ts:\d+(?:, |\. ))+Response was \{"foo":1/,
  );
});

test('a control exception drops the sample and goes on: swallowing a stop would keep the user running', async () => {
  await using server = await service();
  using visitor = aUser(server.url);
  for (const thrown of [new StopUser(), new InterruptTaskSet()]) {
    const call = visitor.client.rest('GET', '/', () => {
      throw thrown;
    });
    await expect(call).rejects.toBe(thrown);
  }
  expect(visitor.recorder.samples).toEqual([]);
});

test('rest_ defeats caches with a parameter that is no part of the name', async () => {
  await using server = await service();
  using visitor = aUser(server.url);
  const response = await visitor.client.rest_('GET', '/x?a=1');
  expect(response.js?.url).toMatch(/^\/x\?a=1&_=\d+$/);
  await visitor.client.rest_('GET', '/y', { name: 'own' }, () => {});
  expect(visitor.recorder.samples.map(({ name }) => name)).toEqual(['/x?a=1&_=...', 'own']);
});
