/** The user class for HTTP. */
import type { Environment } from '../../events/index.js';
import { BadSetup } from '../controlExceptions.js';
import { User } from '../user.js';
import { preloadKey, releaseKey } from '../userLife.js';
import { CallSession } from './callSession.js';
import type { HttpTlsOptions, ProxyOptions } from './connectionOptions.js';
import type { ConnectionPool } from './connectionPool.js';
import type { HeadersInput } from './headers.js';
import { HttpSession } from './httpSession.js';
import type { HttpInterceptor } from './interceptors.js';
import type { RestBlock, RestOptions, RestResponse } from './rest.js';
import { maskUrl } from './secrets.js';
import { ownPool, settingsOf } from './settings.js';
import { undiciClient } from './undici.js';
import { type BaseUrl, readBaseUrl } from './url.js';

/**
 * A user that loads an HTTP service through `this.client`. It has its own connections, opened when they are needed and kept
 * alive, and its own cookies. It needs a host. Locust: `HttpUser`, `FastHttpUser`.
 */
export class HttpUser extends User {
  static override abstract = true;

  /**
   * undici interceptors, `(dispatch) => (options, handler) => dispatch(options, handler)`; the first is the outermost. What
   * they do before the first attempt is not in the response time. Each hop of a redirect passes them. Default none.
   */
  static interceptors: readonly HttpInterceptor[] = [];

  /**
   * Requests of one user that may be under way at a time, each on a connection of its own; with `http2` on one connection.
   * Further ones wait, and their time counts. Default 10. Locust: `concurrency`.
   */
  static concurrency = 10;

  /**
   * Connections shared by all users with this pool, in place of each user's own. Its options then stand for the connection
   * options here. Default none. Locust: `pool_manager`, `client_pool`.
   */
  static pool: ConnectionPool | undefined = undefined;

  /** Seconds to open a connection, TLS included. 0: no limit. Default 60. Locust: `connection_timeout`. */
  static connectionTimeoutSeconds = 60;

  /** Seconds that the server may be silent, before its answer or within it. 0: no limit. Default 60. Locust: `network_timeout`. */
  static networkTimeoutSeconds = 60;

  /** Seconds for a whole call, redirects and body included. 0, the default: no limit. A request can set its own. */
  static timeoutSeconds = 0;

  /** Seconds that an idle connection is kept, unless the server announces less. Default 300. */
  static keepAliveTimeoutSeconds = 300;

  /** Redirects that one call follows at most. Default 30. Locust: `max_redirects`. */
  static maxRedirects = 30;

  /**
   * Send a request once more when the server had closed the kept-alive connection while it was on its way. It is one sample
   * all the same. Default false: such a request fails with `StaleConnectionError`.
   */
  static retryStaleConnections = false;

  /** Over the headers that are sent by default; `null` takes one away. Locust: `default_headers`. */
  static defaultHeaders: HeadersInput = {};

  /** Certificates, and whether the server's is checked. Default: checked against those that Node.js trusts. */
  static tls: HttpTlsOptions | undefined = undefined;

  /** A proxy for all requests: its URL, or more. Default none; proxies of the environment are ignored. */
  static proxy: string | ProxyOptions | undefined = undefined;

  /** Speak HTTP/2: negotiated over https, by prior knowledge over http. Default false. */
  static http2 = false;

  /** Address of this machine to connect from. Default: the system's choice. */
  static localAddress: string | undefined = undefined;

  static override [preloadKey](): void {
    undiciClient();
  }

  readonly #base: BaseUrl;
  #calls: CallSession | undefined = undefined;
  #client: HttpSession | undefined = undefined;

  /** Throws `StopTest` when there is no host to load, or one that is no http(s) URL. */
  constructor(environment: Environment) {
    super(environment);
    this.#base = baseOf(this.host, this.constructor.name);
  }

  /** Sends this user's requests. Locust: `client`. */
  get client(): HttpSession {
    this.#client ??= this.#open();
    return this.#client;
  }

  /** `client.rest`, for those who are used to it here. Locust: `FastHttpUser.rest`. */
  rest(method: string, url: string, options?: RestOptions | RestBlock, block?: RestBlock): Promise<RestResponse> {
    return this.client.rest(method, url, options, block);
  }

  override [releaseKey](): void {
    this.#calls?.close();
  }

  #open(): HttpSession {
    const userClass = this.constructor as typeof HttpUser;
    const settings = settingsOf(userClass);
    const { pool } = userClass;
    // A user that no worker made, as in runSingleUser: its loading must be no part of the first response time either.
    undiciClient();
    this.#calls = new CallSession(this, settings, pool ?? ownPool(userClass), pool !== undefined, this.#base.origin);
    return new HttpSession(this.#calls, this.#base, settings);
  }
}

/** Most users of a test share one host: it is taken apart once. */
let lastHost = '';
let lastBase: BaseUrl | undefined;

function baseOf(host: string | undefined, className: string): BaseUrl {
  if (host === undefined || host === '') {
    throw new BadSetup(
      `${className} has no host: give the base URL with --host, as static host of the class, or as the environment's host`,
    );
  }
  if (host !== lastHost || lastBase === undefined) {
    lastBase = readBaseUrl(host);
    lastHost = host;
  }
  if (lastBase === undefined) {
    throw new BadSetup(
      `the host of ${className} must be an http:// or https:// URL but is ${JSON.stringify(maskUrl(host))}: for example http://localhost:8080`,
    );
  }
  return lastBase;
}
