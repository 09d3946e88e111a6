/**
 * The built tsload as a process of its own, started in a new folder with the files that the test gives.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../until.js';

export const repository = fileURLToPath(new URL('../..', import.meta.url));
export const program = join(repository, 'bin/tsload.js');

export interface RunOptions {
  /** Files of the folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** An existing folder instead of a new one. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node itself. */
  readonly node?: readonly string[];
  /** The process may open so many files. */
  readonly openFiles?: number;
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly cwd: string;
}

/** A new folder with these files. */
export function folder(files: Readonly<Record<string, string>> = {}): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'tsload-test-')));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

/** A process under way. */
export class Run {
  stdout = '';
  stderr = '';
  readonly finished: Promise<Finished>;

  constructor(
    readonly child: ChildProcess,
    readonly cwd: string,
  ) {
    child.stdout?.setEncoding('utf8').on('data', (chunk) => {
      this.stdout += chunk;
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.finished = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr, cwd });
      });
    });
  }

  /** Waits until the output has this. */
  async sees(pattern: RegExp): Promise<void> {
    await until(() => pattern.test(this.stdout + this.stderr), {
      timeoutMs: 60_000,
      what: () => `${pattern} in the output, which is\n${this.stdout}\n${this.stderr}`,
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  [Symbol.dispose](): void {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
  }
}

/** Starts tsload. `line`: its arguments, separated by blanks, or as a list. */
export function start(line: string | readonly string[], options: RunOptions = {}): Run {
  const cwd = options.cwd ?? folder(options.files);
  const words = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line;
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(TSLOAD|LOCUST|VITEST|NODE_OPTIONS|XDG)/.test(name),
  );
  const env = { ...Object.fromEntries(inherited), HOME: cwd, ...options.env };
  const shell = options.openFiles === undefined ? [] : ['sh', '-c', `ulimit -n ${options.openFiles}; exec "$0" "$@"`];
  const [command = '', ...rest] = [...shell, process.execPath, ...(options.node ?? []), program, ...words];
  const child = spawn(command, rest, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Run(child, cwd);
}

/** Starts tsload and waits for its end. */
export async function tsload(line: string | readonly string[], options: RunOptions = {}): Promise<Finished> {
  using run = start(line, options);
  return await run.finished;
}

/** A server on a free port of this machine. */
export async function serve(listener: RequestListener = (_, response) => response.end('ok')) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A locustfile whose user classes do nothing but count a sample, ten times a second each. */
export function idleUsers(...names: readonly string[]): string {
  const classes = names.map(
    (name) => `
    export class ${name} extends User {
      static waitTime = constant(0.1);
      @task tick() { sample('${name}'); }
    }`,
  );
  return `
    import { constant, events, task, User } from 'tsload';
    const sample = (name: string, exception?: unknown) =>
      events.request.fire({ requestType: 'X', name, responseTime: 1, responseLength: 2, exception });
    ${classes.join('\n')}
  `;
}
