/**
 * Received messages on their way to the test's loop. Bound: 16 messages; when it is full nothing more is read, and HTTP/2's
 * flow control holds the server back.
 */
import type { Thrown } from './measuredCall.js';

const capacity = 16;
const done: IteratorResult<unknown> = { value: undefined, done: true };

export class Inbox {
  readonly #messages: unknown[] = [];
  readonly #readers: Reader[] = [];
  #isOver = false;
  #problem: Thrown | undefined = undefined;

  get hasRoom(): boolean {
    return !this.#isOver && this.#messages.length < capacity;
  }

  put(message: unknown): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#messages.push(message);
    else reader.resolve({ value: message, done: false });
  }

  /** The next message, or the end; a problem is thrown once, and after what came before it. */
  take(): Promise<IteratorResult<unknown>> {
    if (this.#messages.length > 0) return Promise.resolve({ value: this.#messages.shift(), done: false });
    if (!this.#isOver) {
      const reader = new Reader();
      this.#readers.push(reader);
      return reader.promise;
    }
    const problem = this.#problem;
    this.#problem = undefined;
    return problem === undefined ? Promise.resolve(done) : Promise.reject(problem.thrown);
  }

  /** Nothing more comes. */
  end(problem: Thrown | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const [first, ...others] = this.#readers.splice(0);
    if (problem === undefined || first === undefined) this.#problem = problem;
    if (problem === undefined) first?.resolve(done);
    else first?.fail(problem.thrown);
    for (const reader of others) reader.resolve(done);
  }

  /** What waits here is not wanted any more. */
  clear(): void {
    this.#messages.length = 0;
    this.#problem = undefined;
  }
}

class Reader {
  readonly promise: Promise<IteratorResult<unknown>>;
  resolve!: (result: IteratorResult<unknown>) => void;
  #reject!: (reason: unknown) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.#reject = reject;
    });
  }

  /** A read that nobody awaits must not end the process. */
  fail(reason: unknown): void {
    this.promise.catch(() => {});
    this.#reject(reason);
  }
}
