/** What may be said about one call. */
import type { Interceptor, Metadata } from '@grpc/grpc-js';
import { TsloadError } from '../../errors.js';
import type { GrpcResponse } from './responses.js';

/** Metadata to send: text, or bytes under names that end in `-bin`. */
export type GrpcMetadata =
  | Metadata
  | { readonly [name: string]: string | Uint8Array | readonly (string | Uint8Array)[] | undefined };

export interface GrpcCallOptions {
  /** The name of the sample. Default `/package.Service/Method`. */
  readonly name?: string;
  /** Added to the user's `metadata`, in whose place it comes where both have a name. */
  readonly metadata?: GrpcMetadata;
  /** Seconds until the call ends as DEADLINE_EXCEEDED. 0: no limit. Default: the class's `timeoutSeconds`. */
  readonly timeoutSeconds?: number;
  /** Passed to listeners of the request event, over the user's `context()`. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** False: the call is no sample, no failure and no event. Default true. */
  readonly record?: boolean;
  /** Added inside the class's. The measuring stays outside of them all. */
  readonly interceptors?: readonly Interceptor[];
  /** Waits for a connection instead of failing at once while there is none. Default false. */
  readonly waitForReady?: boolean;
}

/** The test itself decides what is a success; see `GrpcResponse`. */
export interface Judged<Response> {
  readonly catchResponse: true | ((response: GrpcResponse<Response>) => unknown);
}

export interface GrpcStreamOptions<Response> extends GrpcCallOptions {
  /** Ends the stream after so many received messages, as a success. Whole, above 0. */
  readonly maxMessages?: number;
  /** Ends the stream after so many seconds, as a success. Above 0. */
  readonly maxSeconds?: number;
  /**
   * The test itself decides what is a success: true and `success()` or `failure()` on the stream, whose sample then counts
   * when the stream is disposed of (`await using`); or a function that is called at the stream's end.
   */
  readonly catchResponse?: boolean | ((response: GrpcResponse<Response>) => unknown);
}

const names: ReadonlySet<string> = new Set([
  'name',
  'metadata',
  'timeoutSeconds',
  'context',
  'record',
  'interceptors',
  'waitForReady',
  'maxMessages',
  'maxSeconds',
  'catchResponse',
]);
const noOptions: GrpcStreamOptions<unknown> = {};

/** Hot: once per call. Throws `TsloadError` BAD_REQUEST for options that are none. */
export function checkedOptions(
  options: GrpcStreamOptions<unknown> | undefined,
  path: string,
): GrpcStreamOptions<unknown> {
  if (options == null) return noOptions;
  for (const name in options) {
    if (!names.has(name)) throw badOption(path, name, `is none: there are ${[...names].join(', ')}`);
  }
  if (options.timeoutSeconds !== 0) checkAboveZero(path, 'timeoutSeconds', options.timeoutSeconds);
  checkAboveZero(path, 'maxSeconds', options.maxSeconds);
  checkAboveZero(path, 'maxMessages', options.maxMessages);
  checkTimer(path, 'maxSeconds', options.maxSeconds);
  if (options.maxMessages !== undefined && !Number.isInteger(options.maxMessages)) {
    throw badOption(path, 'maxMessages', `must be a whole number but is ${options.maxMessages}`);
  }
  return options;
}

function checkAboveZero(path: string, name: string, value: unknown): void {
  if (value === undefined || (typeof value === 'number' && value > 0)) return;
  const shown = typeof value === 'number' ? String(value) : JSON.stringify(value);
  throw badOption(path, name, `must be a number above 0 but is ${shown}`);
}

/** What timers can hold: a longer one would end at once. */
const mostSeconds = 2_000_000;

function checkTimer(path: string, name: string, seconds: number | undefined): void {
  if (seconds === undefined || seconds <= mostSeconds) return;
  throw badOption(path, name, `must be at most ${mostSeconds} seconds, which is 23 days, but is ${seconds}`);
}

function badOption(path: string, name: string, problem: string): TsloadError {
  return new TsloadError('BAD_REQUEST', `the option ${name} of the call ${path} ${problem}`);
}
