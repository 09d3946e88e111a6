/**
 * The system's ssh as a process, and the lines that go through it. It decides nothing.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { LineSplitter } from '../lineSplitter.js';
import { killGroup } from '../processGroup.js';
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
/** What ssh has started itself (ProxyCommand, ProxyJump) may hold on to its output when it is gone. */
const lastLinesMillis = 500;
/** A killed process is gone at once, unless the system itself holds on to it: a disk that does not answer. */
const killedMillis = 5000;

export class SshSession {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  #isOver = false;
  #letGoTimer: NodeJS.Timeout | undefined;

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
    this.#process.once('exit', (code) => this.#exited(code));
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
    const { exitCode, signalCode } = this.#process;
    if (this.#isOver || exitCode !== null || signalCode !== null) return;
    killGroup(this.#process);
    this.#letGoAfter(killedMillis, null);
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

  #exited(code: number | null): void {
    this.#process.once('close', () => this.#over(code));
    this.#letGoAfter(lastLinesMillis, code);
  }

  #letGoAfter(millis: number, code: number | null): void {
    clearTimeout(this.#letGoTimer);
    this.#letGoTimer = setTimeout(() => {
      killGroup(this.#process);
      for (const stream of this.#process.stdio) stream?.destroy();
      this.#process.unref();
      this.#over(code);
    }, millis);
  }

  #over(code: number | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#letGoTimer);
    this.listener.ended(code);
  }
}
