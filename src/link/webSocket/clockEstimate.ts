/**
 * How far the master's clock is ahead of this process's, from heartbeats and their answers, as NTP does it. Pure.
 *
 * An answer tells the offset up to half of the time that it was under way, so the best of the recent round trips decides. Before
 * the first test the offset is simply taken; after that it moves slowly, so that no second of a run is longer than another,
 * unless it is so far off that the seconds of the machines would not line up: another master, or a machine that slept.
 */

export interface ClockSample {
  readonly roundTripMillis: number;
  /** Seconds to add to the own clock to have the master's. */
  readonly offsetSeconds: number;
}

const window = 16;
/** Seconds an offset moves at most for each sample; one comes each second, and clocks drift by less than a tenth of this. */
const slewSeconds = 0.0005;
/** Seconds from which on an offset is not worth being approached slowly, beside the half round trip that it may be wrong by. */
const stepSeconds = 0.25;

export class ClockEstimate {
  #samples: ClockSample[] = [];
  #offsetSeconds = 0;
  #isSettled = false;

  get offsetSeconds(): number {
    return this.#offsetSeconds;
  }

  /** Of the latest sample. */
  get roundTripMillis(): number | undefined {
    return this.#samples.at(-1)?.roundTripMillis;
  }

  add(sample: ClockSample): void {
    this.#samples.push(sample);
    if (this.#samples.length > window) this.#samples.shift();
    const best = this.#samples.reduce((a, b) => (b.roundTripMillis < a.roundTripMillis ? b : a));
    const off = best.offsetSeconds - this.#offsetSeconds;
    const isStep = !this.#isSettled || Math.abs(off) > stepSeconds + best.roundTripMillis / 2000;
    this.#offsetSeconds += isStep ? off : Math.max(-slewSeconds, Math.min(slewSeconds, off));
  }

  /** From now on it moves slowly. */
  settle(): void {
    this.#isSettled = true;
  }

  /** What was heard of another master, or over another way, says nothing any more. */
  forgetSamples(): void {
    this.#samples = [];
  }
}
