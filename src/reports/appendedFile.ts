/**
 * A file that grows. What is appended is queued and written by `flush`; a write that fails throws nothing into the run: the
 * file is cut back to its last whole text, and what is queued is tried again with the next flush.
 *
 * The queue is bounded: 64 MiB of text; when it is full the oldest text is dropped and counted.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '../folders.js';
import { getLogger, systemReason } from '../log.js';
import { endOfLastRow } from './lastRow.js';
import { cannotOpen } from './outputError.js';

const log = getLogger('tsload.reports');
const defaultMaxQueuedChars = 64 * 1024 * 1024;

export interface AppendedFileOptions {
  /** Most characters waiting to be written. Default 67,108,864. */
  readonly maxQueuedChars?: number;
  /**
   * A file that is there and begins with this text is gone on with, behind its last whole row; `isQuoted`: rows may have line
   * ends within quotes. Default: it is emptied.
   */
  readonly continues?: { readonly begin: string; readonly isQuoted: boolean } | undefined;
}

export class AppendedFile {
  readonly #maxQueuedChars: number;
  #queue: string[] = [];
  #queuedChars = 0;
  #droppedTexts = 0;
  #position = 0;
  #trouble: string | undefined;
  #flushing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    /** Pipes and devices have no position and no length. */
    private readonly isPlain: boolean,
    options: AppendedFileOptions,
  ) {
    this.#maxQueuedChars = options.maxQueuedChars ?? defaultMaxQueuedChars;
  }

  /** Makes missing folders, empties the file and writes its first text. Throws `TsloadError` with code OUTPUT. */
  static async open(path: string, head: string, options: AppendedFileOptions = {}): Promise<AppendedFile> {
    try {
      await makeFolder(dirname(path));
      const continued = options.continues && (await AppendedFile.#goOn(path, options.continues, options));
      if (continued !== undefined) return continued;
      const file = await open(path, 'w');
      try {
        const appended = new AppendedFile(path, file, (await file.stat()).isFile(), options);
        await appended.#writeAll(Buffer.from(head));
        return appended;
      } catch (cause) {
        await file.close();
        throw cause;
      }
    } catch (cause) {
      throw cannotOpen(path, cause);
    }
  }

  /** Undefined when there is no such file, or another one. */
  static async #goOn(
    path: string,
    { begin, isQuoted }: NonNullable<AppendedFileOptions['continues']>,
    options: AppendedFileOptions,
  ): Promise<AppendedFile | undefined> {
    const file = await open(path, 'r+').catch(() => undefined);
    if (file === undefined) return undefined;
    try {
      const first = Buffer.alloc(Buffer.byteLength(begin));
      if ((await file.stat()).isFile()) await file.read(first, 0, first.length, 0);
      if (first.toString() !== begin) {
        await file.close();
        return undefined;
      }
      const appended = new AppendedFile(path, file, true, options);
      appended.#position = await endOfLastRow(file, isQuoted);
      await file.truncate(appended.#position);
      return appended;
    } catch (cause) {
      await file.close();
      throw cause;
    }
  }

  /** Why not everything that was appended is in the file; undefined when it is, or may still be. */
  get failed(): string | undefined {
    if (this.#droppedTexts > 0) return `${this.path} misses ${this.#droppedTexts} rows: the disk did not take them`;
    return this.#trouble;
  }

  append(text: string): void {
    this.#queue.push(text);
    this.#queuedChars += text.length;
    while (this.#queuedChars > this.#maxQueuedChars) {
      this.#queuedChars -= this.#queue.shift()?.length ?? this.#queuedChars;
      this.#droppedTexts++;
    }
  }

  /** Writes what is queued, as far as the disk takes it. Never rejects. One flush at a time: a second call joins the first. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  /** A last attempt to write, then closes. May be called twice. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#flushing;
    await this.flush();
    await this.file.close().catch((cause: unknown) => this.#failedTo(cause));
  }

  async #flush(): Promise<void> {
    const texts = this.#queue;
    if (texts.length === 0) return;
    this.#queue = [];
    this.#queuedChars = 0;
    try {
      await this.#writeAll(Buffer.from(texts.join('')));
      if (this.#trouble !== undefined) log.info(`${this.path} can be written again`);
      this.#trouble = undefined;
    } catch (cause) {
      this.#failedTo(cause);
      const newer = this.#queue;
      this.#queue = [];
      this.#queuedChars = 0;
      for (const text of [...texts, ...newer]) this.append(text);
    }
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const position = this.isPlain ? this.#position + done : null;
        done += (await this.file.write(bytes, done, bytes.length - done, position)).bytesWritten;
      }
      this.#position += bytes.length;
    } catch (cause) {
      if (this.isPlain) await this.file.truncate(this.#position).catch(() => undefined);
      throw cause;
    }
  }

  #failedTo(cause: unknown): void {
    if (this.#trouble === undefined) log.error(`${this.path} cannot be written now: ${systemReason(cause)}`);
    this.#trouble = `${this.path} could not be written: ${systemReason(cause)}`;
  }
}
