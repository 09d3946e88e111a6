/**
 * The file of a journal: what is appended is written in its order and is safe, on the disk and not only with the system, when
 * `append` resolves. `replace` puts a new file in the place of the old one, which goes on until then and stays whole.
 *
 * What waits to be written is bounded: 64 MiB. When it is full, or the disk takes no more, the file is given up: it stays as it
 * is, all that waits resolves, and what is appended later is dropped. A new file for which that is so is only not put in place.
 */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileHead } from './frames.js';
import { NextFile, nextTo, ownerOnly, writeFully } from './nextFile.js';

const defaultMaxWaitingBytes = 64 * 1024 * 1024;

export interface JournalFileOptions {
  /** Most bytes waiting to be written. Default 67,108,864. */
  readonly maxWaitingBytes?: number;
  /** Called once, when the file is given up. */
  readonly onFailure?: (cause: unknown) => void;
}

interface Waiting {
  /** To be appended; or the file that has all that was appended before, and is to take the place of this one. */
  readonly what: Buffer | NextFile;
  readonly done: () => void;
}

export class JournalFile {
  readonly #maxWaitingBytes: number;
  readonly #onFailure: (cause: unknown) => void;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  /** The new file that is being written: what is appended goes there as well. */
  #next: NextFile | undefined;
  #replacing: Promise<unknown> | undefined;
  #isGivenUp = false;
  #isClosed = false;
  #grownBytes = 0;

  private constructor(
    readonly path: string,
    private file: FileHandle,
    private position: number,
    options: JournalFileOptions,
  ) {
    this.#maxWaitingBytes = options.maxWaitingBytes ?? defaultMaxWaitingBytes;
    this.#onFailure = options.onFailure ?? (() => {});
  }

  /** Makes the file, which must not be there, with its head and the first bytes. Throws what the system says. */
  static async create(path: string, first: Buffer, options: JournalFileOptions = {}): Promise<JournalFile> {
    const file = await open(path, 'wx', ownerOnly);
    try {
      const journal = new JournalFile(path, file, 0, options);
      await journal.#writeAll(Buffer.concat([fileHead, first]));
      await syncFolder(path);
      return journal;
    } catch (cause) {
      await file.close();
      await rm(path, { force: true }).catch(() => undefined);
      throw cause;
    }
  }

  /** Goes on with a file that has `wholeBytes` of use; what stands behind them is cut off. Throws what the system says. */
  static async reopen(path: string, wholeBytes: number, options: JournalFileOptions = {}): Promise<JournalFile> {
    const file = await open(path, 'r+');
    try {
      await file.truncate(wholeBytes);
      return new JournalFile(path, file, wholeBytes, options);
    } catch (cause) {
      await file.close();
      throw cause;
    }
  }

  /** Bytes appended since it was made, or since its last new file was begun. */
  get grownBytes(): number {
    return this.#grownBytes;
  }

  /** Resolves when the bytes are safe, or the file is given up. Never rejects. */
  append(bytes: Buffer): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    this.#grownBytes += bytes.length;
    void this.#next?.add(bytes); // safe when the old file has it
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > this.#maxWaitingBytes) {
      this.#giveUp(new Error(`it does not take ${this.#maxWaitingBytes} bytes in time`));
      return Promise.resolve();
    }
    return this.#add(bytes);
  }

  /**
   * Makes a new file of these slices: the first is taken at once, each of the others when the one before is written, in another
   * turn of the event loop. What is appended meanwhile stands behind the slices that were taken before. Returns whether it took the
   * place of the old one. Not to be called again until it does. Rejects when a slice cannot be made.
   */
  replace(slices: Iterable<Buffer>): Promise<boolean> {
    const replacing = this.#isOver ? Promise.resolve(false) : this.#replace(slices);
    this.#replacing = replacing;
    return replacing;
  }

  /** The slices of a new file are no longer what they were begun as: it is abandoned. */
  callOff(): void {
    void this.#next?.abandon();
  }

  /** Writes what waits and closes; a new file that is not complete is abandoned. May be called twice. Never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#next?.abandon();
    await this.#replacing?.catch(() => undefined);
    await this.#writing;
    await this.file.close().catch(() => undefined);
  }

  /** Closes and deletes: there is nothing to go on with. Throws what the system says. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
    await rm(nextTo(this.path), { force: true });
  }

  get #isOver(): boolean {
    return this.#isGivenUp || this.#isClosed;
  }

  async #replace(slices: Iterable<Buffer>): Promise<boolean> {
    const next = new NextFile(this.path, this.#maxWaitingBytes);
    this.#next = next;
    this.#grownBytes = 0;
    try {
      void next.add(fileHead);
      for (const slice of slices) {
        await next.add(slice);
        if (next.isAbandoned) return false;
      }
      await next.sync(); // most of it, while the old one goes on
      this.#next = undefined;
      if (!next.isAbandoned && !this.#isOver) await this.#add(next);
      return next.isInPlace;
    } finally {
      await next.abandon();
      this.#next = undefined;
    }
  }

  #add(what: Buffer | NextFile): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ what, done });
      this.#writing ??= this.#write();
    });
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const [first] = this.#waiting;
      if (first?.what instanceof NextFile) {
        this.#waiting.shift();
        await this.#giveWayTo(first.what);
        first.done();
      } else await this.#writeWaiting();
    }
    this.#writing = undefined; // at once: whoever waited for the last may append the next
  }

  /** All that is to be appended before the next file takes over. */
  async #writeWaiting(): Promise<void> {
    const end = this.#waiting.findIndex(({ what }) => what instanceof NextFile);
    const next = this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
    const bytes = Buffer.concat(next.flatMap(({ what }) => (what instanceof NextFile ? [] : [what])));
    this.#waitingBytes -= bytes.length;
    try {
      await this.#writeAll(bytes).catch((cause: unknown) => this.#writeWithoutNext(bytes, cause));
    } catch (cause) {
      this.#giveUp(cause);
      await this.file.truncate(this.position).catch(() => undefined);
    }
    for (const { done } of next) done();
  }

  /** It may have been the new file that filled the disk. */
  async #writeWithoutNext(bytes: Buffer, cause: unknown): Promise<void> {
    if (this.#next === undefined) throw cause;
    await this.#next.abandon();
    await this.#writeAll(bytes);
  }

  /** One that cannot take the place leaves the old one, which goes on: it says the same. */
  async #giveWayTo(next: NextFile): Promise<void> {
    const taken = await next.takePlaceOf(this.path);
    if (taken === undefined) return;
    await this.file.close().catch(() => undefined);
    this.file = taken.file;
    this.position = taken.position;
    await syncFolder(this.path);
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    await writeFully(this.file, bytes, this.position);
    await this.file.datasync();
    this.position += bytes.length;
  }

  #giveUp(cause: unknown): void {
    if (this.#isGivenUp) return;
    this.#isGivenUp = true;
    void this.#next?.abandon();
    for (const { done } of this.#waiting.splice(0)) done();
    this.#waitingBytes = 0;
    this.#onFailure(cause);
  }
}

/** So that the name is on the disk as well. Where a folder cannot be opened it has to do without. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close().catch(() => undefined);
}
