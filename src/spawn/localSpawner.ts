/**
 * Workers as child processes of this one: the same Node, the same tsload.
 *
 * Each leads a process group of its own, so that Ctrl+C at a terminal reaches this process alone, which ends them in order. What
 * is secret goes through a pipe that this process holds open as long as it lives; its end is how they know (`watchdogThread.ts`).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { packageDirectory } from '../version.js';
import { writeHandover } from './handover.js';
import { sharedNodeOptions } from './nodeOptions.js';
import { SpawnError } from './spawnError.js';
import {
  defaultGraceSeconds,
  type SpawnedWorker,
  type Spawner,
  type SpawnListener,
  type WorkerOrder,
} from './spawner.js';
import { isSupervised } from './supervised.js';
import { WorkerProcess } from './workerProcess.js';

export interface LocalOptions {
  /** The file that Node runs. Default: this tsload. */
  readonly program?: string;
  /** Options of Node itself. Default: those of this process that are about any process. */
  readonly nodeOptions?: readonly string[];
  /** Environment variables. Default: those of this process. */
  readonly variables?: NodeJS.ProcessEnv;
  /** Milliseconds that a worker has for an end in good order when this process is gone. Default 3000. */
  readonly orderlyMillis?: number;
  /** In the name of the first worker. Default 0. */
  readonly firstNumber?: number;
}

const defaultOrderlyMillis = 3000;

export class LocalSpawner implements Spawner {
  readonly #processes: WorkerProcess[] = [];
  readonly #options: Required<LocalOptions>;
  #listener: SpawnListener = { line: () => {}, ended: () => {} };
  #isUsed = false;

  /** `count`: -1 is one for each core. */
  constructor(
    private readonly count: number,
    options: LocalOptions = {},
  ) {
    this.#options = {
      program: join(packageDirectory, 'bin/tsload.js'),
      nodeOptions: sharedNodeOptions(process.execArgv),
      variables: process.env,
      orderlyMillis: defaultOrderlyMillis,
      firstNumber: 0,
      ...options,
    };
  }

  listen(listener: SpawnListener): void {
    this.#listener = listener;
  }

  async start(order: WorkerOrder): Promise<readonly SpawnedWorker[]> {
    if (isSupervised()) throw new SpawnError('a worker that tsload has started cannot start workers itself');
    if (this.#isUsed) throw new SpawnError('these workers were started before, or stopped: a spawner starts once');
    this.#isUsed = true;
    const count = this.count === -1 ? availableParallelism() : this.count;
    const starts = Array.from({ length: count }, (_, index) => this.#startOne(order, index));
    const results = await Promise.allSettled(starts);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) return this.#processes.map(({ worker }) => worker);
    await this.stop(0);
    throw failed.reason;
  }

  async stop(graceSeconds = defaultGraceSeconds): Promise<void> {
    this.#isUsed = true;
    for (const process of this.#processes) process.stop(graceSeconds);
    await Promise.all(this.#processes.map(({ ended }) => ended));
  }

  /** Resolves when the process runs. */
  async #startOne(order: WorkerOrder, index: number): Promise<void> {
    const name = `worker ${this.#options.firstNumber + index}`;
    try {
      const child = this.#spawn(order);
      const { pid } = child;
      if (pid !== undefined) {
        const identity = randomBytes(16).toString('hex');
        this.#processes.push(new WorkerProcess(child, { index, identity, name, pid }, this.#listener));
        this.#handOver(child, order, identity);
      }
      await once(child, 'spawn'); // or it throws what the process emits as `error`
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new SpawnError(`${name} cannot be started on this machine: ${reason}`, { cause });
    }
  }

  #spawn({ masterHost, masterPort, words }: WorkerOrder): ChildProcess {
    const { program, nodeOptions, variables } = this.#options;
    const role = ['--worker', '--supervised', '--master-host', masterHost, '--master-port', String(masterPort)];
    return spawn(process.execPath, [...nodeOptions, program, ...role, ...words], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: variables,
      detached: true,
      windowsHide: true,
    });
  }

  /** The pipe stays open: that is what the worker watches. */
  #handOver(child: ChildProcess, { secrets }: WorkerOrder, identity: string): void {
    const pipe = child.stdio[3];
    if (!(pipe instanceof Writable)) return;
    pipe.on('error', () => {}); // the worker is gone, and says so itself
    pipe.write(writeHandover({ secrets, identity, orderlyMillis: this.#options.orderlyMillis }));
  }
}
