/**
 * Writes the lines of all workers into one stream, each behind the name of its worker: `[worker 0] …`.
 *
 * Bound: a megabyte that the stream has not yet taken. Beyond it lines are dropped and counted, and the count is written once
 * there is room again, or no more come: making a worker wait for its log would spoil its measurements.
 */
import type { Writable } from 'node:stream';
import type { SpawnedWorker } from './spawner.js';

const maxWaitingBytes = 1024 * 1024;

export class PrefixedLines implements Disposable {
  #dropped = 0;

  constructor(
    private readonly stream: Writable,
    private readonly maxBytes = maxWaitingBytes,
  ) {}

  write({ name }: SpawnedWorker, text: string): void {
    if (this.stream.writableLength > this.maxBytes) {
      this.#dropped++;
      return;
    }
    this.stream.write(`${this.#takeNote()}[${name}] ${text}\n`);
  }

  /** No more lines come. */
  [Symbol.dispose](): void {
    const note = this.#takeNote();
    if (note !== '') this.stream.write(note);
  }

  #takeNote(): string {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped === 0 ? '' : `[…] ${dropped} lines of workers were dropped: they came too fast\n`;
  }
}
