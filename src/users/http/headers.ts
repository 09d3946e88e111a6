/** Header lists: as undici takes them (name, value, name, value), as it gives them (bytes), and as people read them. */

import { TsloadError } from '../../errors.js';

/** A header's value; a list sends it several times, `undefined` and `null` take a default header away. */
export type HeaderValue = string | number | readonly string[] | null | undefined;

/** Headers by name, in any case: an object, or pairs as in a `Headers` or a `Map`. */
export type HeadersInput = Readonly<Record<string, HeaderValue>> | Iterable<readonly [string, HeaderValue]>;

/** A response's headers by lower-case name; values of a repeated one are joined by a comma and a space. */
export type ResponseHeaders = Readonly<Record<string, string | undefined>>;

/** Names and values by turns. Never changed once made: calls share them. (undici's type knows no `readonly`.) */
export type HeaderList = string[];

/** What is sent unless a test says otherwise. Locust's client sends the same fields. */
export const standardHeaders: HeaderList = [
  'user-agent',
  'tsload',
  'accept-encoding',
  'gzip, deflate, br',
  'accept',
  '*/*',
];

/** `input` over `defaults`: a name in `input` replaces that of `defaults`. */
export function mergeHeaders(defaults: HeaderList, input: HeadersInput): string[] {
  const own = asObject(input);
  const names = Object.keys(own);
  const merged: string[] = [];
  for (let i = 0; i < defaults.length; i += 2) {
    const name = defaults[i]!;
    if (!names.some((other) => isSameName(other, name))) merged.push(name, defaults[i + 1]!);
  }
  for (const name of names) {
    const value = own[name];
    if (typeof value === 'string') merged.push(name, value);
    else if (typeof value === 'number') merged.push(name, String(value));
    else if (Array.isArray(value)) for (const one of value) merged.push(name, String(one));
    else if (value !== null && value !== undefined) throw notAHeader(name, value);
  }
  return merged;
}

/** `own` over `defaults`, both as people write them. */
export function headersInputWith(defaults: Readonly<Record<string, string>>, input: HeadersInput = {}): HeadersInput {
  const own = asObject(input);
  const result: Record<string, HeaderValue> = { ...own };
  for (const [name, value] of Object.entries(defaults)) {
    if (!Object.keys(own).some((other) => isSameName(other, name))) result[name] = value;
  }
  return result;
}

/** Throws BAD_REQUEST for what only plain JavaScript can give. */
function asObject(input: HeadersInput): Readonly<Record<string, HeaderValue>> {
  if (typeof input !== 'object' || input === null) {
    throw new TsloadError('BAD_REQUEST', `headers must be an object or pairs but are ${typeof input}`);
  }
  return isPairs(input) ? Object.fromEntries(input) : input;
}

function notAHeader(name: string, value: unknown): TsloadError {
  return new TsloadError(
    'BAD_REQUEST',
    `the header ${JSON.stringify(name)} must be a string, a number or a list of strings but is a ${typeof value}`,
  );
}

function isPairs(input: HeadersInput): input is Iterable<readonly [string, HeaderValue]> {
  return Symbol.iterator in input;
}

/** The value of the first header of this name (lower case), or undefined. */
export function headerOf(list: HeaderList, name: string): string | undefined {
  for (let i = 0; i < list.length; i += 2) if (isSameName(list[i]!, name)) return list[i + 1];
  return undefined;
}

/** The list without the headers that `isDropped` names; it is asked with lower-case names. */
export function withoutHeaders(list: HeaderList, isDropped: (name: string) => boolean): HeaderList {
  const kept: string[] = [];
  for (let i = 0; i < list.length; i += 2) {
    if (!isDropped(list[i]!.toLowerCase())) kept.push(list[i]!, list[i + 1]!);
  }
  return kept;
}

/** As an object, as undici's interceptors expect it. Repeated names become a list. */
export function headersObject(list: HeaderList): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {};
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]!;
    const before = result[name];
    if (before === undefined) result[name] = list[i + 1]!;
    else result[name] = [...(typeof before === 'string' ? [before] : before), list[i + 1]!];
  }
  return result;
}

function isSameName(a: string, b: string): boolean {
  return a.length === b.length && (a === b || a.toLowerCase() === b.toLowerCase());
}

/** The headers of an answer: bytes as they came, or an object where an interceptor stood between. */
export type RawHeaders = readonly Buffer[] | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Hot: what the client itself must know of an answer's headers. */
export class AnswerHeaders {
  contentEncoding: string | undefined = undefined;
  location: string | undefined = undefined;
  contentLength: string | undefined = undefined;
  setCookies: string[] | undefined = undefined;

  constructor(raw: RawHeaders) {
    if (isList(raw)) for (let i = 0; i + 1 < raw.length; i += 2) this.#look(raw[i]!, raw[i + 1]!);
    else this.#lookInto(raw);
  }

  /** The length tells the few names that matter from all others without making a string of each. */
  #look(name: Buffer, value: Buffer): void {
    switch (name.length) {
      case 8:
        if (named(name, 'location')) this.location = utf8OrLatin1(value);
        break;
      case 10:
        if (named(name, 'set-cookie')) this.#cookie(value.toString('latin1'));
        break;
      case 14:
        if (named(name, 'content-length')) this.contentLength = value.toString('latin1');
        break;
      case 16:
        if (named(name, 'content-encoding')) this.contentEncoding = value.toString('latin1');
        break;
    }
  }

  #lookInto(raw: Readonly<Record<string, string | readonly string[] | undefined>>): void {
    this.location = single(raw['location']);
    this.contentLength = single(raw['content-length']);
    this.contentEncoding = single(raw['content-encoding']);
    const cookies = raw['set-cookie'] ?? [];
    for (const text of typeof cookies === 'string' ? [cookies] : cookies) this.#cookie(text);
  }

  #cookie(text: string): void {
    this.setCookies ??= [];
    this.setCookies.push(text);
  }
}

/** By lower-case name, for people. */
export function readableHeaders(raw: RawHeaders): ResponseHeaders {
  const result: Record<string, string> = Object.create(null);
  const add = (name: string, value: string) => {
    result[name] = name in result ? `${result[name]}, ${value}` : value;
  };
  if (isList(raw)) {
    for (let i = 0; i + 1 < raw.length; i += 2)
      add(raw[i]!.toString('latin1').toLowerCase(), utf8OrLatin1(raw[i + 1]!));
  } else {
    for (const [name, value] of Object.entries(raw)) if (value !== undefined) add(name.toLowerCase(), joined(value));
  }
  return result;
}

function isList(raw: RawHeaders): raw is readonly Buffer[] {
  return Array.isArray(raw);
}

function named(name: Buffer, wanted: string): boolean {
  return (name[0]! | 32) === wanted.charCodeAt(0) && name.toString('latin1').toLowerCase() === wanted;
}

/** Header values are latin1 by the book; servers that write UTF-8 into Location mean UTF-8. */
function utf8OrLatin1(value: Buffer): string {
  const text = value.toString('utf8');
  return text.includes('\uFFFD') ? value.toString('latin1') : text;
}

function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value[0] : value;
}

function joined(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(', ');
}
