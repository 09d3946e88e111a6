/** The first part of tsload on a host, as a process of this machine: whose folders it removes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../../until.js';
import { folder, repository } from '../tsload.js';

/** Node without Unix sockets, as on a file system that has none, and with a faster clock. */
const withoutSockets = `
  import { Server } from 'node:net';
  Server.prototype.listen = function () { setImmediate(() => this.emit('error', new Error('no sockets here'))); };
  const later = globalThis.setInterval;
  globalThis.setInterval = (act) => later(act, 20);
`;

class Loader implements Disposable {
  readonly #child: ChildProcess;
  #heard = '';

  constructor(temporary: string, patch = '') {
    const words = ['--import', `data:text/javascript,${encodeURIComponent(patch)}`];
    const program = join(repository, 'dist/spawn/ssh/loader.js');
    const env = { ...process.env, TMPDIR: temporary };
    this.#child = spawn(process.execPath, [...words, program], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout?.on('data', (chunk) => {
      this.#heard += chunk;
    });
    this.#child.stdin?.write('{"kind":"hello","version":"0.0.0"}\n');
  }

  /** It has looked for folders to remove, and made its own. */
  async isReady(): Promise<void> {
    await until(() => this.#heard.includes('"ready"'), { what: 'the loader to be ready' });
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}

const hourAgo = () => Date.now() / 1000 - 3600;
const foldersIn = (temporary: string) => readdirSync(temporary).map((name) => join(temporary, name));

test('the folder of a living run stays where there are no sockets to show that it lives, and that of a dead one goes', async () => {
  const temporary = folder();
  using living = new Loader(temporary, withoutSockets);
  await living.isReady();
  const [own = ''] = foldersIn(temporary);
  utimesSync(own, hourAgo(), hourAgo());
  await until(() => Date.now() - statSync(own).mtimeMs < 600_000, { what: 'a sign of life' });
  using next = new Loader(temporary);
  await next.isReady();
  expect(existsSync(own)).toBe(true);
  await living.kill();
  utimesSync(own, hourAgo(), hourAgo());
  using last = new Loader(temporary);
  await last.isReady();
  expect(existsSync(own)).toBe(false);
  expect(foldersIn(temporary)).toHaveLength(2);
});
