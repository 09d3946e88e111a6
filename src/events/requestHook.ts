/**
 * The `request` event: one for each sample. Built-in clients record by themselves and come here only when somebody listens;
 * a locustfile's own client fires it, and the sample is recorded on the way.
 */
import { epochSeconds, nowMicros } from '../clock.js';
import { TsloadError } from '../errors.js';
import { isControl } from './control.js';
import { EventHook } from './eventHook.js';
import { errorText, type Recorder } from './recorder.js';

export interface RequestEvent {
  /** For example `GET`, `grpc`. Locust: `request_type`. */
  readonly requestType: string;
  readonly name: string;
  /** Milliseconds, with decimals; `null` for a sample without one: it counts, but in no average or percentile. */
  readonly responseTime: number | null;
  /** Bytes. */
  readonly responseLength: number;
  /** What failed, `undefined` for a success. */
  readonly exception?: unknown;
  readonly context?: Readonly<Record<string, unknown>>;
  /** The client's response object. */
  readonly response?: unknown;
  /** Seconds since 1970. */
  readonly startTime?: number;
  readonly url?: string;
  /** Whatever else the client tells. */
  readonly [extra: string]: unknown;
}

/** What `measure` hands to its block. Whatever is set on it is passed on with the event. */
export interface RequestMeta {
  requestType: string;
  name: string;
  responseLength: number;
  exception?: unknown;
  response?: unknown;
  context: Record<string, unknown>;
  readonly startTime: number;
  [extra: string]: unknown;
}

export class RequestHook extends EventHook<RequestEvent> {
  #recorder: Recorder | undefined;

  /** Samples that are fired from now on are recorded here. For the worker. */
  recordInto(recorder: Recorder | undefined): void {
    this.#recorder = recorder;
  }

  /**
   * Records the sample, then calls the listeners. For clients of a locustfile's own. Throws `TsloadError` MISUSE for an event
   * without request type or name, and the control exception of a listener.
   */
  override fire(event: RequestEvent, options?: { readonly reverse?: boolean }): void {
    this.#record(event);
    super.fire(event, options);
  }

  /** Hot: calls the listeners only. For clients that have recorded the sample already; ask `isListened` first. */
  notify(event: RequestEvent): void {
    super.fire(event);
  }

  /**
   * Times a block and fires the event for it. An exception in the block becomes the sample's failure and goes no further,
   * except a control exception: that one fires nothing and is thrown on. Locust: `request.measure`.
   */
  async measure(
    requestType: string,
    name: string,
    block: (meta: RequestMeta) => unknown,
    options?: { readonly responseLength?: number; readonly context?: Record<string, unknown> },
  ): Promise<void> {
    const meta: RequestMeta = {
      requestType,
      name,
      responseLength: options?.responseLength ?? 0,
      context: options?.context ?? {},
      startTime: epochSeconds(),
    };
    const start = nowMicros();
    try {
      await block(meta);
    } catch (thrown) {
      if (isControl(thrown)) throw thrown;
      meta.exception = thrown ?? new Error(`the block threw ${String(thrown)}`);
    }
    this.fire({ ...meta, responseTime: (nowMicros() - start) / 1000 });
  }

  #record(event: RequestEvent): void {
    checkEvent(event);
    const entry = this.#recorder?.entry(event.requestType, event.name);
    if (entry === undefined) return;
    const failed = event.exception !== undefined && event.exception !== null;
    const bytes = Math.max(0, Math.round(event.responseLength) || 0);
    if (event.responseTime === null || event.responseTime === undefined) {
      if (failed) entry.recordUntimed(bytes, errorText(event.exception));
      else entry.recordUntimed(bytes);
      return;
    }
    const micros = Math.max(0, Math.round(event.responseTime * 1000) || 0);
    if (failed) entry.recordFailure(micros, bytes, errorText(event.exception));
    else entry.record(micros, bytes);
  }
}

/** A locustfile may be plain JavaScript. */
function checkEvent(event: RequestEvent): void {
  for (const key of ['requestType', 'name'] as const) {
    if (typeof event[key] === 'string') continue;
    throw new TsloadError(
      'MISUSE',
      `a request event must have a ${key} but it is ${String(event[key])}: give it a text`,
    );
  }
}
