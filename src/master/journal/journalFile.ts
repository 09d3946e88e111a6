/**
 * The file of a journal: what is appended is written in its order and is safe, on the disk and not only with the system, when
 * `append` resolves. `replace` puts a new file in the place of the old one, which stays whole until then.
 *
 * What waits to be written is bounded: 64 MiB. When it is full, or the disk takes no more, the file is given up: it stays as it
 * is, all that waits resolves, and what is appended later is dropped.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileHead } from './frames.js';

/** Custom options are in it, and some of them may be secret. */
const ownerOnly = 0o600;
const defaultMaxWaitingBytes = 64 * 1024 * 1024;

export interface JournalFileOptions {
  /** Most bytes waiting to be written. Default 67,108,864. */
  readonly maxWaitingBytes?: number;
  /** Called once, when the file is given up. */
  readonly onFailure?: (cause: unknown) => void;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly isReplacement: boolean;
  readonly done: () => void;
}

export class JournalFile {
  readonly #maxWaitingBytes: number;
  readonly #onFailure: (cause: unknown) => void;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #hasFailed = false;
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

  /** It was given up. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Bytes appended since it was made or replaced. */
  get grownBytes(): number {
    return this.#grownBytes;
  }

  /** Resolves when the bytes are safe, or the file is given up. Never rejects. */
  append(bytes: Buffer): Promise<void> {
    this.#grownBytes += bytes.length;
    return this.#add(bytes, false);
  }

  /** A new file, with its head and these bytes, instead of all that was appended before. Never rejects. */
  replace(bytes: Buffer): Promise<void> {
    this.#grownBytes = 0;
    return this.#add(bytes, true);
  }

  /** Writes what waits and closes. May be called twice. Never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#writing;
    await this.file.close().catch(() => undefined);
  }

  /** Closes and deletes: there is nothing to go on with. Throws what the system says. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
    await rm(besides(this.path), { force: true });
  }

  #add(bytes: Buffer, isReplacement: boolean): Promise<void> {
    if (this.#hasFailed || this.#isClosed) return Promise.resolve();
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > this.#maxWaitingBytes) {
      this.#giveUp(new Error(`it does not take ${this.#maxWaitingBytes} bytes in time`));
      return Promise.resolve();
    }
    return new Promise((done) => {
      this.#waiting.push({ bytes, isReplacement, done });
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
    });
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const next = this.#takeNext();
      try {
        if (next[0]?.isReplacement === true) await this.#replace(next[0].bytes);
        else await this.#writeAll(Buffer.concat(next.map(({ bytes }) => bytes)));
      } catch (cause) {
        this.#giveUp(cause);
        await this.file.truncate(this.position).catch(() => undefined);
      }
      for (const { done } of next) done();
    }
  }

  /** A replacement, or all that is to be appended before the next one. */
  #takeNext(): readonly Waiting[] {
    const at = this.#waiting.findIndex(({ isReplacement }) => isReplacement);
    const count = at < 0 ? this.#waiting.length : Math.max(1, at);
    const next = this.#waiting.splice(0, count);
    for (const { bytes } of next) this.#waitingBytes -= bytes.length;
    return next;
  }

  /** A new file that the disk does not take leaves the old one, which goes on: it says the same. */
  async #replace(bytes: Buffer): Promise<void> {
    const path = besides(this.path);
    let file: FileHandle | undefined;
    try {
      file = await open(path, 'w', ownerOnly);
      await writeFully(file, Buffer.concat([fileHead, bytes]), 0);
      await file.datasync();
      await rename(path, this.path);
    } catch {
      await file?.close().catch(() => undefined);
      await rm(path, { force: true }).catch(() => undefined);
      return;
    }
    await this.file.close().catch(() => undefined);
    this.file = file;
    this.position = fileHead.length + bytes.length;
    await syncFolder(this.path);
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    await writeFully(this.file, bytes, this.position);
    await this.file.datasync();
    this.position += bytes.length;
  }

  #giveUp(cause: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    for (const { done } of this.#waiting.splice(0)) done();
    this.#waitingBytes = 0;
    this.#onFailure(cause);
  }
}

function besides(path: string): string {
  return `${path}.new`;
}

async function writeFully(file: FileHandle, bytes: Buffer, from: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, from + done)).bytesWritten;
  }
}

/** So that the name is on the disk as well. Where a folder cannot be opened it has to do without. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close().catch(() => undefined);
}
