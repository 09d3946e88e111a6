/**
 * One call, measured: what all four kinds have in common. One call is one sample, whatever its interceptors do.
 *
 *   ready ──open──▶ open ──status, limit, leaving, stop──▶ over          (refused: ready or open ──▶ over, without a sample)
 *
 * Its time runs from the hand-over to grpc-js (work that interceptors do before that is not in it) to the status, or to the
 * moment at which the test ended the stream.
 */
import type { Metadata, StatusObject } from '@grpc/grpc-js';
import { nowMicros } from '../../clock.js';
import { Pending } from '../activity.js';
import { ResponseError } from '../userErrors.js';
import type { Caller } from './caller.js';
import type { GrpcStreamOptions } from './callOptions.js';
import { CallResponse } from './callResponse.js';
import { recordCall } from './callSample.js';
import type { MethodDefinition } from './definition.js';
import { GrpcError } from './grpcError.js';
import { metadataFor } from './metadata.js';
import type { GrpcResponse } from './responses.js';
import { CANCELLED, OK, UNIMPLEMENTED } from './status.js';
import { BottomCall, type InterceptingCall, openWire, type WireOwner } from './wire.js';

/** Options of any kind of call, their message types forgotten. */
export type AnyOptions = GrpcStreamOptions<unknown>;

/** What the test says about a call, over its status. */
export type Verdict = { readonly kind: 'none' | 'success' } | { readonly kind: 'failure'; readonly error: Error };

/** Something thrown, `undefined` included. */
export interface Thrown {
  readonly thrown: unknown;
}

export abstract class MeasuredCall extends Pending implements WireOwner {
  state: 'ready' | 'open' | 'over' = 'ready';
  startMicros = 0;
  endMicros = 0;
  messagesSent = 0;
  messagesReceived = 0;
  bytesSent = 0;
  bytesReceived = 0;
  firstMessageMicros = 0;
  lastMessageMicros = 0;
  leastGapMicros = Number.POSITIVE_INFINITY;
  greatestGapMicros = 0;
  code = -1;
  details = '';
  message: unknown = undefined;
  sentMetadata: Metadata | undefined = undefined;
  headers: Metadata | undefined = undefined;
  trailers: Metadata | undefined = undefined;
  error: GrpcError | undefined = undefined;
  verdict: Verdict = noVerdict;
  #wire: InterceptingCall | undefined = undefined;
  #isHandedOver = false;
  #isStopped = false;
  #isCounted = false;

  constructor(
    readonly caller: Caller,
    readonly method: MethodDefinition,
    readonly options: AnyOptions,
  ) {
    super();
  }

  get name(): string {
    return this.options.name ?? this.method.path;
  }

  get isRecorded(): boolean {
    return this.options.record !== false;
  }

  /** Whether the test judges this call: its status is then not thrown. */
  get isJudged(): boolean {
    const { catchResponse } = this.options;
    return catchResponse !== undefined && catchResponse !== false;
  }

  /** Whether messages go through interceptors, which see them before they are encoded. */
  protected get isIntercepted(): boolean {
    return this.caller.interceptors.length > 0 || this.options.interceptors !== undefined;
  }

  /** The first message's bytes: before the clock starts, and before anything of a wrong one is sent. */
  protected encodeFirst(message: unknown): Buffer | undefined {
    if (this.isIntercepted) return undefined;
    try {
      return this.method.encode(message);
    } catch (thrown) {
      this.refuse(thrown);
      return undefined;
    }
  }

  /** Hands the call to grpc-js. What cannot be sent at all is refused, and is no sample. */
  protected open(): boolean {
    const { caller, options } = this;
    try {
      const metadata = metadataFor(caller.metadata(), options.metadata, options.waitForReady === true);
      const interceptors =
        options.interceptors === undefined ? caller.interceptors : [...caller.interceptors, ...options.interceptors];
      const channel = caller.channel();
      this.sentMetadata = metadata;
      this.state = 'open';
      this.startMicros = nowMicros();
      this.#wire = openWire(channel, this.method, { deadline: this.#deadline(), interceptors }, this);
      this.#wire.start(metadata, this);
      return true;
    } catch (thrown) {
      this.refuse(thrown);
      return false;
    }
  }

  #deadline(): number {
    const seconds = this.options.timeoutSeconds ?? this.caller.timeoutSeconds;
    return seconds === 0 ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1000;
  }

  /** Sends a message. `bytes`: what it was encoded to, unless it is intercepted. */
  protected send(message: unknown, bytes: Buffer | undefined, sent?: () => void): void {
    const wire = this.#wire;
    if (wire === undefined || this.state !== 'open') return;
    const context = sent === undefined ? {} : { callback: sent };
    this.messagesSent++;
    if (bytes !== undefined && wire instanceof BottomCall) wire.sendBytes(context, bytes);
    else wire.sendMessageWithContext(context, message);
  }

  protected halfClose(): void {
    if (this.state === 'open') this.#wire?.halfClose();
  }

  protected startRead(): void {
    this.#wire?.startRead();
  }

  handedOver(): void {
    if (this.#isHandedOver) return;
    this.#isHandedOver = true;
    if (this.isIntercepted) this.startMicros = nowMicros();
  }

  sentBytes(count: number): void {
    this.bytesSent += count;
  }

  receivedBytes(count: number): void {
    this.bytesReceived += count;
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.headers = metadata;
  }

  /** Hot: once per message. */
  onReceiveMessage(message: unknown): void {
    if (this.state !== 'open' || message === null || message === undefined) return;
    const now = nowMicros();
    if (this.messagesReceived++ === 0) this.firstMessageMicros = now;
    else this.#noteGap(now - this.lastMessageMicros);
    this.lastMessageMicros = now;
    this.received(message);
  }

  #noteGap(micros: number): void {
    if (micros < this.leastGapMicros) this.leastGapMicros = micros;
    if (micros > this.greatestGapMicros) this.greatestGapMicros = micros;
  }

  onReceiveStatus({ code, details, metadata }: StatusObject): void {
    if (this.state !== 'open') return;
    this.trailers = metadata;
    if (code === OK && !this.method.responseStream && this.message === undefined) {
      this.#end(UNIMPLEMENTED, 'the server sent no message');
    } else this.#end(code, details);
  }

  #end(code: number, details: string): void {
    this.#over(code, details);
    if (code !== OK) this.error = new GrpcError(code, details, this.method.path, this.trailers, this.isRecorded);
    this.#ended();
  }

  /** The test ends the call, as it may: a success. */
  protected endHere(details: string): void {
    if (this.state !== 'open') return;
    this.halfClose();
    this.#over(OK, details);
    this.#wire?.cancelWithStatus(CANCELLED, details);
    this.#ended();
  }

  /** The call ends without a sample. */
  protected giveUp(details: string): void {
    const wasOpen = this.state === 'open';
    this.#over(CANCELLED, details);
    if (wasOpen) this.#wire?.cancelWithStatus(CANCELLED, details);
  }

  #over(code: number, details: string): void {
    this.state = 'over';
    this.endMicros = nowMicros();
    this.code = code;
    this.details = details;
    this.caller.activity.leave(this);
    this.closed();
  }

  /** The user is being stopped: a stream that works ends as it may, everything else is cut off. */
  override cancel(reason: unknown): void {
    if (this.state === 'over') return;
    this.#isStopped = true;
    if (this.state === 'open' && this.isEndedByStop()) this.endHere('the user was stopped');
    else {
      if (this.state === 'open' && this.isRecorded) this.caller.environment.runtime.recorder.cutOff(1);
      this.giveUp('the user was stopped');
    }
    this.stopped(reason);
  }

  refuse(thrown: unknown): void {
    if (this.state === 'over') return;
    this.giveUp('the call was given up');
    this.refused(thrown);
  }

  /** There is a status, or the test ended the call: it is counted, or the test judges it first. */
  #ended(): void {
    const judge = this.options.catchResponse;
    if (judge === undefined || judge === false) this.#settle(this.count());
    else if (judge === true) {
      if (this.isRecorded) this.caller.judgements().add(this);
      this.#settle(undefined);
    } else this.#judge(judge).catch((thrown: unknown) => this.#settle({ thrown }));
  }

  /** Throws what the test's function throws, unless that is its verdict. */
  async #judge(judge: (response: GrpcResponse<unknown>) => unknown): Promise<void> {
    try {
      await judge(new CallResponse(this));
    } catch (thrown) {
      const isVerdict = thrown instanceof ResponseError && this.verdict.kind === 'none';
      if (this.verdict.kind !== 'none') this.count();
      if (!isVerdict) throw thrown;
      this.verdict = { kind: 'failure', error: thrown };
    }
    this.#settle(this.count());
  }

  #settle(problem: Thrown | undefined): void {
    if (!this.#isStopped) this.settled(problem);
  }

  /**
   * Counts the sample, once: by the verdict, else by the status. Returns what a listener of the request event threw to steer
   * the user, which is to be passed on.
   */
  count(): Thrown | undefined {
    if (this.#isCounted || !this.isRecorded) return undefined;
    this.#isCounted = true;
    if (this.options.catchResponse === true) this.caller.judgements().delete(this);
    return recordCall(this, this.#failure());
  }

  #failure(): Error | undefined {
    if (this.verdict.kind === 'failure') return this.verdict.error;
    return this.verdict.kind === 'success' ? undefined : this.error;
  }

  /** A message arrived. */
  protected abstract received(message: unknown): void;
  /** The call is over, and counted unless the test counts it later. `problem`: what is to be thrown into the test. */
  protected abstract settled(problem: Thrown | undefined): void;
  /** The user is being stopped: what it awaits of this call rejects. The call is over, and counted. */
  protected abstract stopped(reason: unknown): void;
  /** There is no call, because of what was thrown. */
  protected abstract refused(thrown: unknown): void;

  /** Whether a stop ends this call as it may end, instead of cutting it off. */
  protected isEndedByStop(): boolean {
    return false;
  }

  /** The call is over: whatever it holds is let go. */
  protected closed(): void {}
}

const noVerdict: Verdict = { kind: 'none' };
