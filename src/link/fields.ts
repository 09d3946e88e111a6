/**
 * Reads fields of a message that came from outside: each with its type and its bounds. Pure. Whatever does not fit throws
 * `LinkError`, in bounded time, and says which field it was.
 */
import { LinkError } from '../errors.js';

export type Fields = Readonly<Record<string, unknown>>;

/** An object with string keys; arrays and class instances are none. It is not copied: a report has hundreds of them. */
export function asFields(value: unknown, what: string): Fields {
  if (isFields(value)) return value;
  throw new LinkError(`${what} must be an object but is ${shown(value)}`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

export function text(fields: Fields, key: string, maxLength: number): string {
  const value = fields[key];
  if (typeof value === 'string' && value.length <= maxLength) return value;
  throw wrong(key, `a text of at most ${maxLength} characters`, value);
}

export function optionalText(fields: Fields, key: string, maxLength: number): string | undefined {
  return fields[key] === undefined || fields[key] === null ? undefined : text(fields, key, maxLength);
}

export function flag(fields: Fields, key: string): boolean {
  const value = fields[key];
  if (typeof value === 'boolean') return value;
  throw wrong(key, 'true or false', value);
}

export function real(fields: Fields, key: string, min: number, max: number): number {
  const value = fields[key];
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw wrong(key, `a number from ${min} to ${max}`, value);
}

export function optionalReal(fields: Fields, key: string, min: number, max: number): number | undefined {
  return fields[key] === undefined || fields[key] === null ? undefined : real(fields, key, min, max);
}

export function whole(fields: Fields, key: string, min: number, max: number): number {
  const value = real(fields, key, min, max);
  if (Number.isInteger(value)) return value;
  throw wrong(key, 'a whole number', value);
}

export function bytes(fields: Fields, key: string): Uint8Array {
  const value = fields[key];
  if (value instanceof Uint8Array) return value;
  throw wrong(key, 'bytes', value);
}

/** Each item read by `read`. */
export function list<T>(fields: Fields, key: string, maxItems: number, read: (item: unknown, what: string) => T): T[] {
  const value = fields[key];
  if (!Array.isArray(value) || value.length > maxItems) throw wrong(key, `a list of at most ${maxItems} items`, value);
  return value.map((item, at) => read(item, `${key}[${at}]`));
}

export function texts(fields: Fields, key: string, maxItems: number, maxLength: number): string[] {
  return list(fields, key, maxItems, (item, what) => text({ [what]: item }, what, maxLength));
}

/** Whole numbers, in a list or a typed array. */
export function wholes(fields: Fields, key: string, maxItems: number, max: number): number[] {
  const value = fields[key];
  const items = isNumberArray(value) ? Array.from(value) : value;
  if (!Array.isArray(items) || items.length > maxItems) throw wrong(key, `at most ${maxItems} numbers`, value);
  for (const item of items) {
    if (!Number.isInteger(item) || item < 0 || item > max) throw wrong(key, `whole numbers from 0 to ${max}`, item);
  }
  return items;
}

/** Whole numbers by name. */
export function counts(fields: Fields, key: string, maxItems: number, max: number): Record<string, number> {
  const entries = Object.entries(asFields(fields[key], key));
  if (entries.length > maxItems) throw wrong(key, `at most ${maxItems} names`, entries.length);
  return Object.fromEntries(entries.map(([name, count]) => [name, whole({ [name]: count }, name, 0, max)]));
}

export function record(fields: Fields, key: string, maxItems: number): Fields {
  const read = asFields(fields[key], key);
  if (Object.keys(read).length > maxItems) throw wrong(key, `at most ${maxItems} names`, Object.keys(read).length);
  return read;
}

function isNumberArray(value: unknown): value is Uint8Array | Uint16Array | Uint32Array | Float64Array {
  return (
    value instanceof Uint8Array ||
    value instanceof Uint16Array ||
    value instanceof Uint32Array ||
    value instanceof Float64Array
  );
}

function wrong(key: string, expected: string, value: unknown): LinkError {
  return new LinkError(`${key} must be ${expected} but is ${shown(value)}`);
}

/** The value, or the kind of thing it is: payloads do not belong in a log. */
export function shown(value: unknown): string {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}
