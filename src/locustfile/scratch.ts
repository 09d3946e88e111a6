/**
 * Directories of a run under the system's temporary one. They go when asked, and in any case when the process exits. What a process
 * that was killed has left is taken away by the next one of the same user: the name says whose it is.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownMark, removeLeftovers } from './leftovers.js';

export class Scratch {
  readonly #directories: string[] = [];
  readonly #removeAtExit = () => this.remove();

  directory(): string {
    if (this.#directories.length === 0) {
      process.once('exit', this.#removeAtExit);
      removeLeftovers(tmpdir());
    }
    const directory = mkdtempSync(join(tmpdir(), `tsload-${ownMark()}`));
    this.#directories.push(directory);
    return directory;
  }

  remove(): void {
    process.off('exit', this.#removeAtExit);
    for (const directory of this.#directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  }
}
