/**
 * Asks the master for iterations, or gives some back: a message says how things stand, so many wishes within a moment are one.
 */
import type { IterationState } from '../link/index.js';
import type { GrantedIterations } from './iterationBudget.js';

/** Milliseconds between two messages at least. */
const pauseMillis = 50;

export interface IterationRequestOptions {
  budget(): GrantedIterations | undefined;
  /** Nothing can be said now; `ask` is called again when it can. */
  isHeld(): boolean;
  send(state: IterationState): void;
}

export class IterationRequests {
  #timer: NodeJS.Timeout | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  #lastSent = '';

  constructor(private readonly options: IterationRequestOptions) {}

  /** There is something to say, or there was while nothing could be said. */
  ask(): void {
    if (this.#timer !== undefined || this.options.isHeld()) return;
    const millis = Math.max(0, this.#sentAt + pauseMillis - performance.now());
    this.#timer = setTimeout(() => this.#send(), millis);
  }

  /** A new test, or a new master: what was said is not known there. */
  forget(): void {
    this.#lastSent = '';
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #send(): void {
    this.#timer = undefined;
    const state = this.options.budget()?.state;
    if (state === undefined || this.options.isHeld()) return;
    const said = JSON.stringify(state);
    if (said === this.#lastSent) return;
    this.#lastSent = said;
    this.#sentAt = performance.now();
    this.options.send(state);
  }
}
