/**
 * The system's ssh as a process, and the lines that go through it. It decides nothing.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { LineSplitter } from '../lineSplitter.js';
import { type FromHost, readFromHost, type ToHost } from './hostMessages.js';

export interface SessionListener {
  message(message: FromHost): void;
  /** ssh itself has something to say, or the shell of the host. */
  remark(line: string): void;
  /** Once. `code`: 255 when ssh itself failed; null when it was killed or could not be started. */
  ended(code: number | null): void;
}

/** Lines of workers are cut before, and may grow sixfold as JSON. */
const maxMessageCharacters = 256 * 1024;

export class SshSession {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  #isOver = false;

  /** Leads its own process group: Ctrl+C at a terminal is not for it. */
  constructor(
    program: string,
    words: readonly string[],
    private readonly listener: SessionListener,
  ) {
    this.#process = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], detached: true, windowsHide: true });
    const { stdin, stdout, stderr } = this.#process;
    stdin.on('error', () => {}); // the end of the process says more
    this.#read(stdout, (line) => this.#heard(line));
    this.#read(stderr, (line) => listener.remark(line));
    this.#process.once('error', (error) => {
      listener.remark(error.message);
      this.#over(null);
    });
    this.#process.once('close', (code) => this.#over(code));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  send(message: ToHost): void {
    this.sendBytes(`${JSON.stringify(message)}\n`);
  }

  sendBytes(bytes: string | Uint8Array): void {
    if (this.#process.stdin.writable) this.#process.stdin.write(bytes);
  }

  /** The host takes it as the order to end, and ends. */
  endInput(): void {
    this.#process.stdin.end();
  }

  kill(): void {
    if (!this.#isOver) this.#process.kill('SIGKILL');
  }

  #read(stream: Readable, heard: (line: string) => void): void {
    const lines = new LineSplitter(heard, maxMessageCharacters);
    stream.on('data', (bytes: Buffer) => lines.take(bytes));
    stream.once('end', () => lines.end());
    stream.on('error', () => {});
  }

  #heard(line: string): void {
    if (this.#isOver) return;
    try {
      const message = readFromHost(line);
      if (message === undefined) this.listener.remark(line);
      else this.listener.message(message);
    } catch (thrown) {
      this.listener.remark(thrown instanceof Error ? thrown.message : String(thrown));
      this.kill();
    }
  }

  #over(code: number | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.listener.ended(code);
  }
}
