/** What is asked and what is answered in one call: the data that responses, samples and outcomes are made of. */
import { STATUS_CODES } from 'node:http';
import type { Dispatcher } from 'undici';
import { nowMicros } from '../../clock.js';
import { type Activity, Pending } from '../activity.js';
import { CallDeadline, type Limited, type TimeoutName } from './callDeadline.js';
import type { CallSession } from './callSession.js';
import { deadlinesOf } from './deadlines.js';
import { AnswerHeaders, type HeaderList, type RawHeaders } from './headers.js';
import type { Outcome } from './outcome.js';
import type { Hop } from './redirect.js';
import type { Payload } from './requestBody.js';
import type { ResponseHead } from './response.js';
import type { StreamBody } from './streamBody.js';
import type { RequestError } from './transportError.js';

const noHeaders: RawHeaders = [];
const noBody = Buffer.alloc(0);
const noContext: Readonly<Record<string, unknown>> = {};

/** What the options of a request say about its call; most calls share one of these. */
export interface CallMode {
  readonly isRecorded: boolean;
  readonly isStream: boolean;
  /** A `catchResponse` block judges it. */
  readonly isCaught: boolean;
  /** That block is one of `rest`. */
  readonly isRest: boolean;
  readonly followsRedirects: boolean;
  /** For the whole call. 0: none. */
  readonly timeoutMs: number;
}

/** Where a call goes first. */
export interface Destination {
  readonly origin: string;
  /** With the query. */
  readonly path: string;
}

export abstract class Exchange extends Pending implements Limited {
  // The request as it is now; a redirect changes it.
  method: string;
  origin: string;
  path: string;
  headers: HeaderList;
  payload: Payload | undefined;
  redirects = 0;

  // The answer.
  /** 0 until the whole answer is there, and for good when it failed on its way. */
  status = 0;
  /** The status as it arrived. */
  answerStatus = 0;
  rawHeaders: RawHeaders = noHeaders;
  setCookies: readonly string[] | undefined = undefined;
  contentEncoding: string | undefined = undefined;
  stream: StreamBody | undefined = undefined;
  isHttp2 = false;
  /** What went wrong on the way, or with the body. */
  failure: RequestError | undefined = undefined;
  response: ResponseHead | undefined = undefined;
  protected contentLength: string | undefined = undefined;
  protected reason = '';
  protected chunk: Buffer | undefined = undefined;
  protected moreChunks: Buffer[] | undefined = undefined;

  private silence: CallDeadline | undefined = undefined;
  private total: CallDeadline | undefined = undefined;

  // What the caller awaits.
  protected resolve: (response: ResponseHead) => void = noSettler;
  protected reject: (reason: unknown) => void = noSettler;
  private promise: Promise<ResponseHead> | undefined = undefined;

  // The sample.
  startMicros = 0;
  /** From the first attempt's hand-over to the last byte, or to the headers of a stream. */
  micros = 0;
  /** Of the decoded body; what Content-Length says of a stream's. */
  bytes = 0;
  context: Readonly<Record<string, unknown>> = noContext;

  constructor(
    readonly session: CallSession,
    /** As the test wrote the method. */
    readonly requestType: string,
    readonly name: string,
    protected readonly first: Destination,
    headers: HeaderList,
    payload: Payload | undefined,
    readonly mode: CallMode,
  ) {
    super();
    this.method = requestType.toUpperCase();
    this.origin = first.origin;
    this.path = first.path;
    this.headers = headers;
    this.payload = payload;
  }

  get isRecorded(): boolean {
    return this.mode.isRecorded;
  }

  get activity(): Activity {
    return this.session.activity;
  }

  get url(): string {
    return this.origin + this.path;
  }

  /** Before redirects. */
  get firstUrl(): string {
    return this.first.origin + this.first.path;
  }

  /** The server's words, or the usual ones where it wrote none, as over HTTP/2. */
  get statusText(): string {
    return this.reason || (STATUS_CODES[this.answerStatus] ?? '');
  }

  /** Seconds since 1970. */
  get startTime(): number {
    return (performance.timeOrigin + this.startMicros / 1000) / 1000;
  }

  /** As it arrived or, once it was decoded, decoded. */
  get body(): Buffer {
    if (this.moreChunks !== undefined && this.chunk !== undefined) {
      this.chunk = Buffer.concat([this.chunk, ...this.moreChunks]);
      this.moreChunks = undefined;
    }
    return this.chunk ?? noBody;
  }

  /** The body, if there is one, can be sent again. */
  protected get isRepeatable(): boolean {
    return this.payload?.isRepeatable ?? true;
  }

  /** For undici, when no interceptor stands between. */
  get options(): Dispatcher.DispatchOptions {
    const { method, path, origin, headers } = this;
    const body = this.payload === undefined ? null : this.payload.body;
    // undici closes the connection after HEAD, and after a body where none is usual, unless told otherwise.
    if (method === 'HEAD' || (body !== null && method !== 'POST' && method !== 'PUT' && method !== 'PATCH')) {
      return { origin, path, method, headers, body, idempotent: true, reset: false };
    }
    return { origin, path, method, headers, body, idempotent: true };
  }

  /** Hot: the head of an answer is there. */
  protected takeHead(status: number, raw: RawHeaders, reason: string | undefined): AnswerHeaders {
    const head = new AnswerHeaders(raw);
    // An interceptor answered by itself, and told of no request.
    if (this.startMicros === 0) this.startMicros = nowMicros();
    this.answerStatus = status;
    this.reason = reason ?? '';
    this.rawHeaders = raw;
    this.contentEncoding = head.contentEncoding;
    this.contentLength = head.contentLength;
    this.setCookies = head.setCookies;
    return head;
  }

  /** Hot. Returns how many pieces there are now. */
  protected keepChunk(chunk: Buffer): number {
    if (this.chunk === undefined) {
      this.chunk = chunk;
      return 1;
    }
    this.moreChunks ??= [];
    return this.moreChunks.push(chunk) + 1;
  }

  /** A piece for who reads the body. False: hold the rest back; the silence that follows is then not the server's. */
  protected passOn(chunk: Buffer, stream: StreamBody): boolean {
    const wantsMore = stream.push(chunk);
    if (wantsMore) this.heard(nowMicros());
    else this.silence?.clear();
    return wantsMore;
  }

  protected replaceBody(body: Buffer): void {
    this.chunk = body;
    this.moreChunks = undefined;
  }

  /** The request becomes that of a redirect; nothing is known of an answer to it. */
  protected follow(hop: Hop, headers: HeaderList): void {
    this.redirects++;
    this.method = hop.method;
    this.origin = hop.origin;
    this.path = hop.path;
    this.headers = headers;
    if (!hop.keepsBody) this.payload = undefined;
    this.answerStatus = 0;
    this.reason = '';
    this.rawHeaders = noHeaders;
    this.setCookies = undefined;
    this.contentEncoding = undefined;
    this.contentLength = undefined;
    this.micros = 0;
  }

  /** A 304 may name the length of the body that it leaves out; undici takes that body for broken off. */
  protected lacksNothing(error: Error): boolean {
    return this.answerStatus === 304 && 'code' in error && error.code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';
  }

  /** Hot: the time limits of the call; that of the server's silence begins when the request is sent. */
  protected setLimits(): void {
    const { timeoutMs } = this.mode;
    if (timeoutMs > 0) {
      this.total = new CallDeadline(this, 'TimeoutError');
      deadlinesOf(timeoutMs).add(this.total, nowMicros());
    }
    if (this.session.silence !== undefined) this.silence = new CallDeadline(this, 'NetworkTimeoutError');
  }

  /** Hot: something passed between client and server. */
  protected heard(now: number): void {
    if (this.silence !== undefined) this.session.silence?.add(this.silence, now);
  }

  protected clearLimits(): void {
    this.silence?.clear();
    this.total?.clear();
  }

  /** A time limit has passed. */
  abstract expire(name: TimeoutName): void;

  /** Hot: what the caller awaits. */
  protected promised(): Promise<ResponseHead> {
    const promise = new Promise<ResponseHead>(keepSettlers);
    this.resolve = keptResolve;
    this.reject = keptReject;
    this.promise = promise;
    return promise;
  }

  /** Rejects; and a call that nobody awaits makes no unhandled rejection of it. */
  protected rejectQuietly(reason: unknown): void {
    this.promise?.catch(() => {});
    this.reject(reason);
  }

  /** How it is counted; made only where somebody asks. */
  abstract get outcome(): Outcome;
}

function noSettler(): void {}

// The settling functions of the promise made last: taken at once, so that no closure is needed for each call.
let keptResolve: (response: ResponseHead) => void;
let keptReject: (reason: unknown) => void;
function keepSettlers(resolve: (response: ResponseHead) => void, reject: (reason: unknown) => void): void {
  keptResolve = resolve;
  keptReject = reject;
}
