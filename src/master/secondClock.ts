/**
 * Calls back once a second, a little after each whole second of the wall clock, when the reports of that second are in.
 */
import { callAt, epochSeconds } from '../clock.js';

/** Seconds after the whole second. */
const graceSeconds = 0.1;

export class SecondClock {
  #next: { readonly cancel: () => void } | undefined;

  constructor(private readonly tick: () => void) {}

  start(): void {
    this.stop();
    const time = nextTick(epochSeconds());
    this.#next = callAt(time, () => {
      // after a frozen second the reports of it are late as well: they come first, or its mark would miss it
      if (epochSeconds() - time < graceSeconds) this.#beat();
      else this.#next = callAt(epochSeconds() + graceSeconds, () => this.#beat());
    });
  }

  #beat(): void {
    this.start();
    this.tick();
  }

  stop(): void {
    this.#next?.cancel();
    this.#next = undefined;
  }
}

/** The first moment after `now` that is `graceSeconds` after a whole second. A microsecond is forgiven: it is no second. Pure. */
export function nextTick(now: number): number {
  return Math.floor(now - graceSeconds + 1e-6) + 1 + graceSeconds;
}
