/**
 * What runs over ssh leave on a host: nothing, whatever happens to them; and what of tsload they bring along.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readSpawnTarget } from '../../../src/spawn/index.js';
import type { ConnectionOptions } from '../../../src/spawn/ssh/hostConnection.js';
import { SshSpawner } from '../../../src/spawn/ssh/sshSpawner.js';
import { until } from '../../until.js';
import { Heard } from './heard.js';
import { childrenOf, isRunning, parentOf } from './processes.js';
import { noSshServer, SshServer } from './sshServer.js';

const program = fileURLToPath(new URL('./standIn.mjs', import.meta.url));

describe.skipIf(noSshServer !== undefined)('a run over ssh', () => {
  let server: SshServer;
  beforeAll(async () => {
    server = await SshServer.start({ hasTsload: true });
  });
  afterEach(() => until(() => server.runFolders().length === 0, { what: 'no folder of a run' }));
  afterAll(() => server[Symbol.dispose]());

  const on = (host: SshServer, options: Partial<ConnectionOptions> = {}) => {
    const target = readSpawnTarget(`ssh://loadgen?workers=2&config=${host.config}&node=${process.execPath}`);
    if (target.kind !== 'ssh') throw new Error('no ssh');
    return new Heard(new SshSpawner(target, { program, orphanedSeconds: 0.5, ...options }));
  };
  const runFolder = (host = server) => join(host.temporary, host.runFolders()[0] ?? '');

  test('has a folder that nobody else can enter, which goes with the run', async () => {
    await using crew = on(server);
    await crew.start(['--say-pid']);
    expect(server.runFolders()).toHaveLength(1);
    expect(statSync(runFolder()).mode & 0o777).toBe(0o700);
    await crew.spawner.stop(10);
    expect(server.runFolders()).toEqual([]);
  });

  test('ends, with its folder, when its workers have ended by themselves', async () => {
    await using crew = on(server);
    await crew.start(['--exit', '0']);
    await crew.end();
    await until(() => server.runFolders().length === 0);
  });

  test('keeps the temporary files and the cache of its workers in its folder', async () => {
    await using crew = on(server);
    await crew.start(['--say-folders']);
    await crew.sees(/^folders/);
    const [temporary = '', cache = ''] = crew.textsOf()[0]?.split(' ').slice(1) ?? [];
    expect(temporary).toBe(join(runFolder(), 'tmp'));
    expect(cache).toBe(join(runFolder(), 'cache'));
  });

  test('brings tsload to a host that lacks it: nothing native, no esbuild, and it works there', async () => {
    using other = await SshServer.start();
    await using crew = on(other);
    await crew.start(['--say-pid']);
    await crew.sees(/^pid/);
    const root = join(runFolder(other), 'tsload');
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /esbuild|@types|\.node$|\.d\.ts$|\.map$/.test(file))).toEqual([]);
    expect(files).toContain('LICENSE');
    const help = execFileSync(process.execPath, [join(root, 'bin/tsload.js'), '--help'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(help).toContain('--master-host');
  });

  test('brings no tsload to a host that has this version', async () => {
    await using crew = on(server);
    await crew.start(['--say-pid']);
    await crew.sees(/^pid/);
    expect(readdirSync(runFolder()).sort()).toEqual(['alive', 'tmp']);
  });

  test('brings its own to a host that has another version', async () => {
    const root = server.path('other/tsload');
    mkdirSync(join(root, 'bin'), { recursive: true });
    writeFileSync(join(root, 'package.json'), '{"name":"tsload","version":"0.0.1"}');
    writeFileSync(join(root, 'bin/tsload.js'), '');
    const path = server.path('otherBin');
    mkdirSync(path);
    symlinkSync(join(root, 'bin/tsload.js'), join(path, 'tsload'));
    using other = await SshServer.start({ lines: [`SetEnv TMPDIR=${server.temporary} PATH=${path}:/usr/bin:/bin`] });
    await using crew = on(other);
    await crew.start(['--say-pid']);
    expect(existsSync(join(runFolder(), 'tsload'))).toBe(true);
  });

  test('works through a shell that greets, and through a user configuration that shares connections', async () => {
    using other = await SshServer.start({ lines: ['ForceCommand echo Welcome; eval "$SSH_ORIGINAL_COMMAND"'] });
    const control = server.path('control');
    writeFileSync(other.config, `ControlMaster auto\nControlPath ${control}\nControlPersist 60\n`, { flag: 'a' });
    await using crew = on(other);
    await crew.start(['--say-pid']);
    await crew.sees(/^pid/);
    expect(existsSync(control)).toBe(false);
  });

  test('tells that its workers were lost when the connection is cut, and the host ends them', async () => {
    await using crew = on(server);
    await crew.start(['--say-pid', '--spin']);
    await crew.sees(/^pid/);
    for (const pid of sessionsOf(server)) process.kill(pid, 'SIGKILL');
    const ends = await crew.end();
    expect(ends.map(({ problem }) => problem)).toEqual([
      expect.stringContaining('was lost with the ssh connection to loadgen'),
      expect.stringContaining('was lost with the ssh connection to loadgen'),
    ]);
    await until(() => crew.workers.every(({ pid }) => !isRunning(pid)));
  });

  test('gives no reason that is none when ssh itself was killed', async () => {
    await using crew = on(server);
    await crew.start(['--say-pid']);
    await crew.sees(/^pid/);
    for (const pid of childrenOf(process.pid, /^ssh$/)) process.kill(pid, 'SIGKILL');
    const lost = 'was lost with the ssh connection to loadgen';
    expect((await crew.end()).map(({ problem }) => problem)).toEqual([lost, lost]);
  });

  test('ends on the host when nothing is heard of this side any more', async () => {
    await using crew = on(server, { lostSeconds: 5 });
    await crew.start(['--say-pid', '--spin']);
    await crew.sees(/^pid/);
    const clients = childrenOf(process.pid, /^ssh$/);
    for (const client of clients) process.kill(client, 'SIGSTOP'); // as if the network were cut: the connection stays, and nothing goes through it
    try {
      await until(() => crew.workers.every(({ pid }) => !isRunning(pid)));
      await until(() => server.runFolders().length === 0);
    } finally {
      for (const client of clients) process.kill(client, 'SIGCONT');
    }
  });

  test('is given up when it does not answer to a stop, and ends on the host all the same', async () => {
    await using crew = on(server, { tidySeconds: 0.5 });
    await crew.start(['--say-pid']);
    await crew.sees(/^pid/);
    for (const client of childrenOf(process.pid, /^ssh$/)) process.kill(client, 'SIGSTOP');
    await crew.spawner.stop(0);
    expect(crew.ends.map(({ end }) => end.problem)).toEqual([
      expect.stringContaining('was lost'),
      expect.stringContaining('was lost'),
    ]);
    await until(() => crew.workers.every(({ pid }) => !isRunning(pid)));
  });

  test('leaves workers with nobody to watch them when its process on the host is killed: they end, and the next run tidies up', async () => {
    await using crew = on(server);
    await crew.start(['--say-pid', '--spin']);
    await crew.sees(/^pid/);
    const abandoned = server.runFolders();
    process.kill(parentOf(crew.workers[0]?.pid ?? 0), 'SIGKILL');
    await crew.end();
    await until(() => crew.workers.every(({ pid }) => !isRunning(pid)));
    expect(server.runFolders()).toEqual(abandoned);
    await using next = on(server);
    await next.start(['--say-pid']);
    expect(server.runFolders()).toHaveLength(1);
    expect(server.runFolders()).not.toEqual(abandoned);
  });

  test('never removes the folder of a run that lives, nor one that is just being made, nor a link', async () => {
    await using first = on(server);
    await first.start(['--say-pid']);
    const living = server.runFolders()[0] ?? '';
    const made = join(server.temporary, 'tsload-host-abc123');
    mkdirSync(made);
    const link = join(server.temporary, 'tsload-host-link');
    symlinkSync(server.path('tmp'), link);
    await using second = on(server);
    await second.start(['--say-pid']);
    expect(server.runFolders()).toEqual(expect.arrayContaining([living, 'tsload-host-abc123', 'tsload-host-link']));
    execFileSync('rm', ['-r', made, link]);
    await first.spawner.stop(5);
    await second.spawner.stop(5);
  });
});

/** Processes of sshd that serve one connection. */
function sessionsOf(server: SshServer): number[] {
  return childrenOf(server.pid, /^sshd/).flatMap((pid) => [pid, ...childrenOf(pid, /^sshd/)]);
}
