/**
 * When this process was able to do something: what a test measures must not be late, but for the time in which the whole process stood
 * still, which is the machine's affair.
 */
export class Pulse {
  readonly #beats: number[] = [];
  readonly #timer = setInterval(() => this.#beats.push(performance.now()), 5);

  /** How many milliseconds each of these moments is away from a plan that has one every so many, beyond such standstills. */
  offThePlan(moments: readonly number[], spacingMillis: number): readonly number[] {
    // nothing is early, as a rule: one that is makes all others late
    const begin = Math.min(...moments.map((moment, k) => moment - k * spacingMillis));
    return moments.map((moment, k) => Math.max(0, moment - this.#awakeSince(begin + k * spacingMillis)));
  }

  /** The first moment from then on at which the process did something. */
  #awakeSince(moment: number): number {
    return this.#beats.find((beat) => beat >= moment) ?? moment;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
