/**
 * What one end has sent and the other may not have yet: numbered frames, in order. Pure data.
 *
 * Bound: the bytes, which the owner compares with its limit after each `add`. Nothing is dropped here.
 */
import { LinkError } from '../../errors.js';

/** Frames in front that are gone, from which on the array is made shorter. */
const maxGone = 1024;

export class Outbox {
  #frames: Uint8Array[] = [];
  /** Places in `#frames`: of the first that is kept, and of the next to be written. */
  #first = 0;
  #next = 0;
  /** Number of the frame at `#first`. */
  #number = 1;
  /** Highest number ever given to a socket. */
  #written = 0;
  #bytes = 0;

  get keptBytes(): number {
    return this.#bytes;
  }

  /** The other end has everything. */
  get isEmpty(): boolean {
    return this.#first === this.#frames.length;
  }

  /** Number that the next frame has. */
  get nextNumber(): number {
    return this.#number + this.#frames.length - this.#first;
  }

  add(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  /** The next frame to be written. */
  next(): Uint8Array | undefined {
    const frame = this.#frames[this.#next];
    if (frame === undefined) return undefined;
    this.#written = Math.max(this.#written, this.#number + this.#next - this.#first);
    this.#next++;
    return frame;
  }

  /** The other end has what was sent up to that number. Throws `LinkError` when it cannot have. */
  acknowledge(received: number): void {
    if (received > this.#written) {
      throw new LinkError(`message ${received} was acknowledged, but only ${this.#written} were sent`);
    }
    for (; this.#number <= received; this.#number++) this.#bytes -= this.#frames[this.#first++]!.length;
    this.#next = Math.max(this.#next, this.#first);
    if (this.#first < maxGone && !this.isEmpty) return;
    this.#frames = this.#frames.slice(this.#first);
    this.#next -= this.#first;
    this.#first = 0;
  }

  /** On a new connection: what comes after that number is written again. Throws `LinkError` when it is gone. */
  resumeAfter(received: number): void {
    this.acknowledge(received);
    if (received < this.#number - 1) {
      throw new LinkError(
        `messages from ${received + 1} on were asked for, but those up to ${this.#number - 1} are gone`,
      );
    }
    this.#next = this.#first;
  }

  /** Begins with number 1 again. */
  clear(): void {
    this.#frames = [];
    this.#first = 0;
    this.#next = 0;
    this.#number = 1;
    this.#written = 0;
    this.#bytes = 0;
  }
}
