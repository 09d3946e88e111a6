/** What a request can be given, and which response it then has. */
import type { Readable } from 'node:stream';
import type { HeadersInput } from './headers.js';
import type { CaughtResponse, HttpResponse } from './response.js';
import type { CaughtStream, StreamedResponse } from './streamedResponse.js';
import type { Credentials, QueryInput } from './url.js';

/** What judges a response: it may call `success` or `failure` on it. */
export type CatchBlock<Response> = (response: Response) => unknown;

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

export interface RequestOptions<Catch = undefined, Stream = undefined> {
  /** Name in the statistics. Default: path and query of the request. Locust: `name`. */
  readonly name?: string;
  /**
   * Judge the response yourself: `true` gives one for `await using`, a function is given the response and awaited.
   * Locust: `catch_response`.
   */
  readonly catchResponse?: Catch | CatchBlock<CaughtFor<Stream>>;
  /** `true`: the call is over when the headers are there, and the body is read as it arrives. Locust: `stream`. */
  readonly stream?: Stream;
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

/** The response that goes with the options `catchResponse` and `stream`. */
export type ResponseTo<Catch, Stream> = Stream extends true
  ? Catch extends true
    ? CaughtStream
    : StreamedResponse
  : Catch extends true
    ? CaughtResponse
    : HttpResponse;

/** The response that a `catchResponse` block is given. */
export type CaughtFor<Stream> = Stream extends true ? CaughtStream : CaughtResponse;

export type CatchOption<Stream> = boolean | CatchBlock<CaughtFor<Stream>> | undefined;
