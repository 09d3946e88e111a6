/** What a call gives back: the answer, or status 0 and an error when there was none. */
import { TsloadError } from '../../errors.js';
import type { HttpCall } from './call.js';
import { type ResponseHeaders, readableHeaders } from './headers.js';
import { type JsonBody, JsonParseError } from './jsonBody.js';
import { judge } from './judging.js';
import type { ResponseMeta } from './outcome.js';
import { decodeText } from './responseText.js';
import type { RequestError } from './transportError.js';

const noBody = Buffer.alloc(0);

/** What every response tells, whether its body was read or is a stream. */
export abstract class ResponseHead {
  /** For tsload alone. */
  protected readonly call: HttpCall;

  constructor(call: HttpCall) {
    this.call = call;
  }

  /** The status; 0 when no answer arrived, or not the whole of it. */
  get status(): number {
    return this.call.status;
  }

  /** The same as `status`. Locust: `status_code`. */
  get statusCode(): number {
    return this.call.status;
  }

  /** The reason that the server wrote behind the status. Empty over HTTP/2. Locust: `reason`. */
  get statusText(): string {
    return this.call.statusText;
  }

  /** An answer arrived, and its status is below 400. */
  get ok(): boolean {
    return this.error === undefined;
  }

  /** Why the request failed: by its status or on its way; undefined for a success. It is not thrown by itself. */
  get error(): RequestError | undefined {
    return this.call.outcome.error;
  }

  /** Where the answer came from: after redirects the last URL. */
  get url(): string {
    return this.call.url;
  }

  /** By lower-case name. Empty when no answer arrived. */
  get headers(): ResponseHeaders {
    return readableHeaders(this.call.rawHeaders);
  }

  /** Cookies that this answer set. The client keeps them by itself. */
  get cookies(): Readonly<Record<string, string>> {
    const cookies: Record<string, string> = {};
    for (const text of this.call.setCookies ?? []) {
      const [, name, value] = /^\s*([^=;]+)=([^;]*)/.exec(text) ?? [];
      if (name !== undefined && value !== undefined) cookies[name.trim()] = value.trim();
    }
    return cookies;
  }

  /** The name under which the request is counted. */
  get requestName(): string {
    return this.call.name;
  }

  /** Milliseconds of the sample: until the last byte of the body, or until the headers with `stream`. */
  get responseTimeMs(): number {
    return this.call.micros / 1000;
  }

  /** Redirects that were followed. */
  get redirectCount(): number {
    return this.call.redirects;
  }

  /** Throws `error`, if there is one. Locust: `raise_for_status`. */
  raiseForStatus(): void {
    const { error } = this;
    if (error !== undefined) throw error;
  }
}

/** An answer with its body read. Locust: `Response`, `FastResponse`. */
export class HttpResponse extends ResponseHead {
  /** The body, decoded. Empty when no answer arrived. Locust: `content`. */
  get bytes(): Buffer {
    return this.call.status === 0 ? noBody : this.call.body;
  }

  /** The body as text, by the charset that the server names, else UTF-8. Locust: `text`. */
  text(): string {
    return decodeText(this.bytes, this.headers['content-type']);
  }

  /** The body as JSON. Throws `JsonParseError` when it is none. */
  json<T = JsonBody>(): T {
    const text = this.text();
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new JsonParseError(this.call.name, cause);
    }
  }

  /** Only for a request with `catchResponse`. Throws MISUSE. */
  success(this: CaughtResponse): void {
    throw misuse('success() was called');
  }

  /** Only for a request with `catchResponse`. Throws MISUSE. */
  failure(this: CaughtResponse, _reason: unknown): void {
    throw misuse('failure() was called');
  }

  /** Only a request with `catchResponse` gives something for `await using`. Throws MISUSE. */
  get [Symbol.asyncDispose](): unknown {
    throw misuse('await using was applied');
  }
}

/**
 * An answer that the test judges, by `catchResponse`. The sample is taken when the block ends: by the last call of `success`
 * or `failure`; without one by the status, and by a `json()` that could not be parsed.
 */
export class CaughtResponse extends HttpResponse {
  /** What the sample will be recorded as, and the `request` event be given. Change it before the block ends. */
  get requestMeta(): ResponseMeta {
    return this.call.outcome.meta;
  }

  override get error(): RequestError | undefined {
    return this.call.outcome.error;
  }

  /** The request succeeded, whatever its status. */
  override success(): void {
    this.call.outcome.succeed();
  }

  /** The request failed. `reason`: an error, or anything that tells why. Equal texts are counted together. */
  override failure(reason: unknown): void {
    this.call.outcome.fail(reason);
  }

  /** Throws what `failure` was given; after `success` nothing; without either by the status. */
  override raiseForStatus(): void {
    this.call.outcome.raise();
  }

  override json<T = JsonBody>(): T {
    try {
      return super.json<T>();
    } catch (thrown) {
      this.call.outcome.bodyIsBroken(thrown);
      throw thrown;
    }
  }

  /** For the client: runs the block of `catchResponse`. */
  judgeBy(block: (response: never) => unknown): Promise<void> {
    return judge(this.call.outcome, this as never, block);
  }

  override get [Symbol.asyncDispose](): () => Promise<void> {
    return async () => this.call.outcome.conclude();
  }
}

function misuse(what: string): TsloadError {
  return new TsloadError(
    'MISUSE',
    `${what} on the response of a request without catchResponse, which is recorded already: give the request catchResponse: true or a function`,
  );
}
