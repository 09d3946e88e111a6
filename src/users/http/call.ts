/**
 * One call of the client: one sample, whatever redirects and retries happen in it. It is its own handler for undici and its
 * own entry in what the user awaits, so that a request costs one object.
 *
 *   begin ─▶ [waits for a connection] ─▶ onConnect ─▶ onHeaders ─▶ onData… ─▶ onComplete ─▶ settled
 *     ▲                                                                           │ redirect
 *     └───────────────────────────────────────────────────────────────────────────┘
 *
 * onError or a deadline fails it: a sample with status 0. A stop cancels it: no sample.
 */
import type { Dispatcher } from 'undici';
import { nowMicros } from '../../clock.js';
import type { TimeoutName } from './callDeadline.js';
import type { Attempt, AttemptQueue, Connection } from './connection.js';
import { type Decoded, decodeThen } from './decode.js';
import { Exchange } from './exchange.js';
import type { RawHeaders } from './headers.js';
import { Outcome } from './outcome.js';
import { isRedirect, nextHop } from './redirect.js';
import type { ResponseHead } from './response.js';
import { type BodySource, StreamBody } from './streamBody.js';
import { isEndOfConnection, RequestError, transportError } from './transportError.js';

type Abort = (error?: Error) => void;
const letGo = new Error('the request was given up');

export class HttpCall extends Exchange implements Attempt, BodySource, Decoded {
  /** The connection of the attempt under way. */
  connection: Connection | undefined = undefined;
  queue: AttemptQueue | undefined = undefined;
  /** What the transport has of this call: itself, or what stands for it behind interceptors. */
  carrier: Attempt = this;

  private location: string | undefined = undefined;
  private abort: Abort | undefined = undefined;
  private resume: (() => void) | undefined = undefined;
  private sentMicros = 0;
  private hasBegun = false;
  isOver = false;
  private wasRetried = false;
  private wasStale = false;
  private wasConnected = false;
  private judgement: Outcome | undefined = undefined;

  get outcome(): Outcome {
    this.judgement ??= new Outcome(this);
    return this.judgement;
  }

  get handler(): Dispatcher.DispatchHandler {
    return this;
  }

  /** Hot: hands the request over, unless the user is being stopped. The promise is what the caller awaits. */
  begin(): Promise<ResponseHead> {
    const promise = this.promised();
    if (!this.activity.enter(this)) return promise;
    this.setLimits();
    this.session.dispatch(this);
    return promise;
  }

  /** Hot: the request goes to the transport now; what follows is the target's time. Only the first time counts. */
  handedOver(): void {
    if (this.startMicros === 0) this.startMicros = nowMicros();
  }

  /** Hot: undici is about to write the request. It may come twice, when undici itself sends again. */
  onConnect(abort: Abort): void {
    if (this.isOver) {
      abort(letGo);
      return;
    }
    this.abort = abort;
    this.sentMicros = nowMicros();
    // An interceptor that answers by itself hands nothing over.
    if (this.startMicros === 0) this.startMicros = this.sentMicros;
    this.hasBegun = false;
    this.heard(this.sentMicros);
  }

  /** A piece of the request's body went out. */
  onBodySent(): void {
    this.heard(nowMicros());
  }

  /** Hot: the first byte of an answer. */
  onResponseStarted(): void {
    this.hasBegun = true;
  }

  /** Hot. False: hold the body back. */
  onHeaders(status: number, raw: RawHeaders, resume: () => void, statusText: string): boolean {
    if (status < 200 || this.isOver) return true;
    this.connection?.served();
    this.hasBegun = true;
    if (this.connection !== undefined) this.isHttp2 = this.connection.isHttp2;
    const head = this.takeHead(status, raw, statusText);
    if (head.location !== undefined && this.mode.followsRedirects && isRedirect(status)) this.location = head.location;
    else if (this.mode.isStream) this.beginStream(resume);
    return true;
  }

  /** Hot. False: hold the rest back. */
  onData(chunk: Buffer): boolean {
    if (this.isOver || this.location !== undefined) return true;
    if (this.stream !== undefined) return this.passOn(chunk, this.stream);
    // The first piece came with the head, of which was taken note already.
    if (this.keepChunk(chunk) > 1) this.heard(nowMicros());
    return true;
  }

  /** Hot: the last byte. */
  onComplete(): void {
    const end = nowMicros();
    this.release(end);
    if (this.isOver) return;
    if (this.stream !== undefined) {
      this.close();
      this.stream.end();
      return;
    }
    this.micros = end - this.startMicros;
    // Not in onHeaders: the first cookie of a process loads what keeps them, and that is not the target's time.
    if (this.setCookies !== undefined) this.session.keepCookies(this, this.setCookies);
    if (this.location !== undefined) this.redirect(this.location);
    else if (this.contentEncoding === undefined) this.arrived();
    else decodeThen(this.contentEncoding, this.body, this);
  }

  onError(error: Error): void {
    if (this.lacksNothing(error)) {
      this.onComplete();
      return;
    }
    if (this.connection !== undefined) this.attemptBroke(this.connection, error);
    this.release(nowMicros());
    if (this.isOver) return;
    if (this.session.isBadRequest(error, this.abort !== undefined))
      this.refuseCall(this.session.badRequest(error, this));
    else if (this.isWorthRetrying()) {
      this.wasRetried = true;
      this.abort = undefined;
      this.session.dispatch(this);
    } else {
      const { wasConnected, wasStale } = this;
      const hadHead = this.answerStatus !== 0;
      this.fail(transportError(error, { target: this.session.targetOf(this.origin), wasConnected, hadHead, wasStale }));
    }
  }

  /** What the connection of a broken attempt tells about it. */
  attemptBroke(connection: Connection, error: Error): void {
    this.wasConnected = connection.isConnected;
    this.wasStale = !this.hasBegun && isEndOfConnection(error) && connection.wasStale(this.sentMicros);
  }

  /** It could not be sent as it is written, or an interceptor threw: no sample, the caller is told. */
  refuseCall(reason: unknown): void {
    if (this.isOver) return;
    this.close();
    this.reject(reason);
  }

  refuse(error: Error): void {
    this.onError(error);
  }

  /** The user is being stopped. */
  cancel(reason: unknown): void {
    if (this.isOver) return;
    const wasUnderWay = this.startMicros !== 0 && this.stream === undefined;
    this.letGo();
    if (wasUnderWay && this.isRecorded) this.session.recorder.cutOff(1);
    this.stream?.stop(reason);
    this.rejectQuietly(reason);
  }

  /** For its deadlines. */
  expire(name: TimeoutName): void {
    if (this.isOver) return;
    this.letGo();
    this.fail(new RequestError(name, this.session.timeoutText(name, this.mode.timeoutMs)));
  }

  wasRead(): void {
    if (this.isOver) return;
    this.heard(nowMicros());
    this.resume?.();
  }

  abandonBody(): void {
    if (!this.isOver) this.letGo();
  }

  /** Whatever was under way is ended, wherever it is: waiting, connecting or on the wire. */
  private letGo(): void {
    this.close();
    const { abort, carrier } = this;
    const { connection, queue } = carrier;
    queue?.withdraw(carrier);
    if (connection === undefined || connection.isHttp2 || connection.running > 1) {
      abort?.(letGo);
      return;
    }
    // Not given back: on a connection whose request was given up undici opens a new socket at once.
    carrier.connection = undefined;
    abort?.(letGo);
    connection.discard();
  }

  /** From now on nothing of it counts any more. */
  private close(): void {
    this.isOver = true;
    this.activity.leave(this);
    this.clearLimits();
  }

  private release(now: number): void {
    const { connection } = this;
    if (connection === undefined) return;
    this.connection = undefined;
    connection.release(now);
  }

  private redirect(location: string): void {
    const { method, origin, path, headers, answerStatus: status, redirects, isRepeatable } = this;
    const { maxRedirects } = this.session;
    const hop = nextHop({ method, origin, path, headers, status, location, isRepeatable, redirects, maxRedirects });
    if (hop instanceof RequestError) {
      this.fail(hop);
      return;
    }
    this.follow(hop, this.session.withCookies(hop));
    this.location = undefined;
    this.abort = undefined;
    this.session.dispatch(this);
  }

  /** For the decoder. */
  isCorrupt(cause: unknown): void {
    if (this.isOver) return;
    const text = `the ${this.contentEncoding} body of ${this.name} is corrupt`;
    this.fail(new RequestError('ContentDecodingError', text, { cause }));
  }

  /** For the decoder. */
  decoded(body: Buffer): void {
    if (this.isOver) return;
    this.replaceBody(body);
    this.arrived();
  }

  /** Hot: the whole answer is here. */
  private arrived(): void {
    this.close();
    this.status = this.answerStatus;
    this.bytes = this.body.length;
    this.settle();
  }

  private beginStream(resume: () => void): void {
    this.resume = resume;
    this.stream = new StreamBody(this);
    this.status = this.answerStatus;
    this.micros = nowMicros() - this.startMicros;
    if (this.setCookies !== undefined) this.session.keepCookies(this, this.setCookies);
    this.bytes = this.method === 'HEAD' ? 0 : Number(this.contentLength ?? 0) || 0;
    this.settle();
  }

  private isWorthRetrying(): boolean {
    return this.wasStale && this.session.retriesStale && !this.wasRetried && this.isRepeatable;
  }

  private fail(failure: RequestError): void {
    this.close();
    if (this.stream !== undefined) {
      this.stream.fail(failure);
      return;
    }
    this.failure = failure;
    this.status = 0;
    // 0: given up before it was handed over, for example in an interceptor.
    if (this.startMicros === 0) this.startMicros = nowMicros();
    // Not 0: the whole answer was there, and its body was not what it should be.
    if (this.micros === 0) this.micros = nowMicros() - this.startMicros;
    this.settle();
  }

  private settle(): void {
    try {
      this.resolve(this.session.respond(this));
    } catch (control) {
      this.stream?.cancel();
      this.reject(control);
    }
  }
}
