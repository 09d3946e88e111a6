/** Streams as the test holds them. The calls behind them are another matter: a call is what a stop cancels. */
import { CallResponse } from './callResponse.js';
import type { ClientStreamCall } from './clientStreamCall.js';
import type { BidiStream, ClientStream } from './responses.js';
import type { StreamCall } from './streamCall.js';

/** Messages of the server, and where the test's own go in a stream of both directions. */
export class MessageStream extends CallResponse implements BidiStream<unknown, unknown> {
  readonly #call: StreamCall;

  constructor(call: StreamCall) {
    super(call);
    this.#call = call;
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    const call = this.#call;
    return {
      next: () => call.take(),
      return: async () => {
        call.leave();
        return { value: undefined, done: true };
      },
    };
  }

  write(message: unknown): Promise<boolean> {
    return this.#call.write(message);
  }

  end(): void {
    this.#call.finishWriting();
  }

  cancel(): void {
    this.#call.leave();
  }

  /** Ends the stream if it has not ended, and counts it. */
  override async [Symbol.asyncDispose](): Promise<void> {
    this.#call.leave();
    await super[Symbol.asyncDispose]();
  }
}

/** Where the messages of a call with one answer are written to. */
export class MessageSink implements ClientStream<unknown, unknown> {
  constructor(private readonly call: ClientStreamCall) {}

  write(message: unknown): Promise<boolean> {
    return this.call.write(message);
  }

  finish(): Promise<unknown> {
    this.call.finishWriting();
    return this.call.promise;
  }

  cancel(): void {
    this.call.abandon();
  }
}
