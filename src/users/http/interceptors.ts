/**
 * The user's interceptors, between a call and its transport. The first of `static interceptors` is the outermost; undici's
 * `compose` takes them the other way round. They are undici's own kind, and see each hop of a redirect.
 *
 *   call ─▶ first ─▶ … ─▶ last ─▶ hand-over: the sample's time begins ─▶ connection
 */
import type { Dispatcher } from 'undici';
import { nowMicros } from '../../clock.js';
import type { HttpCall } from './call.js';
import type { Attempt, AttemptQueue, Connection } from './connection.js';
import { headersObject, type RawHeaders } from './headers.js';
import { undiciDispatcher } from './undici.js';

/** What undici calls an interceptor: `(dispatch) => (options, handler) => dispatch(options, handler)`. */
export type HttpInterceptor = Dispatcher.DispatcherComposeInterceptor;

/** Sends an attempt whose interceptors are done. */
export type SendAttempt = (attempt: Attempt, origin: string) => void;

// Interceptors copy options with `...options`, and the call goes along.
const callKey = Symbol('tsload call');

interface CarriedOptions extends Dispatcher.DispatchOptions {
  readonly [callKey]?: HttpCall;
}

/** The way of a call through the interceptors. */
export function composed(interceptors: readonly HttpInterceptor[], send: SendAttempt): (call: HttpCall) => void {
  const Base = undiciDispatcher();
  class Innermost extends Base {
    override dispatch(options: CarriedOptions, handler: Dispatcher.DispatchHandler): boolean {
      const call = options[callKey];
      // Its user may be gone: no connection is opened for an interceptor that comes late.
      if (call?.isOver) {
        handler.onResponseError?.(noController, new Error('the request was given up'));
        return true;
      }
      const attempt = new InterceptedAttempt(options, handler, call);
      if (call !== undefined) {
        call.handedOver();
        call.carrier = attempt;
      }
      send(attempt, originOf(options.origin, call));
      return true;
    }
  }
  // The identity makes undici bring handlers of its old kind into the new form before they arrive here.
  const outermost = new Innermost().compose([(dispatch) => dispatch, ...[...interceptors].reverse()]);
  return (call) => {
    const { headers, ...options } = call.options;
    const carried: CarriedOptions = { ...options, headers: headersObject(call.headers), [callKey]: call };
    outermost.dispatch(carried, new CallHandler(call));
  };
}

function originOf(origin: string | URL | undefined, call: HttpCall | undefined): string {
  if (typeof origin === 'string') return origin;
  return origin?.origin ?? call?.origin ?? '';
}

/** One request that interceptors let through: a call has several when one of them retries. */
class InterceptedAttempt implements Attempt, Dispatcher.DispatchHandler {
  connection: Connection | undefined = undefined;
  queue: AttemptQueue | undefined = undefined;

  constructor(
    readonly options: Dispatcher.DispatchOptions,
    private readonly next: Dispatcher.DispatchHandler,
    private readonly call: HttpCall | undefined,
  ) {}

  get handler(): Dispatcher.DispatchHandler {
    return this;
  }

  refuse(error: Error): void {
    this.next.onResponseError?.(noController, error);
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.next.onRequestStart?.(controller, context);
  }

  onRequestUpgrade(...upgrade: Parameters<NonNullable<Dispatcher.DispatchHandler['onRequestUpgrade']>>): void {
    this.#release();
    this.next.onRequestUpgrade?.(...upgrade);
  }

  onResponseStart(...start: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>): void {
    this.connection?.served();
    if (this.call !== undefined) this.call.isHttp2 = this.connection?.isHttp2 ?? false;
    this.next.onResponseStart?.(...start);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.next.onResponseData?.(controller, chunk);
  }

  onResponseEnd(...end: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseEnd']>>): void {
    this.#release();
    this.next.onResponseEnd?.(...end);
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    if (this.connection !== undefined) this.call?.attemptBroke(this.connection, error);
    this.#release();
    this.next.onResponseError?.(controller ?? noController, error);
  }

  #release(): void {
    const { connection } = this;
    this.connection = undefined;
    connection?.release(nowMicros());
  }
}

/** Brings what comes out of the interceptors back to the call. */
class CallHandler implements Dispatcher.DispatchHandler {
  constructor(private readonly call: HttpCall) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.call.onConnect((error) => controller.abort(error ?? new Error('the request was given up')));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: RawHeaders,
    statusText?: string,
  ): void {
    if (!this.call.onHeaders(status, headers, () => controller.resume(), statusText ?? '')) controller.pause();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.call.onData(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.call.onComplete();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.call.onError(error);
  }
}

/** For errors before a request began: undici's handlers are always given a controller. */
const noController: Dispatcher.DispatchController = {
  aborted: true,
  paused: false,
  reason: null,
  abort: () => {},
  pause: () => {},
  resume: () => {},
};
