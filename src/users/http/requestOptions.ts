/** What a request can be given, and which response it then has. */
import type { Readable } from 'node:stream';
import type { HeadersInput } from './headers.js';
import type { CaughtResponse, HttpResponse } from './response.js';
import type { CaughtStream, StreamedResponse } from './streamedResponse.js';
import type { Credentials, QueryInput } from './url.js';

/** A body sent as it is. A stream can be sent once only: neither a redirect nor a retry can repeat it. */
export type RequestBody = string | Buffer | Uint8Array | Readable | AsyncIterable<Uint8Array | string>;

/** A file of a multipart form. */
export interface FormFile {
  readonly content: string | Uint8Array | Blob;
  readonly filename: string;
  /** Media type. Default `application/octet-stream`. */
  readonly type?: string;
}
export type FormValue = string | number | boolean | Blob | FormFile;
/** Fields of a multipart form; a list repeats its field. */
export type MultipartInput = FormData | Readonly<Record<string, FormValue | readonly FormValue[]>>;

/** Options of a request. `catchResponse` and `stream` decide which response it has: see `RequestMethod`. */
export interface RequestOptions {
  /** Name in the statistics. Default: path and query of the request. Locust: `name`. */
  readonly name?: string;
  /**
   * Judge the response yourself: `true` gives one for `await using`, a function is given the response and awaited.
   * Locust: `catch_response`.
   */
  readonly catchResponse?: boolean | ((response: CaughtResponse) => unknown) | ((response: CaughtStream) => unknown);
  /** `true`: the call is over when the headers are there, and the body is read as it arrives. Locust: `stream`. */
  readonly stream?: boolean;
  /** Passed on with the `request` event, over that of the user's `context()`. Locust: `context`. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** `false`: neither in the statistics nor in the `request` event. Default true. */
  readonly record?: boolean;
  /** Over the client's headers, whatever the case of a name; `null` takes one away. */
  readonly headers?: HeadersInput;
  /** Appended to the URL. Locust: `params`. */
  readonly query?: QueryInput;
  /** Sent as JSON. One of `json`, `form`, `multipart` and `body` at most. */
  readonly json?: unknown;
  /** Sent as an HTML form is: `application/x-www-form-urlencoded`. Locust: `data` with a dict. */
  readonly form?: QueryInput;
  /** Sent as `multipart/form-data`. Locust: `files`. */
  readonly multipart?: MultipartInput;
  /** Sent as it is. Locust: `data`. */
  readonly body?: RequestBody;
  /** Basic authorization for this request. Locust: `auth`. */
  readonly auth?: Credentials | readonly [username: string, password: string];
  /** Default true, for HEAD false. Locust: `allow_redirects`. */
  readonly followRedirects?: boolean;
  /** Seconds for the whole call, redirects and body included. 0: no limit. Default: the class's. Locust: `timeout`. */
  readonly timeoutSeconds?: number;
}

/** The body is read whole, and the status decides. */
export interface PlainOptions extends RequestOptions {
  readonly catchResponse?: false | ((response: CaughtResponse) => unknown);
  readonly stream?: false;
}

/** The body is read whole, and the test judges. */
export interface CaughtOptions extends RequestOptions {
  readonly catchResponse: true;
  readonly stream?: false;
}

/** The body is read as it arrives, and the status decides. */
export interface StreamedOptions extends RequestOptions {
  readonly catchResponse?: false | ((response: CaughtStream) => unknown);
  readonly stream: true;
}

/** The body is read as it arrives, and the test judges. */
export interface CaughtStreamOptions extends RequestOptions {
  readonly catchResponse: true;
  readonly stream: true;
}

/** `client.get` and its like: which response comes depends on the options. */
export interface RequestMethod {
  (url: string, options?: PlainOptions): Promise<HttpResponse>;
  (url: string, options: CaughtOptions): Promise<CaughtResponse>;
  (url: string, options: StreamedOptions): Promise<StreamedResponse>;
  (url: string, options: CaughtStreamOptions): Promise<CaughtStream>;
}
