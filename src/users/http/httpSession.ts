/** The client of a user: `client.get` and its like. */
import { TsloadError } from '../../errors.js';
import { HttpCall } from './call.js';
import type { CallSession } from './callSession.js';
import { milliseconds } from './connectionOptions.js';
import type { CookieJar } from './cookies.js';
import type { CallMode } from './exchange.js';
import { type HeaderList, headerOf, mergeHeaders } from './headers.js';
import { checkOptionNames } from './optionNames.js';
import { type Payload, readPayload } from './requestBody.js';
import type {
  CaughtOptions,
  CaughtStreamOptions,
  PlainOptions,
  RequestMethod,
  RequestOptions,
  StreamedOptions,
} from './requestOptions.js';
import { CaughtResponse, type HttpResponse, type ResponseHead } from './response.js';
import { type RestBlock, type RestOptions, type RestResponse, rest, restUncached } from './rest.js';
import { SessionHeaders } from './sessionHeaders.js';
import type { HttpSettings } from './settings.js';
import { CaughtStream, type StreamedResponse } from './streamedResponse.js';
import { appendQuery, type BaseUrl, basicAuthorization, type Credentials, resolveTarget, type Target } from './url.js';

/**
 * Sends requests of one user, over its own connections and with its own cookies. Each call is one sample and one `request`
 * event, whatever redirects and retries happen in it. A call never rejects because of what the target did: its response
 * then has status 0 or the status of the failure, and an `error`. It rejects when the request cannot be sent as it is
 * written (`TsloadError` BAD_REQUEST), and when the user is stopped. Locust: `HttpSession`, `FastHttpSession`.
 */
export class HttpSession {
  /** Sent with every request. */
  readonly headers: SessionHeaders;

  /** Name for requests that give none; undefined: their path and query. Locust: `request_name`. */
  requestName: string | undefined = undefined;

  declare readonly get: RequestMethod;
  /** Follows no redirects unless asked to. */
  declare readonly head: RequestMethod;
  declare readonly options: RequestMethod;
  declare readonly post: RequestMethod;
  declare readonly put: RequestMethod;
  declare readonly patch: RequestMethod;
  declare readonly delete: RequestMethod;

  static {
    // On the prototype: a closure for each method of each user would be half a kilobyte.
    for (const method of ['get', 'head', 'options', 'post', 'put', 'patch', 'delete']) {
      const requestType = method.toUpperCase();
      Object.defineProperty(HttpSession.prototype, method, {
        writable: true,
        configurable: true,
        value(this: HttpSession, url: string, options?: RequestOptions): Promise<ResponseHead> {
          return this.#send(requestType, url, options);
        },
      });
    }
  }

  readonly #calls: CallSession;
  readonly #base: BaseUrl;
  readonly #settings: HttpSettings;
  #authorization: string | undefined;

  /** Made by the user. */
  constructor(calls: CallSession, base: BaseUrl, settings: HttpSettings) {
    this.#calls = calls;
    this.#base = base;
    this.#settings = settings;
    this.headers = new SessionHeaders(settings.headers);
    this.#authorization = base.credentials === undefined ? undefined : basicAuthorization(base.credentials);
  }

  /** The base URL, without credentials. Locust: `base_url`. */
  get baseUrl(): string {
    return this.#base.href;
  }

  get cookies(): CookieJar {
    return this.#calls.cookies;
  }

  /** Basic authorization for all requests to the user's host, or undefined for none. Locust: `client.auth`. */
  set auth(credentials: Credentials | readonly [username: string, password: string] | undefined) {
    this.#authorization = credentials === undefined ? undefined : authorizationOf(credentials);
  }

  /** Any method. The statistics show it as it is written; it is sent in capitals. Locust: `request`. */
  request(method: string, url: string, options?: PlainOptions): Promise<HttpResponse>;
  request(method: string, url: string, options: CaughtOptions): Promise<CaughtResponse>;
  request(method: string, url: string, options: StreamedOptions): Promise<StreamedResponse>;
  request(method: string, url: string, options: CaughtStreamOptions): Promise<CaughtStream>;
  request(method: string, url: string, options?: RequestOptions): Promise<ResponseHead> {
    return this.#send(method, url, options);
  }

  /** Names all requests inside `block` that give no name themselves. Locust: `rename_request`. */
  async renameRequest<T>(name: string, block: () => T | Promise<T>): Promise<T> {
    this.requestName = name;
    try {
      return await block();
    } finally {
      this.requestName = undefined;
    }
  }

  /**
   * A request to a JSON service: JSON is sent and asked for, and what cannot be parsed is a failure. In `block`,
   * `response.js` is the parsed body; an assertion that fails fails the request, any other exception too, and neither goes
   * further. Returns the response. Locust: `FastHttpUser.rest`.
   */
  rest(method: string, url: string, options?: RestOptions | RestBlock, block?: RestBlock): Promise<RestResponse> {
    return rest((...request) => this.#begin(...request), method, url, options, block);
  }

  /** `rest` with a query parameter that defeats caches, `_=<milliseconds>`, kept out of the name. Locust: `rest_`. */
  rest_(method: string, url: string, options?: RestOptions | RestBlock, block?: RestBlock): Promise<RestResponse> {
    return restUncached((...request) => this.#begin(...request), method, url, options, block);
  }

  #send(method: string, url: string, options: RequestOptions | undefined): Promise<ResponseHead> {
    const block: unknown = options?.catchResponse;
    const call = this.#begin(method, url, options);
    return isBlock(block) ? judged(call, block) : call;
  }

  /** Hot: makes and begins a call. Rejects with BAD_REQUEST. */
  #begin(method: string, url: string, options?: RequestOptions, isRest = false): Promise<ResponseHead> {
    try {
      return this.#call(method, url, options, isRest).begin();
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  /** Hot. Throws BAD_REQUEST. */
  #call(method: string, url: string, options: RequestOptions | undefined, isRest: boolean): HttpCall {
    if (typeof url !== 'string' || typeof method !== 'string')
      throw notText(typeof url === 'string' ? 'method' : 'URL');
    const plain = method === 'HEAD' ? this.#settings.headMode : this.#settings.mode;
    let target = resolveTarget(this.#base, url);
    let mode = plain;
    let payload: Payload | undefined;
    if (options != null) {
      checkOptionNames(options);
      if (options.query != null) target = { ...target, path: appendQuery(target.path, options.query) };
      payload = readPayload(options);
      mode = modeOf(options, plain, isRest);
    }
    const headers = this.#headers(target, options, payload?.contentType);
    const name = options?.name || this.requestName || target.path;
    const call = new HttpCall(this.#calls, method, name, target, headers, payload, mode);
    const context = options?.context;
    if (context !== undefined || mode.isCaught || this.#calls.events.request.isListened)
      call.context = this.#calls.contextOf(context);
    return call;
  }

  /** Hot. */
  #headers(target: Target, options: RequestOptions | undefined, contentType?: string): HeaderList {
    let list = this.headers.list;
    if (options?.headers != null) list = mergeHeaders(list, options.headers);
    if (contentType !== undefined && headerOf(list, 'content-type') === undefined)
      list = [...list, 'content-type', contentType];
    const authorization = options?.auth != null ? authorizationOf(options.auth) : this.#authorizationFor(target, list);
    if (authorization !== undefined) list = mergeHeaders(list, { authorization });
    return this.cookies.isEmpty ? list : this.#calls.withCookies({ ...target, headers: list });
  }

  /** Credentials of the host's URL go to that origin only. An Authorization header of the test's own stands. */
  #authorizationFor(target: Target, list: HeaderList): string | undefined {
    if (target.credentials !== undefined) return basicAuthorization(target.credentials);
    if (this.#authorization === undefined || target.origin !== this.#base.origin) return undefined;
    return headerOf(list, 'authorization') === undefined ? this.#authorization : undefined;
  }
}

function modeOf(options: RequestOptions, plain: CallMode, isRest: boolean): CallMode {
  const { record, stream, catchResponse, followRedirects, timeoutSeconds } = options;
  if (
    record === undefined &&
    !stream &&
    !catchResponse &&
    followRedirects === undefined &&
    timeoutSeconds === undefined &&
    !isRest
  ) {
    return plain;
  }
  return {
    isRecorded: record ?? true,
    isStream: stream === true,
    isCaught: isRest || Boolean(catchResponse),
    isRest,
    followsRedirects: followRedirects ?? plain.followsRedirects,
    timeoutMs: timeoutSeconds === undefined ? plain.timeoutMs : milliseconds('timeoutSeconds', timeoutSeconds),
  };
}

/** The block form of `catchResponse`: what it throws decides too. */
async function judged(call: Promise<ResponseHead>, block: (response: never) => unknown): Promise<ResponseHead> {
  const response = await call;
  if (response instanceof CaughtResponse || response instanceof CaughtStream) await response.judgeBy(block);
  return response;
}

function isBlock(value: unknown): value is (response: never) => unknown {
  return typeof value === 'function';
}

function authorizationOf(auth: Credentials | readonly [string, string]): string {
  if (typeof auth !== 'object') {
    throw new TsloadError('BAD_REQUEST', 'auth must be { username, password } or a pair of them');
  }
  return basicAuthorization('username' in auth ? auth : { username: auth[0], password: auth[1] });
}

function notText(what: string): TsloadError {
  return new TsloadError('BAD_REQUEST', `the ${what} of a request must be a string: give one like "/items"`);
}
