/**
 * What a user awaits from tsload right now, and how a stop ends it.
 *
 * Users are stopped by making their awaits reject; there is no AsyncLocalStorage and no AbortSignal, as either costs more
 * than the rest of a request. One list per user, linked through its members: entering and leaving allocate nothing.
 *
 *   open ──stop──▶ stopped ──close──▶ closed          (reopen: back to open, for onStop)
 *
 *   open      awaits run
 *   stopped   those under way were cancelled, each once; a new one is cancelled after a turn of the event loop, so that a
 *             task which catches everything cannot freeze the process
 *   closed    a new await never settles: whatever still runs is left behind
 */

/** One await: a request, a stream, a sleep. Make a subclass; `cancel` must settle what the user awaits. */
export abstract class Pending {
  /** For Activity alone. */
  next: Pending | undefined;
  /** For Activity alone. */
  previous: Pending | undefined;

  constructor() {
    this.next = undefined;
    this.previous = undefined;
  }

  /** The user is being stopped: let go of what was asked for and reject with `reason`. Called at most once. */
  abstract cancel(reason: unknown): void;
}

class Sentinel extends Pending {
  cancel(): void {}
}

export class Activity {
  readonly #head: Pending = new Sentinel();
  #phase: 'open' | 'stopped' | 'closed' = 'open';
  #reason: unknown;

  constructor() {
    this.#head.next = this.#head;
    this.#head.previous = this.#head;
  }

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  /**
   * Hot: once per await; allocates nothing while open. False: do not begin. The await will be cancelled after a turn of the
   * event loop, or never settle.
   */
  enter(pending: Pending): boolean {
    if (this.#phase === 'open') {
      const last = this.#head.previous!;
      pending.previous = last;
      pending.next = this.#head;
      last.next = pending;
      this.#head.previous = pending;
      return true;
    }
    if (this.#phase === 'stopped') {
      setImmediate(() => {
        if (this.#phase === 'stopped') pending.cancel(this.#reason);
      });
    }
    return false;
  }

  /** Hot: the await is over. Twice, or without having entered, does nothing. */
  leave(pending: Pending): void {
    const { next, previous } = pending;
    if (next === undefined || previous === undefined) return;
    previous.next = next;
    next.previous = previous;
    pending.next = undefined;
    pending.previous = undefined;
  }

  /** Cancels everything under way, once, with `reason`; what is awaited later is cancelled after a turn. */
  stop(reason: unknown): void {
    if (this.#phase !== 'open') return;
    this.#phase = 'stopped';
    this.#reason = reason;
    for (let pending = this.#head.next!; pending !== this.#head; pending = this.#head.next!) {
      this.leave(pending);
      pending.cancel(reason);
    }
  }

  /** From now on nothing that is awaited settles. */
  close(): void {
    this.stop(undefined);
    this.#phase = 'closed';
  }

  /** Awaits work again: for `onStop`, which runs when the tasks are over. */
  reopen(): void {
    this.#phase = 'open';
    this.#reason = undefined;
  }
}
