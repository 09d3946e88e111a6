/** Where a request goes: joining with the base URL, queries, and what may stand in a path. Pure. */
import { TsloadError } from '../../errors.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A base URL, taken apart once for each user. */
export interface BaseUrl {
  /** Without credentials, as it was given otherwise: requests are joined to it as text, with no slash inserted. */
  readonly href: string;
  readonly origin: string;
  /** What stands before the path of each request; undefined when joining takes a parser. */
  readonly pathPrefix: string | undefined;
  readonly credentials: Credentials | undefined;
}

/** Where one request goes. */
export interface Target {
  readonly origin: string;
  /** With the query, encoded. */
  readonly path: string;
  readonly credentials: Credentials | undefined;
}

/** Values of a query. A list repeats its key; `null` and `undefined` are left out. Locust: `params`. */
export type QueryInput = string | URLSearchParams | Readonly<Record<string, QueryValue | readonly QueryValue[]>>;
export type QueryValue = string | number | bigint | boolean | null | undefined;

const absolute = /^https?:\/\//i;
const withHost = /^https?:\/\/[^/?#]/i;

/** Reads a base URL. Undefined when it is none: it must begin with http:// or https:// and name a host. */
export function readBaseUrl(host: string): BaseUrl | undefined {
  const url = parse(host);
  if (url === undefined) return undefined;
  const credentials = credentialsOf(url);
  const href = host.trim().replace(/^(https?:\/\/)[^/?#]*@/i, '$1');
  const isPlain = url.search === '' && url.hash === '' && !href.includes('?') && !href.includes('#');
  const written = href.replace(/^https?:\/\/[^/]*/i, '');
  return { href, origin: url.origin, pathPrefix: isPlain ? encodePath(written) : undefined, credentials };
}

/**
 * Hot: where `url` goes. A path that begins with a slash is joined to the base without any parsing; a whole URL is taken
 * as it is; all else is appended to the base URL as text. Throws BAD_REQUEST when the result is no URL.
 */
export function resolveTarget(base: BaseUrl, url: string): Target {
  if (url.charCodeAt(0) === 47 /* / */ && base.pathPrefix !== undefined) {
    const path = base.pathPrefix === '' ? url : base.pathPrefix + url;
    return { origin: base.origin, path: unsafe.test(path) ? encodePath(path) : path, credentials: undefined };
  }
  const text = absolute.test(url) ? url : base.href + url;
  const parsed = parse(text);
  if (parsed === undefined) throw new TsloadError('BAD_REQUEST', invalid(text, url));
  return { origin: parsed.origin, path: parsed.pathname + parsed.search, credentials: credentialsOf(parsed) };
}

/** The URL that a redirect's Location means, seen from where it was received; undefined when it is no http(s) URL. */
export function resolveLocation(origin: string, path: string, location: string): Target | undefined {
  if (!URL.canParse(location, origin + path)) return undefined;
  const parsed = new URL(location, origin + path);
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') return undefined;
  return { origin: parsed.origin, path: parsed.pathname + parsed.search, credentials: credentialsOf(parsed) };
}

/** A path with a query appended to the one that it may have. */
export function appendQuery(path: string, query: QueryInput): string {
  const text = encodeQuery(query);
  if (text === '') return path;
  return `${path}${path.includes('?') ? '&' : '?'}${text}`;
}

/** A query or form as `application/x-www-form-urlencoded` has it. */
export function encodeQuery(query: QueryInput): string {
  if (typeof query === 'string') return encodePath(query.startsWith('?') ? query.slice(1) : query);
  if (query instanceof URLSearchParams) return query.toString();
  const pairs = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of isList(value) ? value : [value]) {
      if (one !== null && one !== undefined) pairs.append(key, plainText(key, one));
    }
  }
  return pairs.toString();
}

/** Throws BAD_REQUEST for an object, of which plain JavaScript would make `[object Object]`. */
function plainText(key: string, value: NonNullable<QueryValue>): string {
  if (typeof value !== 'object') return String(value);
  throw new TsloadError(
    'BAD_REQUEST',
    `the value of ${JSON.stringify(key)} in a query or form must be text, a number or true or false but is an object: use json for it`,
  );
}

/** The value of a Basic Authorization header. */
export function basicAuthorization({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

// What a request line may hold as it is; everything else, and the fragment, is taken care of by encodePath.
const unsafe = /[^!$-;=?-[\]_a-z~]/;
const unsafeOnes = /[^!$-;=?-[\]_a-z~]+/gu;

/** A path or query fit for a request line: without its fragment, anything not allowed there percent-encoded. */
function encodePath(path: string): string {
  const hash = path.indexOf('#');
  const kept = hash >= 0 ? path.slice(0, hash) : path;
  try {
    return kept.replace(unsafeOnes, encodeURIComponent);
  } catch (cause) {
    throw new TsloadError('BAD_REQUEST', `the path ${JSON.stringify(path)} is not valid Unicode: correct the URL`, {
      cause,
    });
  }
}

function parse(text: string): URL | undefined {
  return withHost.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

function credentialsOf(url: URL): Credentials | undefined {
  if (url.username === '' || url.password === '') return undefined;
  return { username: decode(url.username), password: decode(url.password) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isList(value: QueryValue | readonly QueryValue[]): value is readonly QueryValue[] {
  return Array.isArray(value);
}

function invalid(text: string, url: string): string {
  const joined = text === url ? '' : `, which joined to the base URL gives ${JSON.stringify(withoutCredentials(text))}`;
  return (
    `a request cannot be sent to ${JSON.stringify(withoutCredentials(url))}${joined}: ` +
    'give a path that begins with / or a whole http:// or https:// URL'
  );
}

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//');
}
