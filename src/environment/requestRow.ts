/**
 * A request as one row of text, tabs between the columns. Pure. Locust: the output of `run_single_user`.
 */
import { errorText, type RequestEvent } from '../events/index.js';

export interface RowOptions {
  /** A column with the bytes of the response. Default false. Locust: `include_length`. */
  readonly includeLength?: boolean;
  /** A first column with the time of the request. Default false. Locust: `include_time`. */
  readonly includeTime?: boolean;
  /** A column with the context. Default false. Locust: `include_context`. */
  readonly includeContext?: boolean;
  /** A column with the response body, as far as the client has it. Default false. Locust: `include_payload`. */
  readonly includePayload?: boolean;
}

const nameWidth = 50;
const maxExceptionLength = 500;
const maxPayloadLength = 500;

export function rowHeader(options: RowOptions): string {
  return columns(options, {
    time: 'time'.padEnd(24),
    type: 'type',
    name: 'name'.padEnd(nameWidth),
    millis: 'resp_ms',
    length: 'length',
    exception: 'exception',
    context: 'context',
    payload: 'payload',
  });
}

export function requestRow(event: RequestEvent, options: RowOptions): string {
  const { responseTime, exception, startTime } = event;
  return columns(options, {
    time: startTime === undefined ? '' : new Date(startTime * 1000).toISOString(),
    type: event.requestType,
    name: event.name.padEnd(nameWidth),
    millis: responseTime === null ? '' : millisText(responseTime),
    length: String(event.responseLength),
    exception: exception === undefined || exception === null ? '' : oneLine(errorText(exception), maxExceptionLength),
    context: oneLine(JSON.stringify(event.context ?? {}), maxPayloadLength),
    payload: oneLine(payloadOf(event.response), maxPayloadLength),
  });
}

/** Whole milliseconds, below ten with two decimals: a call of 0.4 ms does not read 0. */
function millisText(millis: number): string {
  return String(Number(millis.toFixed(millis < 10 ? 2 : 0)));
}

interface Columns {
  readonly time: string;
  readonly type: string;
  readonly name: string;
  readonly millis: string;
  readonly length: string;
  readonly exception: string;
  readonly context: string;
  readonly payload: string;
}

function columns(options: RowOptions, texts: Columns): string {
  return [
    ...(options.includeTime ? [texts.time] : []),
    texts.type,
    texts.name,
    texts.millis,
    ...(options.includeLength ? [texts.length] : []),
    texts.exception,
    ...(options.includeContext ? [texts.context] : []),
    ...(options.includePayload ? [texts.payload] : []),
  ].join('\t');
}

/** The body of an HTTP response, or the message of a gRPC one; whatever else a client gives, as JSON. */
function payloadOf(response: unknown): string {
  if (typeof response !== 'object' || response === null) return response === undefined ? '' : String(response);
  if ('text' in response) return textOf(response);
  if ('message' in response) return toJson(response.message);
  return toJson(response);
}

/** A response of a stream has no text until somebody has read it. */
function textOf(response: { readonly text: unknown }): string {
  try {
    const text: unknown = typeof response.text === 'function' ? response.text() : response.text;
    return typeof text === 'string' ? text : '';
  } catch {
    return '';
  }
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? '';
  } catch {
    return String(value);
  }
}

/** A row stays one row. */
function oneLine(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(/[\t\r\n]+/g, ' ');
}
