/**
 * One spawned process of this machine: its lines, its end, and its being asked and made to end.
 */
import type { ChildProcess } from 'node:child_process';
import { type Readable, Writable } from 'node:stream';
import { stopCommand } from './handover.js';
import { LineSplitter } from './lineSplitter.js';
import { killGroup } from './processGroup.js';
import type { ProcessEnd, SpawnedWorker, SpawnListener } from './spawner.js';

/** Its output may outlive the process where it has left something behind that holds it open. */
const lastLinesMillis = 500;
/** A killed process is gone at once, unless the system itself holds on to it: a disk that does not answer. */
const killedMillis = 5000;

export class WorkerProcess {
  /** After the end was told. */
  readonly ended: Promise<void>;
  readonly #outputs: readonly LineSplitter[];
  #tellEnded = (): void => {};
  #isOver = false;
  #killAt = Number.POSITIVE_INFINITY;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly child: ChildProcess,
    readonly worker: SpawnedWorker,
    private readonly listener: SpawnListener,
  ) {
    this.ended = new Promise((resolve) => {
      this.#tellEnded = resolve;
    });
    this.#outputs = [child.stdout, child.stderr]
      .filter((stream) => stream !== null)
      .map((stream) => this.#read(stream));
    child.on('error', () => {}); // of a signal that could not be sent
    child.once('exit', (code, signal) => this.#exited({ code, signal }));
  }

  /** Asks it to end in good order, and kills it when it still runs then. */
  stop(graceSeconds: number): void {
    if (this.#isOver) return;
    const pipe = this.child.stdio[3];
    if (this.#killAt === Number.POSITIVE_INFINITY && pipe instanceof Writable) pipe.write(`${stopCommand}\n`);
    const killAt = performance.now() + graceSeconds * 1000;
    if (killAt >= this.#killAt) return;
    this.#killAt = killAt;
    clearTimeout(this.#killTimer);
    this.#killTimer = setTimeout(() => this.#kill(), graceSeconds * 1000);
  }

  #read(stream: Readable): LineSplitter {
    const lines = new LineSplitter((text) => this.#isOver || this.listener.line(this.worker, text));
    stream.on('data', (bytes: Buffer) => lines.take(bytes));
    stream.on('error', () => {}); // the end of the process says more
    return lines;
  }

  #exited(end: ProcessEnd): void {
    clearTimeout(this.#killTimer);
    const timer = setTimeout(() => this.#over(end), lastLinesMillis);
    this.child.once('close', () => {
      clearTimeout(timer);
      this.#over(end);
    });
  }

  #over(end: ProcessEnd): void {
    if (this.#isOver) return;
    for (const lines of this.#outputs) lines.end();
    this.#isOver = true;
    for (const stream of this.child.stdio) stream?.destroy();
    this.listener.ended(this.worker, end);
    this.#tellEnded();
  }

  #kill(): void {
    killGroup(this.child);
    this.#killTimer = setTimeout(() => {
      this.child.unref();
      this.#over({ code: null, signal: null, problem: 'was killed and does not end: the system holds on to it' });
    }, killedMillis);
  }
}
