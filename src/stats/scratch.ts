/**
 * Room to work out one histogram. All lines of a run share it, as keeping a window's histogram for each would double the
 * memory; it is kept while the same one is asked for again, as outputs ask for several percentiles in a row.
 */
import { Counts } from './counts.js';
import { type Extremes, noExtremes } from './percentile.js';

export interface WorkedOut {
  readonly counts: Counts;
  readonly extremes: Extremes;
}

export class Scratch {
  readonly #counts = new Counts();
  #owner: object | undefined;
  #purpose = '';
  #version = 0;
  #result: WorkedOut = { counts: this.#counts, extremes: noExtremes };

  /** `fill` is called with empty counts unless they hold what it filled in last for this owner, purpose and version. */
  workOut(owner: object, purpose: string, version: number, fill: (counts: Counts) => Extremes): WorkedOut {
    if (this.#owner === owner && this.#purpose === purpose && this.#version === version) return this.#result;
    this.#owner = owner;
    this.#purpose = purpose;
    this.#version = version;
    this.#counts.clear();
    this.#result = { counts: this.#counts, extremes: fill(this.#counts) };
    return this.#result;
  }
}
