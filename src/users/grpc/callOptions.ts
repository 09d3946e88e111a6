/** What may be said about one call. */
import type { Interceptor, Metadata } from '@grpc/grpc-js';
import type { GrpcResponse } from './responses.js';

/** Metadata to send: text, or bytes under names that end in `-bin`. */
export type MetadataInit =
  | Metadata
  | { readonly [name: string]: string | Uint8Array | readonly (string | Uint8Array)[] | undefined };

export interface CallOptions {
  /** The name of the sample. Default `/package.Service/Method`. */
  readonly name?: string;
  /** Added to the user's `metadata`, in whose place it comes where both have a name. */
  readonly metadata?: MetadataInit;
  /** Seconds until the call ends as DEADLINE_EXCEEDED. Above 0. Default: the class's `timeout`. */
  readonly timeout?: number;
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

export interface StreamOptions<Response> extends CallOptions {
  /** Ends the stream after so many received messages, as a success. Whole, above 0. */
  readonly maxMessages?: number;
  /** Ends the stream after so many seconds, as a success. Above 0. */
  readonly maxSeconds?: number;
  /**
   * The test itself decides what is a success: true and `success()` or `failure()` on the stream, whose sample then counts
   * when the stream is disposed of (`await using`); or a function that is called at the stream's end.
   */
  readonly catchResponse?: true | ((response: GrpcResponse<Response>) => unknown);
}
