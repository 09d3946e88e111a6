/**
 * Signals. Before a run they end the process at once; in a run the first ends it in good order, the second hurries that up (no
 * more waiting for users, tables and files all the same), and the third ends the process.
 */
import { constants } from 'node:os';

const watched = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type WatchedSignal = (typeof watched)[number];

export interface SignalListener {
  /** The first one. */
  readonly stop: (signal: WatchedSignal) => void;
  /** The second one. */
  readonly hurry: (signal: WatchedSignal) => void;
  /** The third one: the process ends with this call. */
  readonly abandon?: () => void;
}

export class Signals {
  #listener: SignalListener | undefined;
  #count = 0;
  readonly #handlers = watched.map((signal) => [signal, () => this.#received(signal)] as const);

  constructor() {
    for (const [signal, handler] of this.#handlers) process.on(signal, handler);
  }

  /** From now on signals go to this run. */
  giveTo(listener: SignalListener): void {
    this.#listener = listener;
  }

  close(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
  }

  #received(signal: WatchedSignal): void {
    this.#count++;
    if (this.#count > 2) this.#abandon();
    if (this.#listener === undefined || this.#count > 2) process.exit(codeOfSignal(signal));
    else if (this.#count === 1) this.#listener.stop(signal);
    else this.#listener.hurry(signal);
  }

  /** Nothing keeps the process from its end. */
  #abandon(): void {
    try {
      this.#listener?.abandon?.();
    } catch {
      // whoever was to be told finds out by himself
    }
  }
}

/** Exit code of a process that a signal has ended at once. */
export function codeOfSignal(signal: WatchedSignal): number {
  return 128 + constants.signals[signal];
}
