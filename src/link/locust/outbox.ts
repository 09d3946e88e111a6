/**
 * What is to be sent by a ZeroMQ socket, one message after the other: it takes no second one before it has taken the first.
 *
 * Bounded: with `maxWaiting` messages waiting the oldest is dropped. ZeroMQ itself drops what a peer that is gone or slow
 * does not take, so a message that is dropped here would not have arrived either.
 */
const maxWaiting = 10_000;

export class Outbox<Frames> {
  #waiting: Frames[] = [];
  #draining: Promise<void> | undefined;

  /** `failed` hears of what could not be sent, and why. */
  constructor(
    private readonly sendNow: (frames: Frames) => Promise<void>,
    private readonly failed: (thrown: unknown, frames: Frames) => void,
  ) {}

  push(frames: Frames): void {
    if (this.#waiting.length >= maxWaiting) this.#waiting.shift();
    this.#waiting.push(frames);
    this.#draining ??= this.#drain();
  }

  /** Resolves when the socket has taken everything. */
  async flushed(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    for (let frames = this.#waiting.shift(); frames !== undefined; frames = this.#waiting.shift()) {
      try {
        await this.sendNow(frames);
      } catch (thrown) {
        this.failed(thrown, frames);
      }
    }
    this.#draining = undefined;
  }
}
