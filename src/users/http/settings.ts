/** The statics of an HttpUser class, checked once for each user and complete. */
import { OptionError } from '../../errors.js';
import { milliseconds } from './connectionOptions.js';
import { ConnectionPool } from './connectionPool.js';
import type { CallMode } from './exchange.js';
import { type HeaderList, mergeHeaders, standardHeaders } from './headers.js';
import type { HttpUser } from './httpUser.js';
import type { HttpInterceptor } from './interceptors.js';

export interface HttpSettings {
  readonly headers: HeaderList;
  readonly interceptors: readonly HttpInterceptor[];
  /** 0: none. */
  readonly networkTimeoutMs: number;
  readonly maxRedirects: number;
  readonly retriesStale: boolean;
  /** Of a request without options. */
  readonly mode: CallMode;
  /** The same for HEAD, which follows no redirects. */
  readonly headMode: CallMode;
}

interface Kept {
  readonly source: HttpUserStatics;
  readonly settings: HttpSettings;
}
type HttpUserStatics = Pick<
  typeof HttpUser,
  | 'interceptors'
  | 'networkTimeoutSeconds'
  | 'timeoutSeconds'
  | 'maxRedirects'
  | 'retryStaleConnections'
  | 'defaultHeaders'
>;

const kept = new WeakMap<typeof HttpUser, Kept>();

/** Shared by the users of a class for as long as its statics stay the same. Throws BAD_OPTION. */
export function settingsOf(userClass: typeof HttpUser): HttpSettings {
  const { interceptors, networkTimeoutSeconds, timeoutSeconds, maxRedirects, retryStaleConnections, defaultHeaders } =
    userClass;
  const source = {
    interceptors,
    networkTimeoutSeconds,
    timeoutSeconds,
    maxRedirects,
    retryStaleConnections,
    defaultHeaders,
  };
  const known = kept.get(userClass);
  if (known !== undefined && isSame(known.source, source)) return known.settings;
  const settings = read(source, userClass.name);
  kept.set(userClass, { source, settings });
  return settings;
}

function isSame(a: HttpUserStatics, b: HttpUserStatics): boolean {
  return (
    a.interceptors === b.interceptors &&
    a.networkTimeoutSeconds === b.networkTimeoutSeconds &&
    a.timeoutSeconds === b.timeoutSeconds &&
    a.maxRedirects === b.maxRedirects &&
    a.retryStaleConnections === b.retryStaleConnections &&
    a.defaultHeaders === b.defaultHeaders
  );
}

function read(source: HttpUserStatics, className: string): HttpSettings {
  const { maxRedirects, interceptors } = source;
  if (!Number.isInteger(maxRedirects) || maxRedirects < 0) {
    throw new OptionError(
      `${className}.maxRedirects must be a whole number, 0 or more, but is ${String(maxRedirects)}`,
    );
  }
  if (!Array.isArray(interceptors) || !interceptors.every((one) => typeof one === 'function')) {
    throw new OptionError(
      `${className}.interceptors must be a list of functions (dispatch) => (options, handler) => …`,
    );
  }
  const timeoutMs = milliseconds(`${className}.timeoutSeconds`, source.timeoutSeconds);
  const mode = { isRecorded: true, isStream: false, isCaught: false, isRest: false, followsRedirects: true, timeoutMs };
  return {
    headers: mergeHeaders(standardHeaders, source.defaultHeaders),
    interceptors,
    networkTimeoutMs: milliseconds(`${className}.networkTimeoutSeconds`, source.networkTimeoutSeconds),
    maxRedirects,
    retriesStale: source.retryStaleConnections,
    mode,
    headMode: { ...mode, followsRedirects: false },
  };
}

/** A pool of one user, of its class's connection options. Throws BAD_OPTION. */
export function ownPool(userClass: typeof HttpUser): ConnectionPool {
  const { concurrency, connectionTimeoutSeconds, keepAliveTimeoutSeconds, tls, proxy, http2, localAddress } = userClass;
  return new ConnectionPool({
    connections: concurrency,
    connectionTimeoutSeconds,
    keepAliveTimeoutSeconds,
    http2,
    ...(tls === undefined ? {} : { tls }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(localAddress === undefined ? {} : { localAddress }),
  });
}
