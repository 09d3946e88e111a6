/**
 * Walks over MessagePack without making anything of it. Pure, and linear in the bytes.
 *
 * A reader that trusts a length allocates by it; one that follows depth overflows its stack; and msgpackr's extension types make
 * errors, patterns and references. So foreign bytes are walked first, and whatever is none of what we send is refused.
 */
import { LinkError } from '../../errors.js';

const maxDepth = 64;
/** More than the report of a worker that was long without its master has: four million slots, each with a count. */
const maxValues = 10_000_000;

/** Throws `LinkError` unless the bytes are one value, whole, of kinds that are taken. */
export function checkShape(bytes: Uint8Array): void {
  /** Values that are still to come at each depth. */
  const left = [1];
  let at = 0;
  let values = 0;
  while (left.length > 0) {
    const deepest = left.length - 1;
    if (left[deepest] === 0) {
      left.pop();
      continue;
    }
    left[deepest]!--;
    if (++values > maxValues) throw new LinkError(`a message has more than ${maxValues} values`);
    const { length, children } = valueAt(bytes, at);
    at += length;
    if (at > bytes.length || children > bytes.length - at) throw new LinkError('a message is cut off');
    if (children === 0) continue;
    if (left.length === maxDepth) throw new LinkError(`a message is more than ${maxDepth} values deep`);
    left.push(children);
  }
  if (at !== bytes.length) throw new LinkError(`a message has ${bytes.length - at} bytes after its end`);
}

interface Head {
  /** Bytes up to the children. */
  readonly length: number;
  readonly children: number;
}

/** Bytes of a value of fixed length, by its code from 0xc0; 0: of another kind. */
const fixedLengths: readonly number[] = [
  1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 5, 9, 2, 3, 5, 9, 2, 3, 5, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

function valueAt(bytes: Uint8Array, at: number): Head {
  const code = bytes[at] ?? 0xc1;
  if (code < 0x80 || code >= 0xe0) return { length: 1, children: 0 };
  if (code < 0x90) return { length: 1, children: 2 * (code & 0x0f) };
  if (code < 0xa0) return { length: 1, children: code & 0x0f };
  if (code < 0xc0) return { length: 1 + (code & 0x1f), children: 0 };
  const fixed = fixedLengths[code - 0xc0]!;
  return fixed > 0 ? { length: fixed, children: 0 } : sizedAt(bytes, at, code);
}

/** Values whose length stands behind their code. */
function sizedAt(bytes: Uint8Array, at: number, code: number): Head {
  switch (code) {
    case 0xc4:
    case 0xd9:
      return { length: 2 + sizeAt(bytes, at + 1, 1), children: 0 };
    case 0xc5:
    case 0xda:
      return { length: 3 + sizeAt(bytes, at + 1, 2), children: 0 };
    case 0xc6:
    case 0xdb:
      return { length: 5 + sizeAt(bytes, at + 1, 4), children: 0 };
    case 0xdc:
      return { length: 3, children: sizeAt(bytes, at + 1, 2) };
    case 0xdd:
      return { length: 5, children: sizeAt(bytes, at + 1, 4) };
    case 0xde:
      return { length: 3, children: 2 * sizeAt(bytes, at + 1, 2) };
    case 0xdf:
      return { length: 5, children: 2 * sizeAt(bytes, at + 1, 4) };
    default:
      return { length: extensionLength(bytes, at, code), children: 0 };
  }
}

/** Dates (type -1), and type 0, which is msgpackr's `undefined`. */
function extensionLength(bytes: Uint8Array, at: number, code: number): number {
  if (code === 0xd4 && bytes[at + 1] === 0) return 3;
  if (code === 0xd6 && bytes[at + 1] === 0xff) return 6;
  if (code === 0xd7 && bytes[at + 1] === 0xff) return 10;
  if (code === 0xc7 && bytes[at + 1] === 12 && bytes[at + 2] === 0xff) return 15;
  throw new LinkError(`a message has a value of a kind that is not taken (code 0x${code.toString(16)})`);
}

function sizeAt(bytes: Uint8Array, at: number, length: number): number {
  let size = 0;
  for (let i = 0; i < length; i++) size = size * 256 + (bytes[at + i] ?? 0);
  return size;
}
