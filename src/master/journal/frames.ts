/**
 * How records stand in a journal's file. Pure.
 *
 *   head     `tsload journal 1` and a line feed: what the file is, and the version of all that follows
 *   record   length and CRC-32 of its bytes, four bytes each, lowest first; then the bytes
 *
 * A process that is killed, or a machine that loses its power, leaves a last record that is not whole: its length or its sum
 * does not fit, and the file counts up to there.
 */
import { crc32 } from 'node:zlib';
import { TsloadError } from '../../errors.js';

export const journalVersion = 1;
export const fileHead = Buffer.from(`tsload journal ${journalVersion}\n`);
const prefixBytes = 8;

export function frameOf(payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(prefixBytes + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame.writeUInt32LE(crc32(payload), 4);
  frame.set(payload, prefixBytes);
  return frame;
}

export interface Frames {
  readonly payloads: readonly Buffer[];
  /** Bytes of the file that are whole records and the head. */
  readonly wholeBytes: number;
}

/** Throws `TsloadError` JOURNAL for what is no journal of this version. */
export function readFrames(bytes: Buffer, path: string): Frames {
  checkHead(bytes, path);
  const payloads: Buffer[] = [];
  let at = fileHead.length;
  for (;;) {
    const payload = payloadAt(bytes, at);
    if (payload === undefined) return { payloads, wholeBytes: at };
    payloads.push(payload);
    at += prefixBytes + payload.length;
  }
}

/** Undefined when there is no whole record. No record is empty: zeros, as a file system may leave them, are none. */
function payloadAt(bytes: Buffer, at: number): Buffer | undefined {
  if (at + prefixBytes > bytes.length) return undefined;
  const length = bytes.readUInt32LE(at);
  if (length === 0 || at + prefixBytes + length > bytes.length) return undefined;
  const payload = bytes.subarray(at + prefixBytes, at + prefixBytes + length);
  return crc32(payload) === bytes.readUInt32LE(at + 4) ? payload : undefined;
}

function checkHead(bytes: Buffer, path: string): void {
  if (bytes.subarray(0, fileHead.length).equals(fileHead)) return;
  const version = /^tsload journal (\d{1,9})\n/.exec(bytes.subarray(0, 32).toString('latin1'))?.[1];
  if (version === undefined) {
    throw new TsloadError('JOURNAL', `${path} is no journal of tsload: give --resume the journal of the run`);
  }
  throw new TsloadError(
    'JOURNAL',
    `journal ${path} has version ${version} but this tsload reads version ${journalVersion}: go on with the tsload that began the run`,
  );
}
