/**
 * The last lines of a worker's log, for a Locust master: it gets all of them each time that there are new ones. Pure but for the
 * clock.
 */
const maxLines = 500;

export class LogBuffer {
  #lines: string[] = [];
  #hasNew = false;
  #lastTime = Number.NEGATIVE_INFINITY; // the first lines go at once

  constructor(
    private readonly worker: string,
    private readonly seconds: number,
  ) {}

  add(lines: readonly { readonly text: string }[]): void {
    if (lines.length === 0) return;
    this.#lines = [...this.#lines, ...lines.map(({ text }) => text)].slice(-maxLines);
    this.#hasNew = true;
  }

  /** The data of a `logs` message; `undefined` when it is too early or nothing is new. */
  takeDue(): { readonly worker_id: string; readonly logs: readonly string[] } | undefined {
    const now = performance.now();
    if (!this.#hasNew || now - this.#lastTime < this.seconds * 1000) return undefined;
    this.#lastTime = now;
    this.#hasNew = false;
    return { worker_id: this.worker, logs: this.#lines };
  }
}
