/** A body that is read while it arrives. It holds back the sender when nobody reads. */
import { type Activity, Pending } from '../activity.js';

/** Bytes that may wait to be read. More are taken from the socket only when these have been. */
const HIGH_WATER_BYTES = 64 * 1024;

/** What the body asks of its call. */
export interface BodySource {
  readonly activity: Activity;
  /** Reading went on: the sender may send, and silence is counted anew. */
  wasRead(): void;
  /** The rest of the body is not wanted. */
  abandonBody(): void;
}

export class StreamBody {
  readonly #source: BodySource;
  #chunks: Buffer[] = [];
  #buffered = 0;
  #hasEnded = false;
  #error: unknown = undefined;
  #isStopped = false;
  #reader:
    | { readonly resolve: (chunk: Buffer | undefined) => void; readonly reject: (reason: unknown) => void }
    | undefined = undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** Bytes came. False: send no more until `wasRead`. */
  push(chunk: Buffer): boolean {
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      reader.resolve(chunk);
      return true;
    }
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    return this.#buffered < HIGH_WATER_BYTES;
  }

  end(): void {
    this.#hasEnded = true;
    this.#reader?.resolve(undefined);
    this.#reader = undefined;
  }

  /** The body broke off. What had arrived can still be read; then the reader is told. */
  fail(error: unknown): void {
    this.#hasEnded = true;
    this.#error = error;
    this.#reader?.reject(error);
    this.#reader = undefined;
  }

  /** The user is being stopped: whoever reads is told at once, and nothing is kept. */
  stop(reason: unknown): void {
    this.#isStopped = true;
    this.#chunks = [];
    this.fail(reason);
  }

  /** The next bytes, or undefined at the end. Rejects with what broke the body off, or when the user is stopped. */
  next(): Promise<Buffer | undefined> {
    if (this.#isStopped) return new StoppedRead(this.#source.activity).promise;
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#buffered -= chunk.length;
      if (!this.#hasEnded && this.#buffered < HIGH_WATER_BYTES) this.#source.wasRead();
      return Promise.resolve(chunk);
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#hasEnded) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#source.wasRead();
    });
  }

  /** Lets go of the rest. */
  cancel(): void {
    this.#chunks = [];
    this.#buffered = 0;
    if (this.#hasEnded) return;
    this.end();
    this.#source.abandonBody();
  }
}

/**
 * A read after the user was stopped: it rejects only after a turn of the event loop, so that a task which catches
 * everything and reads on cannot freeze the process; once the user was left behind, it never settles.
 */
class StoppedRead extends Pending {
  readonly promise: Promise<undefined>;
  #reject: (reason: unknown) => void = () => {};

  constructor(activity: Activity) {
    super();
    this.promise = new Promise((_, reject) => {
      this.#reject = reject;
    });
    // Open again: the user is in its onStop, and this body is gone all the same.
    if (activity.enter(this)) {
      activity.leave(this);
      setImmediate(() => this.cancel(new Error('the body was cancelled when the user was stopped')));
    }
  }

  cancel(reason: unknown): void {
    this.promise.catch(() => {});
    this.#reject(reason);
  }
}
