/**
 * A process of its own that starts workers, and leads its own process group: it can be killed, and interrupted as by Ctrl+C.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { until } from '../../until.js';
import { repository } from '../tsload.js';
import { isRunning } from './processes.js';

const script = `
const [file, name, args, words] = JSON.parse(process.argv[1]);
const module = await import(file);
const spawner = new module[name](...args);
spawner.listen({ line: ({ name }, text) => console.log(name + ': ' + text), ended: ({ name }) => console.log(name + ' ended') });
process.on('SIGINT', async () => { await spawner.stop(20); process.exit(0); });
const workers = await spawner.start({ masterHost: '127.0.0.1', masterPort: 9, words, secrets: { token: 't' } });
console.log('pids ' + JSON.stringify(workers.map(({ pid }) => pid)));
`;

export class Starter {
  output = '';
  readonly finished: Promise<void>;
  readonly #child: ChildProcess;
  #workers: readonly number[] = [];

  constructor([file, name, args]: readonly [string, string, readonly unknown[]], words: readonly string[]) {
    const order = JSON.stringify([join(repository, 'dist', file), name, args, words]);
    this.#child = spawn(process.execPath, ['--input-type=module', '-e', script, order], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    this.finished = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Of the workers, once they run. */
  async pids(): Promise<readonly number[]> {
    const found = await until(() => /^pids (.*)$/m.exec(this.output), { what: () => `pids in ${this.output}` });
    this.#workers = JSON.parse(found?.[1] ?? '[]');
    return this.#workers;
  }

  async sees(pattern: RegExp, times = 1): Promise<void> {
    const all = new RegExp(pattern, 'g');
    await until(() => (this.output.match(all)?.length ?? 0) >= times, {
      what: () => `${times} times ${pattern} in ${this.output}`,
    });
  }

  [Symbol.dispose](): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    for (const pid of this.#workers) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  }
}
