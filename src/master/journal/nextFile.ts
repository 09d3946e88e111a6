/**
 * The file that is to take the place of a journal's, written beside it. What is added is written in its order. A file that the disk
 * does not take, or not in time, is abandoned: it is deleted, and the old one stays.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';

/** Custom options are in it, and some of them may be secret. */
export const ownerOnly = 0o600;

interface Waiting {
  readonly bytes: Buffer;
  readonly done: () => void;
}

export class NextFile {
  /** It has taken the place of the old one, and is abandoned no more. */
  isInPlace = false;
  readonly #path: string;
  #file: FileHandle | undefined;
  #position = 0;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #abandoned: Promise<void> | undefined;

  constructor(
    path: string,
    private readonly maxWaitingBytes: number,
  ) {
    this.#path = nextTo(path);
  }

  get isAbandoned(): boolean {
    return this.#abandoned !== undefined;
  }

  /** Resolves, in another turn of the event loop, when the system has it, or the file is abandoned. Never rejects. */
  add(bytes: Buffer): Promise<void> {
    if (this.#abandoned !== undefined) return this.#abandoned;
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > this.maxWaitingBytes) return this.abandon();
    return new Promise((done) => {
      this.#waiting.push({ bytes, done });
      this.#writing ??= this.#write();
    });
  }

  /** Resolves when all that was added is on the disk, or the file is abandoned. Never rejects. */
  async sync(): Promise<void> {
    await this.#writing;
    if (!this.isAbandoned) await this.#file?.datasync().catch(() => this.abandon());
  }

  /** Gives it the name of the old one. Undefined: it is abandoned. Never rejects. */
  async takePlaceOf(path: string): Promise<{ readonly file: FileHandle; readonly position: number } | undefined> {
    await this.sync();
    if (this.isAbandoned || this.#file === undefined) return undefined;
    this.isInPlace = await rename(this.#path, path).then(
      () => true,
      () => false,
    );
    return this.isInPlace ? { file: this.#file, position: this.#position } : undefined;
  }

  /** Closes and deletes it; resolves when it is gone. May be called again. Never rejects. */
  abandon(): Promise<void> {
    if (!this.isInPlace) this.#abandoned ??= this.#remove();
    return this.#abandoned ?? Promise.resolve();
  }

  async #write(): Promise<void> {
    try {
      this.#file ??= await this.#open();
      while (this.#waiting.length > 0) {
        const count = this.#waiting.length;
        const bytes = Buffer.concat(this.#waiting.map((each) => each.bytes));
        await writeFully(this.#file, bytes, this.#position);
        this.#position += bytes.length;
        this.#waitingBytes -= bytes.length;
        for (const { done } of this.#waiting.splice(0, count)) done(); // not before: a file that is abandoned lets go of them
      }
    } catch {
      void this.abandon(); // it waits for this to end
    }
    this.#writing = undefined; // at once: whoever waited for the last may add the next
  }

  /** One that is there is of a master that was killed, or somebody's link to another file: it is not written through. */
  async #open(): Promise<FileHandle> {
    await rm(this.#path, { force: true });
    return open(this.#path, 'wx', ownerOnly);
  }

  async #remove(): Promise<void> {
    await this.#writing;
    for (const { done } of this.#waiting.splice(0)) done();
    await this.#file?.close().catch(() => undefined);
    if (this.#file !== undefined) await rm(this.#path, { force: true }).catch(() => undefined);
  }
}

/** Where the new file of that one is until it takes its place. */
export function nextTo(path: string): string {
  return `${path}.new`;
}

export async function writeFully(file: FileHandle, bytes: Buffer, from: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, from + done)).bytesWritten;
  }
}
