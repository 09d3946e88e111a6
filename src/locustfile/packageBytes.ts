/**
 * A package as bytes: `tsloadPK`, the SHA-256 of the rest, and the rest: MessagePack, compressed by gzip. So a single wrong
 * bit is noticed before anything is believed.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { LocustfileError } from '../errors.js';
import { maxPackageBytes, type PackageContents, readPackage } from './packageFormat.js';

const mark = Buffer.from('tsloadPK', 'latin1');
const digestBytes = 32;
const headBytes = mark.length + digestBytes;

const compress = promisify(gzip);
const decompress: (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer> = promisify(gunzip);

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The same contents give the same bytes. Throws `LocustfileError` for too many of them. */
export async function encodePackage(contents: PackageContents): Promise<Uint8Array> {
  const { Packr } = await import('msgpackr');
  const message = new Packr({ useRecords: false }).pack(contents);
  if (message.length > maxPackageBytes) {
    throw new LocustfileError(
      `the locustfile and its data files have ${message.length} bytes: at most ${maxPackageBytes} can be sent to workers`,
    );
  }
  const body = await compress(message);
  return Buffer.concat([mark, createHash('sha256').update(body).digest(), body]);
}

/** Throws `LocustfileError`: damaged, no package, too large, malformed, a file whose hash is wrong. */
export async function decodePackage(bytes: Uint8Array): Promise<PackageContents> {
  if (bytes.length < headBytes || mark.compare(bytes, 0, mark.length) !== 0) {
    throw new LocustfileError(`what the master sent is no package of a locustfile (${bytes.length} bytes)`);
  }
  const body = bytes.subarray(headBytes);
  const digest = createHash('sha256').update(body).digest();
  if (digest.compare(bytes, mark.length, headBytes) !== 0) {
    throw new LocustfileError(`the locustfile's package is damaged (${bytes.length} bytes): fetch it again`);
  }
  const contents = readPackage(await unpack(body));
  for (const file of contents.files) {
    if (sha256(file.bytes) === file.sha256) continue;
    throw new LocustfileError(`the locustfile's package is damaged: ${file.path} is not what its SHA-256 says`);
  }
  return contents;
}

async function unpack(body: Uint8Array): Promise<unknown> {
  const { Unpackr } = await import('msgpackr');
  try {
    const message = await decompress(body, { maxOutputLength: maxPackageBytes });
    return new Unpackr({ useRecords: false, mapsAsObjects: true }).unpack(message);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LocustfileError(`the locustfile's package cannot be unpacked: ${reason}`, { cause });
  }
}
