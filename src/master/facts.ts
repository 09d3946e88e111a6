/**
 * Waits until something is true of the workers, with a limit. Whoever changes a fact calls `check`.
 */
import { type Call, callAfter } from '../clock.js';

interface Waiting {
  readonly isTrue: () => boolean;
  readonly resolve: (isTrue: boolean) => void;
  readonly limit: Call | undefined;
}

export class Facts {
  readonly #waiting = new Set<Waiting>();

  /** Resolves with true as soon as the fact holds, or with false after `seconds`, which may be infinite. */
  until(isTrue: () => boolean, seconds: number): Promise<boolean> {
    if (isTrue()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const limit = Number.isFinite(seconds) ? callAfter(seconds, () => this.#expire(waiting)) : undefined;
      const waiting: Waiting = { isTrue, resolve, limit };
      this.#waiting.add(waiting);
    });
  }

  check(): void {
    for (const waiting of [...this.#waiting]) if (waiting.isTrue()) this.#settle(waiting, true);
  }

  /** What workers have said while this process was busy is heard first: a late timer must not make it look unsaid. */
  #expire(waiting: Waiting): void {
    setImmediate(() => {
      if (this.#waiting.has(waiting)) this.#settle(waiting, waiting.isTrue());
    });
  }

  #settle(waiting: Waiting, isTrue: boolean): void {
    waiting.limit?.cancel();
    this.#waiting.delete(waiting);
    waiting.resolve(isTrue);
  }
}
