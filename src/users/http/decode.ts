/** Content encodings of answers: gzip, deflate and br, and several of them one over the other. */

import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import {
  brotliDecompress,
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  gunzip,
  gunzipSync,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
} from 'node:zlib';

/** Compressed bodies up to this size are decoded at once; larger ones by a thread of the pool, beside the other users. */
const SYNC_LIMIT_BYTES = 32 * 1024;

/** What a body may grow to. A gigabyte is no answer to a load test, but somebody's mistake. */
const options = { maxOutputLength: 1024 * 1024 * 1024 };

const later = {
  gunzip: promisify(gunzip),
  inflate: promisify(inflate),
  inflateRaw: promisify(inflateRaw),
  brotli: promisify(brotliDecompress),
};

/**
 * The body as it was before `contentEncoding` was applied. Encodings that are not known are left alone. Throws or rejects
 * with zlib's error when the data is corrupt.
 */
export function decodeBody(contentEncoding: string, body: Buffer): Buffer | Promise<Buffer> {
  const names = namesOf(contentEncoding);
  if (body.length === 0 || names.length === 0) return body;
  if (body.length > SYNC_LIMIT_BYTES) return decodeLater(names, body);
  return names.reduceRight((data, name) => decodeNow(name, data), body);
}

/** Who waits for a decoded body. */
export interface Decoded {
  decoded(body: Buffer): void;
  isCorrupt(cause: unknown): void;
}

/** `decodeBody` for one who waits: at once where the body is small. */
export function decodeThen(contentEncoding: string, body: Buffer, waiting: Decoded): void {
  let decoded: Buffer | Promise<Buffer>;
  try {
    decoded = decodeBody(contentEncoding, body);
  } catch (thrown) {
    waiting.isCorrupt(thrown);
    return;
  }
  if (!(decoded instanceof Promise)) {
    waiting.decoded(decoded);
    return;
  }
  decoded.then(
    (later) => waiting.decoded(later),
    (thrown: unknown) => waiting.isCorrupt(thrown),
  );
}

async function decodeLater(names: readonly string[], body: Buffer): Promise<Buffer> {
  let data = body;
  for (const name of [...names].reverse()) {
    if (isGzip(name)) data = await later.gunzip(data, options);
    else if (name === 'deflate') data = await (isZlib(data) ? later.inflate : later.inflateRaw)(data, options);
    else if (name === 'br') data = await later.brotli(data, options);
  }
  return data;
}

function decodeNow(name: string, data: Buffer): Buffer {
  if (isGzip(name)) return gunzipSync(data, options);
  if (name === 'deflate') return isZlib(data) ? inflateSync(data, options) : inflateRawSync(data, options);
  if (name === 'br') return brotliDecompressSync(data, options);
  return data;
}

/** Streams that decode a body as it arrives, in the order in which it must pass them. */
export function decoders(contentEncoding: string, firstChunk: Buffer): Transform[] {
  return namesOf(contentEncoding)
    .reverse()
    .flatMap((name, place) => {
      if (isGzip(name)) return [createGunzip()];
      if (name === 'deflate') return [place > 0 || isZlib(firstChunk) ? createInflate() : createInflateRaw()];
      return name === 'br' ? [createBrotliDecompress()] : [];
    });
}

function namesOf(contentEncoding: string): string[] {
  return contentEncoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
}

function isGzip(name: string): boolean {
  return name === 'gzip' || name === 'x-gzip';
}

/** Servers send either of two formats as deflate; the first byte of zlib's tells its method, 8. */
function isZlib(data: Buffer): boolean {
  return ((data[0] ?? 0) & 0x0f) === 8;
}
