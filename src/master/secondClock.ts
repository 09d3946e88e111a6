/**
 * Calls back once a second, a little after each whole second of the wall clock, when the reports of that second are in.
 */
import { epochSeconds } from '../clock.js';

/** Seconds after the whole second. */
const graceSeconds = 0.1;

export class SecondClock {
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly tick: () => void) {}

  start(): void {
    this.stop();
    const now = epochSeconds();
    const next = Math.floor(now - graceSeconds) + 1 + graceSeconds;
    this.#timer = setTimeout(
      () => {
        this.start();
        this.tick();
      },
      (next - now) * 1000,
    );
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
