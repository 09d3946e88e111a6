/**
 * Locust's messages as bytes: a list of type, data and the id of the worker that sends it or that it is for. Pure.
 */
import { Packr, Unpackr } from 'msgpackr';
import { LinkError } from '../../errors.js';
import { checkShape } from '../shape.js';
import { toWire } from './values.js';

export interface Envelope {
  readonly type: string;
  /** Maps are `Map`s, as their keys may be numbers. */
  readonly data: unknown;
  readonly nodeId: string;
}

const maxName = 256;
const packr = new Packr({ useRecords: false, variableMapSize: true, mapsAsObjects: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false, int64AsType: 'number' });

/** `data` may hold anything that JSON may, and dates, maps and bytes. */
export function packEnvelope({ type, data, nodeId }: Envelope): Buffer {
  return packr.pack([toWire(type), toWire(data), nodeId]);
}

/** Throws `LinkError` for anything that is no message, in bounded time. */
export function readEnvelope(bytes: Uint8Array): Envelope {
  checkShape(bytes, 'none');
  const value = unpacked(bytes);
  if (!Array.isArray(value) || value.length !== 3) throw new LinkError('a message must be a list of three');
  const [type, data, nodeId]: readonly unknown[] = value;
  if (!isName(type)) throw new LinkError('the type of a message must be a text in one line');
  if (!isName(nodeId)) throw new LinkError('the id in a message must be a text in one line');
  return { type, data, nodeId };
}

/** Both stand in lines of the log: a peer must not write lines of its own there, or to the terminal. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxName && !/\p{Cc}/u.test(value);
}

function unpacked(bytes: Uint8Array): unknown {
  try {
    return unpackr.unpack(bytes);
  } catch (thrown) {
    throw new LinkError(`the message is no msgpack: ${thrown instanceof Error ? thrown.message : 'unreadable'}`);
  }
}
