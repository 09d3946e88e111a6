/** Processes within a namespace. They end with the process that starts them, however that ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { folder, program, Run } from '../e2e/tsload.js';
import type { Host } from './network.js';

export interface Launch {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Messages can be sent to it and come from it. */
  readonly hasChannel?: boolean;
}

/** Runs Node on this host. The child's process id is that of Node: each of the programs before it becomes the next. */
export function launch(host: Host, words: readonly string[], { cwd, env, hasChannel }: Launch): ChildProcess {
  return launchProgram(host.namespace, [process.execPath, ...words], { cwd, env, hasChannel: hasChannel === true });
}

export function launchProgram(
  namespace: string,
  words: readonly string[],
  { cwd, env, hasChannel }: Launch,
): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TSLOAD|LOCUST|VITEST|NODE_|CI$)/.test(name));
  // what is preloaded concerns the program alone, and not those that become it
  const own = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return spawn('setpriv', ['--pdeathsig', 'KILL', 'ip', 'netns', 'exec', namespace, 'env', ...own, ...words], {
    cwd,
    env: Object.fromEntries(inherited),
    stdio: ['ignore', 'pipe', 'pipe', ...(hasChannel ? (['ipc'] as const) : [])],
  });
}

/** A machine as tsload sees it: a host, and folders of its own. */
export class Machine {
  readonly cwd: string;
  readonly #root: string;

  constructor(
    readonly host: Host,
    files: Readonly<Record<string, string>> = {},
  ) {
    this.cwd = folder(files);
    this.#root = folder();
    for (const name of ['home', 'run', 'tmp']) mkdirSync(join(this.#root, name));
  }

  /** `line`: arguments of tsload, separated by blanks. */
  tsload(line: string, env: Readonly<Record<string, string>> = {}): Run {
    const place = (name: string) => join(this.#root, name);
    const own = { HOME: place('home'), XDG_RUNTIME_DIR: place('run'), TMPDIR: place('tmp') };
    const words = [program, ...line.split(' ').filter((word) => word !== '')];
    return new Run(launch(this.host, words, { cwd: this.cwd, env: { ...own, ...env } }), this.cwd);
  }

  /** All files that are in its folders now, but the working directory's. */
  get files(): readonly string[] {
    return filesIn(this.#root);
  }
}

function filesIn(path: string): readonly string[] {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));
}
