/**
 * Processes of a benchmark: what is measured on one core, the server on another, each pinned where `taskset` exists.
 *
 * Who starts a child disposes of it. A child ends by itself when its parent is gone.
 */
import { type ChildProcess, execFile, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const hasTaskset = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** The core of the measured process, and the one of the server. They are the same on a machine with one core. */
export const cores = { client: 0, server: availableParallelism() - 1 } as const;
export const isPinned = hasTaskset;

export interface ChildOptions {
  readonly core: number;
  readonly arguments?: readonly string[];
  readonly nodeOptions?: readonly string[];
}

export class Child {
  readonly #process: ChildProcess;
  readonly #messages: unknown[] = [];
  readonly #exited: Promise<unknown>;

  /** `file`: a file of bench/ as it is named at run time, for example `httpServer.js`. */
  constructor(
    private readonly file: string,
    options: ChildOptions,
  ) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const pin = ['-c', String(options.core), process.execPath];
    this.#process = fork(path, options.arguments ?? [], {
      ...(hasTaskset ? { execPath: 'taskset' } : {}),
      execArgv: [...(hasTaskset ? pin : []), '--enable-source-maps', ...(options.nodeOptions ?? [])],
    });
    this.#process.on('message', (message) => this.#messages.push(message));
    this.#exited = once(this.#process, 'exit');
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  send(message: object): void {
    this.#process.send(message);
  }

  /** The next message, as `read` takes it. Rejects when the child ends without one. */
  async receive<T>(read: (message: unknown) => T): Promise<T> {
    if (this.#messages.length === 0) {
      const arrival = once(this.#process, 'message');
      await Promise.race([arrival, this.#exited]);
      arrival.catch(() => {});
    }
    if (this.#messages.length === 0) throw new Error(`${this.file} ended (${this.#process.exitCode}) and said nothing`);
    return read(this.#messages.shift());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill('SIGKILL');
    await this.#exited;
  }
}

/** Reads one number out of a message: `{ port: 1234 }`. */
export function numberIn(message: unknown, field: string): number {
  const value: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, field) : undefined;
  if (typeof value !== 'number')
    throw new Error(`expected a message with a number ${field} but got ${JSON.stringify(message)}`);
  return value;
}

export interface ServerProcess extends AsyncDisposable {
  readonly port: number;
  readonly child: Child;
}

export async function startServer(file: 'httpServer.js' | 'grpcServer.js'): Promise<ServerProcess> {
  const child = new Child(file, { core: cores.server });
  const port = await child.receive((message) => numberIn(message, 'port'));
  return { port, child, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}

export interface CommandResult {
  /** Both streams. */
  readonly printed: string;
  /** Processor time, user and system. */
  readonly cpuSeconds: number;
}

export function isInstalled(program: string): boolean {
  return spawnSync('which', [program]).status === 0;
}

/** A command and its arguments, on the client's core. */
export function pinned(program: string, args: readonly string[]): readonly [string, ...string[]] {
  return hasTaskset ? ['taskset', '-c', String(cores.client), program, ...args] : [program, ...args];
}

/** Runs a program on the client's core, through bash, whose `time` says how much processor time it took. */
export async function runCommand(program: string, args: readonly string[]): Promise<CommandResult> {
  const script = 'TIMEFORMAT="bashtime %U %S"; time "$0" "$@"';
  const { stdout, stderr } = await run('bash', ['-c', script, ...pinned(program, args)], {
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 1 << 26,
  }).catch((failure: { readonly stderr?: string }) => {
    throw new Error(`${program} failed: ${String(failure.stderr).slice(-500)}`);
  });
  const [, user, system] = /bashtime (\S+) (\S+)/.exec(stderr) ?? [];
  return { printed: stdout + stderr, cpuSeconds: Number(user) + Number(system) };
}
