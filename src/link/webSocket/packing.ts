/**
 * MessagePack by msgpackr, with a look at the bytes before they are believed: lengths that the bytes can hold, bounded depth, and
 * none of the extension types that make objects of classes. So unpacking costs time and memory in proportion to the bytes.
 */
import { Packr, Unpackr } from 'msgpackr';
import { LinkError } from '../../errors.js';
import { checkShape } from '../shape.js';
import { culpritOf } from './culprit.js';

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

/** What we have made ourselves, without typed arrays. Throws `LinkError` for what cannot be sent. */
export function pack(value: unknown): Uint8Array {
  return sendable(value, (part) => packr.pack(part));
}

/** A value that users or their code had a hand in, of which the other end might not take something: `read` is what it does. */
export function packChecked(value: unknown, read: (value: unknown) => unknown): Uint8Array {
  try {
    read(value);
  } catch (thrown) {
    throw unsendable(thrown instanceof Error ? thrown.message : String(thrown), thrown);
  }
  return sendable(value, (part) => {
    const bytes = packr.pack(withLists(part));
    checkShape(bytes, 'ours');
    return bytes;
  });
}

function sendable(value: unknown, make: (value: unknown) => Uint8Array): Uint8Array {
  try {
    return make(value);
  } catch (thrown) {
    throw unsendable(culpritOf(value, make), thrown);
  }
}

function unsendable(what: string, cause: unknown): LinkError {
  return new LinkError(`this cannot be sent: ${what}: plain objects, lists, texts, numbers, dates and bytes can`, {
    cause,
  });
}

/** Plain objects, lists, texts, numbers, dates and bytes. Throws `LinkError`. */
export function unpack(bytes: Uint8Array): unknown {
  checkShape(bytes, 'ours');
  try {
    return unpackr.unpack(bytes);
  } catch (thrown) {
    throw new LinkError('a message is no MessagePack', { cause: thrown });
  }
}

/**
 * The same with lists in place of typed arrays of numbers, which msgpackr would take for bytes, and for more of them than there are.
 * Bytes stay bytes, and what holds no such array is not copied.
 */
export function withLists(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (value instanceof DataView) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (isNumbers(value)) return Array.from(value);
  if (Array.isArray(value)) return listed(value);
  const isPlain = Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null;
  return isPlain ? fieldsListed(value) : value;
}

function listed(list: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let at = 0; at < list.length; at++) {
    const item = withLists(list[at]);
    if (item === list[at]) continue;
    copy ??= [...list];
    copy[at] = item;
  }
  return copy ?? list;
}

function fieldsListed(fields: object): object {
  let copy: object | undefined;
  for (const key of Object.keys(fields)) {
    const value: unknown = Reflect.get(fields, key);
    const item = withLists(value);
    if (item === value) continue;
    copy ??= { ...fields };
    // an assignment to a key of that name would change the prototype
    if (key === '__proto__') Object.defineProperty(copy, key, { value: item, enumerable: true });
    else Reflect.set(copy, key, item);
  }
  return copy ?? fields;
}

function isNumbers(value: object): value is Uint16Array {
  return ArrayBuffer.isView(value);
}
