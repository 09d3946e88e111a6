/**
 * Keeps a task that always throws from filling the log of a long run: the same text is logged ten times, then each time that
 * its number has grown tenfold. The exceptions table counts them all.
 */
import type { Environment } from '../events/index.js';

const loggedInFull = 10;

/** Different texts that are told apart; beyond, counting begins anew. Bounds the memory of a long run. */
const maxTexts = 1000;

export class RepeatedFaults {
  readonly #counts = new Map<string, number>();

  /** What to log for one more fault with this text; undefined: nothing this time. */
  lineFor(text: string): string | undefined {
    const count = (this.#counts.get(text) ?? 0) + 1;
    if (count === 1 && this.#counts.size >= maxTexts) this.#counts.clear();
    this.#counts.set(text, count);
    if (count < loggedInFull) return text;
    if (count === loggedInFull) return `${text}\n(${count} times by now: the next one is logged at the 100th)`;
    return Number.isInteger(Math.log10(count)) ? `${text}\n(${count} times by now)` : undefined;
  }
}

const ofEnvironments = new WeakMap<Environment, RepeatedFaults>();

/** Those of all users of one environment. */
export function repeatedFaultsOf(environment: Environment): RepeatedFaults {
  const known = ofEnvironments.get(environment);
  if (known !== undefined) return known;
  const faults = new RepeatedFaults();
  ofEnvironments.set(environment, faults);
  return faults;
}
