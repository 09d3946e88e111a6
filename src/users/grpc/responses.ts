/** What a call gives back to the test. */
import type { Metadata } from '@grpc/grpc-js';
import type { GrpcError } from './grpcError.js';
import type { StatusName } from './status.js';

/** The outcome of a call, for judging it and for listeners of the request event. */
export interface GrpcResponse<Message> extends AsyncDisposable {
  /** The answer; undefined when there is none, and for streams. */
  readonly message: Message | undefined;
  /** The status by name; `UNKNOWN` while the call is under way. */
  readonly status: StatusName;
  /** The status by number. */
  readonly code: number;
  /** The server's own words about the status, or grpc-js's. */
  readonly details: string;
  /** What the call failed with; undefined for status OK and for streams that ended as they should. */
  readonly error: GrpcError | undefined;
  /** Headers of the answer; undefined before they arrive. */
  readonly metadata: Metadata | undefined;
  /** Metadata that came with the status. */
  readonly trailers: Metadata | undefined;
  readonly messagesSent: number;
  readonly messagesReceived: number;
  /** Of the messages as encoded, before compression. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** The call counts as a success, whatever its status. The last verdict holds. Only with `catchResponse`. */
  success(): void;
  /** The call counts as a failure with this text or error. The last verdict holds. Only with `catchResponse`. */
  failure(reason: unknown): void;
}

/**
 * Messages of the server, to be read in a `for await` loop, once. Leaving the loop early cancels the call, which is then a
 * success. A status other than OK ends the loop with a `GrpcError`, unless `catchResponse` is given.
 */
export interface ServerStream<Message> extends AsyncIterable<Message>, GrpcResponse<Message> {
  /** Ends the call now, as a success. */
  cancel(): void;
}

interface Writable<Request> {
  /**
   * Sends a message; resolves when there is room for the next. False: the call is over and the message was not sent.
   * Rejects with `TsloadError` when the message has a wrong field.
   */
  write(message: Request): Promise<boolean>;
}

export interface ClientStream<Request, Result> extends Writable<Request> {
  /** No more messages follow: gives the answer. */
  finish(): Promise<Result>;
  /** Gives the call up: it is no sample. */
  cancel(): void;
}

export interface BidiStream<Request, Message> extends ServerStream<Message>, Writable<Request> {
  /** No more messages follow; the server's may. */
  end(): void;
}
