/**
 * What one end has to tell its listener, in order: at once, or as soon as there is one.
 *
 * Bound: before there is a listener the owner stops reading from the socket at `isFull`; after that nothing waits.
 */
import { describeThrown, getLogger } from '../../log.js';
import type { LinkListener } from '../link.js';

const log = getLogger('tsload.link');
const maxWaiting = 256;

type Telling<Incoming> = (listener: LinkListener<Incoming>) => void;

export class Delivery<Incoming> {
  #listener: LinkListener<Incoming> | undefined;
  #waiting: Telling<Incoming>[] = [];
  #isScheduled = false;
  #isOver = false;

  /** `fault`: the listener threw. `emptied`: nothing waits any more. */
  constructor(
    private readonly fault: (thrown: unknown) => void,
    private readonly emptied: () => void,
  ) {}

  get isFull(): boolean {
    return this.#waiting.length >= maxWaiting;
  }

  get isListened(): boolean {
    return this.#listener !== undefined;
  }

  listen(listener: LinkListener<Incoming>): void {
    this.#listener = listener;
    this.#schedule();
  }

  /** Not inside `send` or `close`. */
  tell(telling: Telling<Incoming>): void {
    if (this.#isOver) return;
    if (this.#listener !== undefined && this.#waiting.length === 0) this.#call(this.#listener, telling);
    else this.#waiting.push(telling);
  }

  /** What waits is not told. */
  forget(): void {
    this.#waiting = [];
  }

  /** The last thing that is told, a turn of the event loop later. */
  end(reason?: Error): void {
    if (this.#isOver) return;
    this.#waiting.push((listener) => (reason === undefined ? listener.closed() : listener.closed(reason)));
    this.#isOver = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#listener === undefined || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => this.#deliver(this.#listener!));
  }

  #deliver(listener: LinkListener<Incoming>): void {
    this.#isScheduled = false;
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      for (const telling of waiting) this.#call(listener, telling);
      this.#waiting = this.#waiting.slice(waiting.length);
    }
    if (!this.#isOver) this.emptied();
  }

  #call(listener: LinkListener<Incoming>, telling: Telling<Incoming>): void {
    try {
      telling(listener);
    } catch (thrown) {
      log.error(`what came over a link could not be handled: ${describeThrown(thrown)}`);
      this.fault(thrown);
    }
  }
}
