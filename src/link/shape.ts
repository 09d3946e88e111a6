/**
 * Walks over MessagePack without making anything of it. Pure, and linear in the bytes. For messages of tsload and of Locust.
 *
 * A reader that trusts a length allocates by it; one that follows depth overflows its stack; and msgpackr's extension types make
 * errors, patterns and references. An empty map has one byte, and takes up to two hundred of memory when it is made. So foreign
 * bytes are walked first, what takes memory of its own is counted, and whatever is none of what we send is refused.
 */
import { LinkError } from '../errors.js';

const maxDepth = 64;
/** More than the longest message has: a spawn of a million users of one worker. */
const maxValues = 10_000_000;
/** Lists, maps, pieces of bytes, dates; a report of 10,000 names has 40,000, and one of Locust as many. */
const maxObjects = 400_000;

/** Kinds of values beside those of JSON and bytes: those that msgpackr makes of ours, or none, as in Locust. */
export type Extensions = 'ours' | 'none';

/** Throws `LinkError` unless the bytes are one value, whole, of kinds that are taken. */
export function checkShape(bytes: Uint8Array, extensions: Extensions): void {
  const end = bytes.length;
  /** Values that are still to come here, and in what is around. */
  let left = 1;
  const around: number[] = [];
  let objects = 0;
  let at = 0;
  for (let values = 0; ; values++) {
    while (left === 0) {
      const outer = around.pop();
      if (outer === undefined) {
        if (at === end) return;
        throw new LinkError(at > end ? 'a message is cut off' : `a message has ${end - at} bytes after its end`);
      }
      left = outer;
    }
    left--;
    if (values === maxValues) throw new LinkError(`a message has more than ${maxValues} values`);
    if (at >= end) throw new LinkError('a message is cut off');
    const code = bytes[at]!;
    // hot: a ramp has as many messages as workers in each step; 15 ns a value
    const fixed = fixedLengths[code]!;
    if (fixed > 0) {
      at += fixed;
      continue;
    }
    if (isObject(code) && objects++ === maxObjects) {
      throw new LinkError(`a message has more than ${maxObjects} lists, maps and pieces of bytes`);
    }
    at += headLength(bytes, at, code, extensions);
    const children = childrenAt(bytes, at, code);
    if (children > end - at) throw new LinkError('a message is cut off');
    if (children === 0) continue;
    if (around.length === maxDepth - 1) throw new LinkError(`a message is more than ${maxDepth} values deep`);
    around.push(left);
    left = children;
  }
}

/** Bytes of a value of fixed length and without children, by its code; 0: of another kind. */
const fixedLengths = Uint8Array.from({ length: 256 }, (_, code) => {
  if (code < 0x80 || code >= 0xe0) return 1;
  if (code >= 0xa0 && code < 0xc0) return 1 + (code & 0x1f);
  const known: { readonly [code: number]: number } = { 192: 1, 194: 1, 195: 1, 202: 5, 203: 9, 204: 2, 205: 3 };
  const further: { readonly [code: number]: number } = { 206: 5, 207: 9, 208: 2, 209: 3, 210: 5, 211: 9 };
  return known[code] ?? further[code] ?? 0;
});

/** All kinds without a fixed length but long texts. */
function isObject(code: number): boolean {
  return code < 0xd9 || code > 0xdb;
}

/** Bytes of all others, up to the children. */
function headLength(bytes: Uint8Array, at: number, code: number, extensions: Extensions): number {
  if (code < 0xa0) return 1;
  switch (code) {
    case 0xc4:
    case 0xd9:
      return 2 + sizeAt(bytes, at + 1, 1);
    case 0xc5:
    case 0xda:
      return 3 + sizeAt(bytes, at + 1, 2);
    case 0xc6:
    case 0xdb:
      return 5 + sizeAt(bytes, at + 1, 4);
    case 0xdc:
    case 0xde:
      return 3;
    case 0xdd:
    case 0xdf:
      return 5;
    default:
      if (extensions === 'ours') return extensionLength(bytes, at, code);
      throw unknownKind(code);
  }
}

/** `at`: behind the head. */
function childrenAt(bytes: Uint8Array, at: number, code: number): number {
  if (code < 0x90) return 2 * (code & 0x0f);
  if (code < 0xa0) return code & 0x0f;
  if (code === 0xdc) return sizeAt(bytes, at - 2, 2);
  if (code === 0xdd) return sizeAt(bytes, at - 4, 4);
  if (code === 0xde) return 2 * sizeAt(bytes, at - 2, 2);
  return code === 0xdf ? 2 * sizeAt(bytes, at - 4, 4) : 0;
}

/** Dates (type -1), and type 0, which is msgpackr's `undefined`. */
function extensionLength(bytes: Uint8Array, at: number, code: number): number {
  if (code === 0xd4 && bytes[at + 1] === 0) return 3;
  if (code === 0xd6 && bytes[at + 1] === 0xff) return 6;
  if (code === 0xd7 && bytes[at + 1] === 0xff) return 10;
  if (code === 0xc7 && bytes[at + 1] === 12 && bytes[at + 2] === 0xff) return 15;
  throw unknownKind(code);
}

function unknownKind(code: number): LinkError {
  return new LinkError(`a message has a value of a kind that is not taken (code 0x${code.toString(16)})`);
}

function sizeAt(bytes: Uint8Array, at: number, length: number): number {
  let size = 0;
  for (let i = 0; i < length; i++) size = size * 256 + (bytes[at + i] ?? 0);
  return size;
}
