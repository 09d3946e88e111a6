/**
 * What waits for the listener of one end: in order, never within the call that brought it. After the end nothing is taken; after a
 * fault of the listener nothing is told but the end.
 */
import { describeThrown, getLogger } from '../../log.js';
import type { LinkListener } from '../link.js';

const log = getLogger('tsload.link');

type Waiting<Message> =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'interrupted'; readonly reason: string }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'closed'; readonly reason: Error | undefined };

export class Delivery<Incoming> {
  #listener: LinkListener<Incoming> | undefined;
  /** Not bounded: it is emptied within a turn of the event loop once there is a listener, and there is one from the start. */
  #waiting: Waiting<Incoming>[] = [];
  #isScheduled = false;
  #isOver = false;
  #hasFault = false;

  /** `fault`: the listener threw; the owner ends this link, and no other. */
  constructor(private readonly fault: (thrown: unknown) => void) {}

  get isOver(): boolean {
    return this.#isOver;
  }

  listen(listener: LinkListener<Incoming>): void {
    this.#listener = listener;
    this.#schedule();
  }

  message(message: Incoming): void {
    this.#add({ kind: 'message', message });
  }

  interrupted(reason: string): void {
    this.#add({ kind: 'interrupted', reason });
  }

  resumed(): void {
    this.#add({ kind: 'resumed' });
  }

  /** Nothing is taken after this. Twice is once. */
  closed(reason?: Error): void {
    this.#add({ kind: 'closed', reason });
    this.#isOver = true;
  }

  #add(waiting: Waiting<Incoming>): void {
    if (this.#isOver) return;
    this.#waiting.push(waiting);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#listener === undefined || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    this.#isScheduled = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) if (!this.#hasFault || each.kind === 'closed') this.#guarded(each);
  }

  #guarded(waiting: Waiting<Incoming>): void {
    try {
      this.#hand(waiting);
    } catch (thrown) {
      this.#hasFault = true;
      log.error(`what came over a link could not be handled: ${describeThrown(thrown)}`);
      this.fault(thrown);
    }
  }

  #hand(waiting: Waiting<Incoming>): void {
    const listener = this.#listener;
    if (waiting.kind === 'message') listener?.message(waiting.message);
    else if (waiting.kind === 'interrupted') listener?.interrupted?.(waiting.reason);
    else if (waiting.kind === 'resumed') listener?.resumed?.();
    else listener?.closed(waiting.reason);
  }
}
