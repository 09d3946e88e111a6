/**
 * A file that is written again and again as a whole. Each version is written beside it and renamed onto it, so whoever reads
 * it sees the old version or the new one, never a half or an empty one, and a full disk leaves the old one in place.
 *
 * A write that fails throws nothing into the run: it is remembered in `failed`, logged once, and the next write is the next
 * attempt.
 */
import { access, constants, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '../folders.js';
import { getLogger, systemReason } from '../log.js';
import { cannotOpen } from './outputError.js';

const log = getLogger('tsload.reports');

export class ReplacedFile {
  #failed: string | undefined;
  #lastWrite: Promise<void> = Promise.resolve();

  private constructor(
    readonly path: string,
    private readonly target: string,
  ) {}

  /**
   * Makes missing folders and proves that the file can be written, without touching what it holds now.
   * Throws `TsloadError` with code OUTPUT.
   */
  static async open(path: string): Promise<ReplacedFile> {
    try {
      await makeFolder(dirname(path));
      const file = new ReplacedFile(path, await targetOf(path));
      await (await open(file.#besides, 'w')).close();
      await rm(file.#besides);
      return file;
    } catch (cause) {
      throw cannotOpen(path, cause);
    }
  }

  /** Why the newest content is not in the file; undefined when it is. */
  get failed(): string | undefined {
    return this.#failed;
  }

  /** Replaces the content by a text, or by the texts of one that is too long for a string. Never rejects; one at a time. */
  write(content: string | Iterable<string>): Promise<void> {
    this.#lastWrite = this.#lastWrite.then(() => this.#replace(content));
    return this.#lastWrite;
  }

  /** The same for every process: what one that was killed has left is the next one's. */
  get #besides(): string {
    return `${this.target}.tsload.tmp`;
  }

  async #replace(content: string | Iterable<string>): Promise<void> {
    try {
      await writeWhole(this.#besides, content);
      await rename(this.#besides, this.target);
      if (this.#failed !== undefined) log.info(`${this.path} can be written again`);
      this.#failed = undefined;
    } catch (cause) {
      if (this.#failed === undefined) log.error(`${this.path} cannot be written now: ${systemReason(cause)}`);
      this.#failed = `${this.path} could not be written: ${systemReason(cause)}`;
      await rm(this.#besides, { force: true }).catch(() => undefined);
    }
  }
}

async function writeWhole(path: string, content: string | Iterable<string>): Promise<void> {
  const file = await open(path, 'w');
  try {
    await writeFile(file, content);
  } finally {
    await file.close();
  }
}

/** The file behind a symbolic link, as a rename would replace the link. Throws for what is no plain, writable file. */
async function targetOf(path: string): Promise<string> {
  const target = await realpath(path).catch(() => path);
  const found = await stat(target).catch(() => undefined);
  if (found === undefined) return target;
  if (!found.isFile()) throw new Error(`it is a ${found.isDirectory() ? 'folder' : 'device'}`);
  await access(target, constants.W_OK);
  return target;
}
