import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { aUser } from './builders.js';
import { bodyOf, httpServer, scriptedServer } from './servers.js';

interface Echo {
  readonly method: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const echo = () =>
  httpServer(async (request, response) => {
    const body = await bodyOf(request);
    response.end(JSON.stringify({ method: request.method, headers: request.headers, body: body.toString('latin1') }));
  });

test('[107] json is sent as JSON with its content type, unless the test sets another', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  const plain = (await visitor.client.post('/', { json: { a: [1, null, 'ä'] } })).json<Echo>();
  expect(JSON.parse(Buffer.from(plain.body, 'latin1').toString())).toEqual({ a: [1, null, 'ä'] });
  expect(plain.headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '19' });
  const own = await visitor.client.post('/', { json: null, headers: { 'Content-Type': 'application/vnd.x+json' } });
  expect(own.json<Echo>()).toMatchObject({ body: 'null', headers: { 'content-type': 'application/vnd.x+json' } });
});

test('form is sent as an HTML form is', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  const sent = (
    await visitor.client.post('/', { form: { name: 'a b&c', list: [1, 2], none: undefined } })
  ).json<Echo>();
  expect(sent.body).toBe('name=a+b%26c&list=1&list=2');
  expect(sent.headers['content-type']).toBe('application/x-www-form-urlencoded');
  expect((await visitor.client.post('/', { form: 'a=1&b=2' })).json<Echo>().body).toBe('a=1&b=2');
});

test('multipart sends fields and files, of an object or of a FormData', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  const file = { content: Buffer.from('file content'), filename: 'a.txt', type: 'text/plain' };
  const sent = (
    await visitor.client.post('/', { multipart: { field: 'value', count: 3, file, two: ['x', 'y'] } })
  ).json<Echo>();
  expect(sent.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
  expect(sent.headers['content-length']).toBe(String(sent.body.length));
  expect(sent.body).toContain('name="field"\r\n\r\nvalue\r\n');
  expect(sent.body).toContain('name="count"\r\n\r\n3\r\n');
  expect(sent.body).toContain('name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nfile content\r\n');
  expect(sent.body.match(/name="two"/g)).toHaveLength(2);
  const form = new FormData();
  form.append('field', 'of a form');
  form.append('blob', new Blob(['blob content']), 'b.bin');
  const second = (await visitor.client.post('/', { multipart: form })).json<Echo>();
  expect(second.body).toContain('name="field"\r\n\r\nof a form\r\n');
  expect(second.body).toContain('filename="b.bin"');
  expect(second.body).toContain('blob content');
  expect(server.connections).toBe(1);
});

test('body is sent as it is: a string, bytes, a stream, an async iterable', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  async function* pieces() {
    yield 'one ';
    yield Buffer.from('two');
  }
  const bodies = ['text', Buffer.from('bytes'), new Uint8Array([65, 66]), Readable.from(['a', 'b']), pieces()];
  const sent: Echo[] = [];
  for (const body of bodies) sent.push((await visitor.client.put('/', { body })).json<Echo>());
  expect(sent.map(({ body }) => body)).toEqual(['text', 'bytes', 'AB', 'ab', 'one two']);
  expect(sent[0]?.headers['content-type']).toBeUndefined();
  expect(sent[3]?.headers['transfer-encoding']).toBe('chunked');
});

test('a body of a method that usually has none is sent, and the connection is kept', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  for (const method of ['delete', 'get', 'options'] as const) {
    const sent = (await visitor.client[method]('/', { json: { a: 1 } })).json<Echo>();
    expect(sent).toMatchObject({ method: method.toUpperCase(), body: '{"a":1}' });
  }
  expect(server.connections).toBe(1);
});

test('a request body that breaks off is a failure, and later requests work', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  async function* broken() {
    yield 'begin';
    throw new Error('source ran dry');
  }
  const response = await visitor.client.post('/', { body: broken() });
  expect(response.status).toBe(0);
  expect(response.error?.message).toContain('source ran dry');
  expect((await visitor.client.post('/', { body: 'x' })).status).toBe(200);
});

test('several bodies, one that is no body, and JSON that cannot be written are thrown', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  const { client, recorder } = visitor;
  await expect(client.post('/', { json: 1, form: { a: 1 } })).rejects.toThrow(
    'was given json and form: give one of them',
  );
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  await expect(client.post('/', { json: circular })).rejects.toThrow('json cannot be written as JSON');
  await expect(client.post('/', { json: () => 1 })).rejects.toThrow('json cannot be written as JSON');
  // @ts-expect-error: the types say it too.
  await expect(client.post('/', { body: 7 })).rejects.toThrow('body must be a string, bytes or a stream but is number');
  // @ts-expect-error: the types say it too.
  await expect(client.get(7)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  expect(recorder.samples).toEqual([]);
});

test('an option that there is not is thrown instead of ignored, with the name that is meant', async () => {
  using visitor = aUser('http://127.0.0.1:1');
  const options: object[] = [{ params: { a: 1 } }, { timeout: 5 }, { data: 'x' }, { frobnicate: true }];
  const messages = await Promise.all(
    options.map((wrong) => visitor.client.get('/', wrong).catch((thrown) => String(thrown))),
  );
  expect(messages[0]).toContain('a request has no option "params": use query');
  expect(messages[1]).toContain('use timeoutSeconds');
  expect(messages[2]).toContain('use form or body');
  expect(messages[3]).toContain('a request has no option "frobnicate": there are name, catchResponse');
  expect(visitor.recorder.samples).toEqual([]);
});

test('[107] text has the charset that the server names, UTF-8 without one or with one that is unknown', async () => {
  await using server = await httpServer((request, response) => {
    response.setHeader('content-type', decodeURIComponent((request.url ?? '').slice(1)));
    response.end(
      Buffer.from(request.url?.includes('8859') ? [0xe4] : request.url?.includes('16') ? [0xe4, 0] : [0xc3, 0xa4]),
    );
  });
  using visitor = aUser(server.url);
  for (const type of [
    ...['text/plain', 'text/plain; charset=utf-8', 'application/json;  charset="UTF-8"; q=1', 'x; charset=no-such'],
    ...['text/html; charset=ISO-8859-1', 'text/html;charset=utf-16le'],
  ]) {
    expect((await visitor.client.get(`/${encodeURIComponent(type)}`)).text(), type).toBe('ä');
  }
});

test('a 304 may name the length of the body that it leaves out', async () => {
  await using server = await scriptedServer(() => 'HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n');
  using visitor = aUser(server.url);
  const response = await visitor.client.get('/');
  expect([response.status, response.error, response.bytes.length]).toEqual([304, undefined, 0]);
  const streamed = await visitor.client.get('/', { stream: true });
  expect([streamed.status, await streamed.text()]).toEqual([304, '']);
  expect(await visitor.client.get('/')).toMatchObject({ status: 304 });
  expect(visitor.recorder.samples.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
});

test('a body that a generator of the test breaks off is the fault of the request, not of the target', async () => {
  await using server = await echo();
  using visitor = aUser(server.url);
  async function* broken(): AsyncGenerator<string> {
    yield 'a';
    throw new Error('no more rows');
  }
  async function* odd(): AsyncGenerator<string> {
    const rows: string[] = JSON.parse('[5]');
    yield* rows;
  }
  const errors = [];
  for (const body of [broken(), odd()]) errors.push((await visitor.client.post('/', { body })).error);
  expect(errors).toMatchObject([
    { name: 'RequestBodyError', message: 'the request body broke off: no more rows' },
    { name: 'RequestBodyError', message: 'the request body broke off: it gave a number in place of text or bytes' },
  ]);
});
