/**
 * Log lines about strangers: each once for an address, so that nobody can fill a log. Bound: as many lines as there are in
 * `maxLines`; then one that says that there are no more.
 */
import type { Logger } from '../../log.js';

const maxLines = 1_000;

export class Complaints {
  readonly #said = new Set<string>();

  constructor(private readonly log: Logger) {}

  /** `about`: what is said once, usually an address and a kind of fault. */
  once(about: string, sentence: string): void {
    if (this.#said.has(about) || this.#said.size > maxLines) return;
    this.#said.add(about);
    if (this.#said.size <= maxLines) this.log.warning(sentence);
    else this.log.warning('so many connections were refused that no more of them are logged');
  }
}
