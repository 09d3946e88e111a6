/**
 * How late the event loop turns.
 *
 * Node's own monitor does not serve here: it forgets the turn in which it is reset, and with it whatever blocks the loop right
 * after a report is taken, which is when a process has the most work of its own to do.
 */
import { createHistogram, performance } from 'node:perf_hooks';

/** Delays shorter than this go unseen. */
const tickMillis = 10;

export class LoopDelay {
  readonly #micros = createHistogram();
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();

  constructor() {
    this.#timer = setInterval(() => this.#sample(), tickMillis).unref();
  }

  /** Milliseconds by which 1 % of the turns came later than due, since the last call; a turn that is late now included. */
  take(): number {
    this.#sample();
    const millis = this.#micros.percentile(99) / 1000;
    this.#micros.reset();
    return millis;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const now = performance.now();
    const late = now - this.#last - tickMillis;
    this.#last = now;
    this.#micros.record(Math.max(1, Math.round(late * 1000)));
  }
}
