/**
 * Calls back once a second, a little after each whole second of the wall clock, when the reports of that second are in, or so late
 * that the others do not wait for them: what comes later is counted with the next second's.
 */
import { callAt, epochSeconds } from '../clock.js';

/** Seconds after the whole second when reports are looked for first, and when at the latest they are waited for no more. */
const graceSeconds = 0.1;
const lastSeconds = 0.8;
/** From one look to the next. */
const lookSeconds = 0.02;

export class SecondClock {
  #next: { readonly cancel: () => void } | undefined;

  /** `isAllIn`: nothing is to come of the time before that second, seconds since 1970, that is worth to be waited for. */
  constructor(
    private readonly tick: () => void,
    private readonly isAllIn: (second: number) => boolean,
  ) {}

  start(): void {
    this.stop();
    const time = nextTick(epochSeconds());
    this.#lookAt(time, Math.floor(time));
  }

  stop(): void {
    this.#next?.cancel();
    this.#next = undefined;
  }

  #lookAt(time: number, second: number): void {
    this.#next = callAt(time, () => {
      // after a frozen second the reports of it are late as well: they come first, or its mark would miss it
      if (epochSeconds() - time < graceSeconds) this.#look(second);
      else this.#next = callAt(epochSeconds() + graceSeconds, () => this.#look(second));
    });
  }

  #look(second: number): void {
    if (!this.isAllIn(second) && epochSeconds() < second + lastSeconds) {
      this.#lookAt(epochSeconds() + lookSeconds, second);
      return;
    }
    this.start();
    this.tick();
  }
}

/** The first moment after `now` that is `graceSeconds` after a whole second. A microsecond is forgiven: it is no second. Pure. */
export function nextTick(now: number): number {
  return Math.floor(now - graceSeconds + 1e-6) + 1 + graceSeconds;
}
