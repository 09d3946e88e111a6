/** The suite itself: what it makes goes with it, however it ends. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRunning } from '../e2e/spawn/processes.js';
import { folder } from '../e2e/tsload.js';
import { until } from '../until.js';
import { Network } from './network.js';
import { ownerOf, pidsIn, removeThingsOf, thingsOf } from './owned.js';
import { launch } from './processes.js';
import { programOf } from './program.js';

describe.skipIf(process.env['CHAOS_SKIP'])('networks of the suite', () => {
  test('go with what runs in them', async () => {
    let namespace = '';
    let pid = 0;
    {
      using network = await Network.open();
      const host = await network.host('worker0', 10);
      pid = launch(host, ['-e', 'setInterval(() => {}, 1000)'], { cwd: '/', env: {} }).pid ?? 0;
      namespace = host.namespace;
      await until(() => pidsIn(namespace).includes(pid));
    }
    await until(() => !isRunning(pid));
    expect(existsSync(`/run/netns/${namespace}`)).toBe(false);
  });

  test('of a run that was killed are gone with the next, its processes, mounts and folders too', async () => {
    const place = folder();
    const child = spawn(process.execPath, [programOf('killedRun'), place], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    child.stdout.on('data', (chunk) => {
      told += chunk;
    });
    await until(() => told.includes('\n'));
    const owner = ownerOf(child.pid ?? 0);
    const isOfChild = ({ pid }: { readonly pid: number }) => pid === child.pid;
    const pid = Number(told);
    expect(thingsOf(isOfChild).namespaces).toHaveLength(2);
    expect(thingsOf(isOfChild).mounts).toHaveLength(1);
    child.kill('SIGKILL');
    await until(() => !isRunning(pid), { what: 'a process that ends with the suite' });
    mkdirSync(mkdtempSync(join(process.env['TMPDIR'] ?? '', `${owner}-`)), { recursive: true });
    removeThingsOf(isOfChild);
    expect(thingsOf(isOfChild)).toEqual({ namespaces: [], mounts: [], folders: [] });
  });
});
