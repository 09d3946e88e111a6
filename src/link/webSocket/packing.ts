/**
 * MessagePack by msgpackr, with a look at the bytes before they are believed: lengths that the bytes can hold, bounded depth, and
 * none of the extension types that make objects of classes. So unpacking costs time and memory in proportion to the bytes.
 */
import { Packr, Unpackr } from 'msgpackr';
import { LinkError } from '../../errors.js';
import { checkShape } from './shape.js';

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

/** Throws `LinkError` for what cannot be sent. */
export function pack(value: unknown): Uint8Array {
  try {
    return packr.pack(withLists(value));
  } catch (thrown) {
    throw new LinkError(`this cannot be sent: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
      cause: thrown,
    });
  }
}

/** Plain objects, lists, texts, numbers, dates and bytes. Throws `LinkError`. */
export function unpack(bytes: Uint8Array): unknown {
  checkShape(bytes);
  try {
    return unpackr.unpack(bytes);
  } catch (thrown) {
    throw new LinkError('a message is no MessagePack', { cause: thrown });
  }
}

/** The same with lists in place of typed arrays of numbers, which MessagePack would take for bytes. Bytes stay bytes. */
function withLists(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (isNumbers(value)) return Array.from(value);
  if (Array.isArray(value)) return value.map(withLists);
  const isPlain = Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null;
  return isPlain ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withLists(item)])) : value;
}

function isNumbers(value: object): value is Uint16Array | Uint32Array | Float64Array {
  return value instanceof Uint16Array || value instanceof Uint32Array || value instanceof Float64Array;
}
