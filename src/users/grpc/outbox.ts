/**
 * Messages on their way to the server, one at a time: the next leaves when there is room for it. Unbounded: a test that does
 * not await its writes fills it; who awaits them keeps it at one.
 */

interface Outgoing {
  readonly message: unknown;
  readonly bytes: Buffer | undefined;
  readonly resolve: (isSent: boolean) => void;
}

export class Outbox {
  readonly #waiting: Outgoing[] = [];
  #isSending = false;
  #isFinished = false;
  #isOver = false;

  constructor(
    private readonly send: (message: unknown, bytes: Buffer | undefined, sent: () => void) => void,
    /** Called when the last message has left and no more follow. */
    private readonly finished: () => void,
  ) {}

  get isClosed(): boolean {
    return this.#isFinished || this.#isOver;
  }

  /** Resolves when the message has left (true), or never will (false). */
  put(message: unknown, bytes: Buffer | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push({ message, bytes, resolve });
      this.#sendNext();
    });
  }

  /** No more messages follow. */
  finish(): void {
    if (this.isClosed) return;
    this.#isFinished = true;
    if (this.#waiting.length === 0) this.finished();
  }

  /** The call is over: what waits here is not sent. */
  end(): void {
    this.#isOver = true;
    const waiting = this.#waiting.splice(0);
    setImmediate(() => {
      for (const { resolve } of waiting) resolve(false);
    });
  }

  #sendNext(): void {
    const next = this.#waiting[0];
    if (this.#isSending || this.#isOver || next === undefined) return;
    this.#isSending = true;
    this.send(next.message, next.bytes, () => this.#sent());
  }

  #sent(): void {
    if (this.#isOver) return;
    this.#isSending = false;
    this.#waiting.shift()?.resolve(true);
    if (this.#waiting.length > 0) this.#sendNext();
    else if (this.#isFinished) this.finished();
  }
}
