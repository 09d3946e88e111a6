/**
 * Values on their way into and out of Locust's msgpack. Pure.
 *
 * Python has no dates in msgpack: Locust sends them as a map of two keys, without a time zone, which is taken as UTC here. Whole
 * numbers must arrive as such, also beyond 32 bits, where the packer would write a float.
 *
 * What Python cannot unpack ends the loop of a Locust master, or makes it count the message before once more. So text is made
 * well-formed, and keys and dates that Python has no place for are refused.
 */
import { LinkError } from '../../errors.js';
import type { Fields } from '../fields.js';

const maxDepth = 60;
/** Whole numbers that the packer writes as such. */
const [minPlain, maxPlain] = [-(2 ** 31), 2 ** 32 - 1];
const [minWhole, maxWhole] = [-(2n ** 63n), 2n ** 64n - 1n];
/** A map with such a key is no map for Locust, but what it makes of the other one. */
const typeKeys: ReadonlySet<unknown> = new Set(['__datetime__', '__ObjectId__']);

/** What the packer is to write: nothing in it is of a kind that Locust cannot read. Throws `LinkError` for what has no such form. */
export function toWire(value: unknown, depth = 0): unknown {
  if (depth > maxDepth) throw new LinkError(`a message has more than ${maxDepth} values within each other`);
  switch (typeof value) {
    case 'string':
      return wellFormed(value);
    case 'boolean':
      return value;
    case 'bigint':
      if (value >= minWhole && value <= maxWhole) return value;
      throw new LinkError(`${value} has more than 64 bits: a message cannot carry it`);
    case 'number':
      return Number.isSafeInteger(value) && (value < minPlain || value > maxPlain) ? BigInt(value) : value;
    case 'object':
      return value === null ? null : objectToWire(value, depth + 1);
    default:
      return null;
  }
}

/** Half of a surrogate pair, as cutting a text leaves it, is no UTF-8. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

function objectToWire(value: object, depth: number): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => toWire(item, depth));
  if (value instanceof Set) return [...value].map((item: unknown) => toWire(item, depth));
  if (value instanceof Date) return new Map<string, unknown>(Object.entries(pythonDate(value)));
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const entries: Iterable<readonly [unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  return new Map([...entries].map(([key, item]) => [keyToWire(key), toWire(item, depth)]));
}

function keyToWire(key: unknown): unknown {
  if (typeKeys.has(key)) throw new LinkError(`a message cannot have the key ${String(key)}: it is Locust's own`);
  if (key === null || typeof key !== 'object') return toWire(key);
  throw new LinkError('a map in a message must have texts or numbers as keys');
}

/** Python's years have four digits, and begin with 1. */
function pythonDate(date: Date): { readonly __datetime__: true; readonly as_str: string } {
  const year = date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw new LinkError('a date in a message must be one of the years 1 to 9999');
  const [day, time] = date.toISOString().replace('Z', '').split('T');
  return { __datetime__: true, as_str: `${day?.replaceAll('-', '')}T${time}000` };
}

/** A value from a message as a locustfile gets it: maps become objects, and Locust's dates dates. */
export function fromWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromWire);
  if (!(value instanceof Map)) return value;
  const date = value.has('__datetime__') ? dateOf(value.get('as_str')) : undefined;
  return date ?? Object.fromEntries([...value].map(([key, item]) => [String(key), fromWire(item)]));
}

function dateOf(text: unknown): Date | undefined {
  const found = typeof text === 'string' ? /^(\d{4})(\d\d)(\d\d)T(\d\d:\d\d:\d\d\.\d{3})\d{0,3}$/.exec(text) : null;
  if (found === null) return undefined;
  const date = new Date(`${found[1]}-${found[2]}-${found[3]}T${found[4]}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The fields of a map with texts as keys; other keys are left out. */
export function fieldsOf(value: unknown, what: string): Fields {
  if (!(value instanceof Map)) throw new LinkError(`${what} must be a map`);
  return Object.fromEntries([...value].filter(([key]) => typeof key === 'string'));
}

/** Counts by number, as the integer-keyed maps of statistics. */
export function numberCounts(value: unknown, what: string, maxItems: number): Map<number, number> {
  if (value === undefined || value === null) return new Map();
  if (!(value instanceof Map) || value.size > maxItems) throw new LinkError(`${what} must be a map of counts`);
  const counts = new Map<number, number>();
  for (const [key, count] of value) {
    if (typeof key !== 'number' || !(key >= 0 && key <= Number.MAX_SAFE_INTEGER)) {
      throw new LinkError(`${what} must have numbers as keys`);
    }
    if (!Number.isSafeInteger(count) || count < 0) throw new LinkError(`${what} must have whole numbers as counts`);
    if (count > 0) counts.set(key, count);
  }
  return counts;
}
