import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeBody } from '../../../../src/users/http/decode.js';
import fc from '../../../properties.js';
import { aUser } from './builders.js';
import { httpServer } from './servers.js';

const text = 'Hällo Wörld. '.repeat(500);
const encoded: Readonly<Record<string, Buffer>> = {
  gzip: gzipSync(text),
  'x-gzip': gzipSync(text),
  deflate: deflateSync(text),
  br: brotliCompressSync(text),
  'gzip, br': brotliCompressSync(gzipSync(text)),
  identity: Buffer.from(text),
};

/** Answers `/gzip` with the encoding gzip, `/raw` with deflate without zlib's header, `/corrupt` with broken gzip. */
const compressing = () =>
  httpServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').slice(1));
    if (path === 'raw') {
      response.setHeader('content-encoding', 'deflate');
      response.end(deflateRawSync(text));
    } else if (path === 'corrupt' || path === 'cut') {
      const gzip = gzipSync(text);
      response.setHeader('content-encoding', 'gzip');
      response.end(path === 'cut' ? gzip.subarray(0, -20) : Buffer.concat([gzip.subarray(0, 20), Buffer.alloc(50, 7)]));
    } else if (path === 'large') {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(large));
    } else if (path === 'largeCorrupt') {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(large).fill(0, 50_000));
    } else if (path === 'none') {
      response.writeHead(204, { 'content-encoding': 'gzip' });
      response.end();
    } else {
      response.setHeader('content-encoding', path);
      response.end(encoded[path]);
    }
  });

/** Nothing to compress, so that what is sent is large as well. */
const large = randomBytes(300_000);

test('gzip, deflate and br are asked for and decoded; the length counted is that of the decoded body', async () => {
  await using server = await compressing();
  using visitor = aUser(server.url);
  for (const encoding of [...Object.keys(encoded), 'raw']) {
    const response = await visitor.client.get(`/${encodeURIComponent(encoding)}`);
    expect(response.text(), encoding).toBe(text);
  }
  expect(new Set(visitor.recorder.samples.map(({ bytes }) => bytes))).toEqual(new Set([Buffer.byteLength(text)]));
});

test('a large body is decoded outside of the event loop, and is the same', async () => {
  await using server = await compressing();
  using visitor = aUser(server.url);
  const response = await visitor.client.get('/large');
  expect(response.bytes.equals(large)).toBe(true);
  expect(visitor.recorder.only.bytes).toBe(large.length);
});

test('a corrupt body is a failure with status 0, and is not thrown', async () => {
  await using server = await compressing();
  using visitor = aUser(server.url);
  for (const path of ['/corrupt', '/cut', '/largeCorrupt']) {
    const response = await visitor.client.get(path);
    expect(response.status).toBe(0);
    expect(response.error?.name).toBe('ContentDecodingError');
    expect(response.bytes).toHaveLength(0);
  }
  expect(visitor.recorder.samples.map(({ error }) => error)).toEqual([
    'ContentDecodingError: the gzip body of /corrupt is corrupt',
    'ContentDecodingError: the gzip body of /cut is corrupt',
    'ContentDecodingError: the gzip body of /largeCorrupt is corrupt',
  ]);
  expect(visitor.recorder.samples[0]?.failure?.response).toBe('200 OK');
});

test('an empty body has nothing to decode', async () => {
  await using server = await compressing();
  using visitor = aUser(server.url);
  expect((await visitor.client.get('/none')).status).toBe(204);
  expect((await visitor.client.head('/gzip')).status).toBe(200);
  expect(visitor.recorder.samples.map(({ error }) => error)).toEqual([undefined, undefined]);
});

test('a streamed body is decoded as it arrives; corrupt data breaks the reading off', async () => {
  await using server = await compressing();
  using visitor = aUser(server.url);
  for (const encoding of [...Object.keys(encoded), 'raw']) {
    const response = await visitor.client.get(`/${encodeURIComponent(encoding)}`, { stream: true });
    expect(await response.text(), encoding).toBe(text);
  }
  const corrupt = await visitor.client.get('/corrupt', { stream: true });
  await expect(corrupt.bytes()).rejects.toMatchObject({ name: 'ContentDecodingError' });
});

test('decoding undoes encoding, whatever the bytes; any bytes give a value or an error', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
      const body = Buffer.from(bytes);
      for (const [name, encode] of [
        ['gzip', gzipSync],
        ['deflate', deflateSync],
        ['br', brotliCompressSync],
      ] as const) {
        expect((await decodeBody(name, encode(body))).equals(body)).toBe(true);
        const outcome = await Promise.resolve()
          .then(() => decodeBody(name, body))
          .catch((thrown: unknown) => thrown);
        expect(outcome instanceof Error || Buffer.isBuffer(outcome)).toBe(true);
      }
    }),
    { numRuns: 50 },
  );
});
