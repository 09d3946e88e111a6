/** What the next request is when an answer redirects. Pure: the rules of RFC 9110 §15.4 as clients practise them. */
import { type HeaderList, withoutHeaders } from './headers.js';
import { RequestError } from './transportError.js';
import { resolveLocation } from './url.js';

export interface Hop {
  readonly method: string;
  readonly origin: string;
  readonly path: string;
  readonly headers: HeaderList;
  readonly keepsBody: boolean;
}

/** Whether a status with a Location is a redirect that is followed. */
export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** A request that was answered by a redirect. */
export interface Redirected {
  readonly method: string;
  readonly origin: string;
  readonly path: string;
  readonly headers: HeaderList;
  readonly status: number;
  readonly location: string;
  /** The body, if there is one, can be sent again. */
  readonly isRepeatable: boolean;
  /** Redirects that were followed already, and may be. */
  readonly redirects: number;
  readonly maxRedirects: number;
}

/**
 * The request that follows a redirect, or why there is none.
 *
 * 303 asks for a GET (HEAD stays HEAD), 302 in practice too, 301 turns a POST into a GET; 307 and 308 repeat method and body.
 * Credentials and cookies stay within the origin; `Host` never goes along.
 */
export function nextHop(from: Redirected): Hop | RequestError {
  if (from.redirects >= from.maxRedirects) {
    return new RequestError('TooManyRedirectsError', `more than ${from.maxRedirects} redirects`);
  }
  const target = resolveLocation(from.origin, from.path, from.location);
  if (target === undefined) {
    return new RequestError('RedirectError', "the redirect's Location is no http:// or https:// URL");
  }
  const becomesGet = turnsIntoGet(from.method, from.status);
  if (!becomesGet && !from.isRepeatable) {
    return new RequestError('RedirectError', 'a streamed request body cannot be sent again to where it was redirected');
  }
  const leavesOrigin = target.origin !== from.origin;
  const headers = withoutHeaders(
    from.headers,
    (name) =>
      name === 'host' ||
      name === 'cookie' ||
      (leavesOrigin && (name === 'authorization' || name === 'proxy-authorization')) ||
      (becomesGet && (name === 'content-length' || name === 'content-type' || name === 'transfer-encoding')),
  );
  const method = becomesGet ? 'GET' : from.method;
  return { method, origin: target.origin, path: target.path, headers, keepsBody: !becomesGet };
}

function turnsIntoGet(method: string, status: number): boolean {
  return method !== 'HEAD' && (status === 303 || status === 302 || (status === 301 && method === 'POST'));
}
