/**
 * Looks whether bytes are one whole value of msgpack before anything is made of them. Pure.
 *
 * A header of five bytes may promise four thousand million items, and a decoder that believes it makes room for them first.
 * Here nothing is made: lengths are held against the bytes that are there, depth is bounded, and kinds that no Locust peer
 * sends are refused. The time is bounded by the length. An empty map has one byte, and takes two hundred of memory when it is
 * made: so what takes memory of its own is counted.
 */
import { LinkError } from '../../errors.js';

/** Lists within lists; statistics have five. */
const maxDepth = 64;

/** Lists, maps and pieces of bytes in a message; a report of 10,000 names has 40,000. */
const maxObjects = 400_000;
/** Values in lists and maps; a report of 10,000 names has some two million. */
const maxItems = 8_000_000;

interface Found {
  objects: number;
  items: number;
}

/** Throws `LinkError` for anything but one value that ends where the bytes end. */
export function checkFrame(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = valueEnd(view, 0, 0, { objects: 0, items: 0 });
  if (end !== bytes.byteLength) throw new LinkError(`the message has ${bytes.byteLength - end} bytes too many`);
}

/** Bytes after the first one, by first byte, of kinds with a fixed length. */
const fixedLengths: ReadonlyMap<number, number> = new Map([
  ...[0xc0, 0xc2, 0xc3].map((kind) => [kind, 0] as const), // nil, false, true
  ...[0xcc, 0xd0].map((kind) => [kind, 1] as const),
  ...[0xcd, 0xd1].map((kind) => [kind, 2] as const),
  ...[0xca, 0xce, 0xd2].map((kind) => [kind, 4] as const),
  ...[0xcb, 0xcf, 0xd3].map((kind) => [kind, 8] as const),
]);

/** Bytes of the length that follows the first byte, by first byte: binary and text. */
const textLengthBytes: ReadonlyMap<number, number> = new Map([
  ...[0xc4, 0xd9].map((kind) => [kind, 1] as const),
  ...[0xc5, 0xda].map((kind) => [kind, 2] as const),
  ...[0xc6, 0xdb].map((kind) => [kind, 4] as const),
]);

function valueEnd(view: DataView, at: number, depth: number, found: Found): number {
  if (at >= view.byteLength) throw tooShort();
  const kind = view.getUint8(at);
  if (kind <= 0x7f || kind >= 0xe0) return at + 1; // a small number
  if (kind >= 0xa0 && kind <= 0xbf) return skip(view, at + 1, kind & 0x1f);
  if (kind <= 0x8f) return itemsEnd(view, at + 1, (kind & 0x0f) * 2, depth, found);
  if (kind <= 0x9f) return itemsEnd(view, at + 1, kind & 0x0f, depth, found);
  if (kind >= 0xdc) {
    const width = kind === 0xdc || kind === 0xde ? 2 : 4;
    const count = lengthAt(view, at + 1, width);
    return itemsEnd(view, at + 1 + width, kind >= 0xde ? count * 2 : count, depth, found);
  }
  const fixed = fixedLengths.get(kind);
  if (fixed !== undefined) return skip(view, at + 1, fixed);
  const width = textLengthBytes.get(kind);
  if (width === undefined) throw new LinkError(`the message has a value of the unknown kind 0x${kind.toString(16)}`);
  if (kind <= 0xc6) countObject(found);
  return skip(view, at + 1 + width, lengthAt(view, at + 1, width));
}

function itemsEnd(view: DataView, from: number, count: number, depth: number, found: Found): number {
  if (depth >= maxDepth) throw new LinkError(`the message has more than ${maxDepth} lists within each other`);
  if (count > view.byteLength - from) throw tooShort(); // an item has at least one byte
  countObject(found);
  found.items += count;
  if (found.items > maxItems) throw new LinkError(`the message has more than ${maxItems} values`);
  let at = from;
  for (let i = 0; i < count; i++) at = valueEnd(view, at, depth + 1, found);
  return at;
}

function countObject(found: Found): void {
  found.objects++;
  if (found.objects > maxObjects) throw new LinkError(`the message has more than ${maxObjects} lists and maps`);
}

function lengthAt(view: DataView, at: number, width: number): number {
  if (at + width > view.byteLength) throw tooShort();
  if (width === 1) return view.getUint8(at);
  return width === 2 ? view.getUint16(at) : view.getUint32(at);
}

function skip(view: DataView, at: number, length: number): number {
  if (at + length > view.byteLength) throw tooShort();
  return at + length;
}

function tooShort(): LinkError {
  return new LinkError('the message ends before its last value does');
}
