/**
 * What goes wrong before workers run on a host: each is one sentence that names the host and says what to do.
 */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSpawnTarget } from '../../../src/spawn/index.js';
import type { ConnectionOptions } from '../../../src/spawn/ssh/hostConnection.js';
import { SshSpawner } from '../../../src/spawn/ssh/sshSpawner.js';
import { until } from '../../until.js';
import { folder, tsload } from '../tsload.js';
import { processesThatShow } from './processes.js';
import { noSshServer, SshServer } from './sshServer.js';

/** Too long for a name of DNS, so that no server is asked, which may take its time. */
const nobody = `${'nobody'.repeat(11)}.invalid`;

const order = { masterHost: '127.0.0.1', masterPort: 9, words: [], secrets: { token: 'sesame' } };

async function failure(text: string, options: Partial<ConnectionOptions> = {}): Promise<string> {
  const target = readSpawnTarget(text);
  if (target.kind !== 'ssh') throw new Error(`${text} is no ssh target`);
  const spawner = new SshSpawner(target, options);
  try {
    await spawner.start(order);
  } catch (thrown) {
    expect(thrown).toMatchObject({ name: 'SpawnError', code: 'SPAWN' });
    const message = thrown instanceof Error ? thrown.message : '';
    expect(message).not.toMatch(/\n|sesame/);
    return message;
  } finally {
    await spawner.stop(0);
  }
  throw new Error('it started');
}

describe.skipIf(noSshServer !== undefined).concurrent('a host that cannot be used', () => {
  let server: SshServer;
  beforeAll(async () => {
    server = await SshServer.start();
  });
  afterAll(() => {
    expect(server.runFolders()).toEqual([]);
    server[Symbol.dispose]();
  });
  const withConfig = (changes: Readonly<Record<string, string>>) =>
    `ssh://loadgen?config=${server.configWith(`config${Math.random()}`, changes)}`;
  const here = (query = '') => `ssh://loadgen?config=${server.config}&${query}`;
  const withServer = async (lines: readonly string[], options?: Partial<ConnectionOptions>) => {
    using other = await SshServer.start({ lines });
    return await failure(`ssh://loadgen?config=${other.config}`, options);
  };

  test('an unknown host', async () => {
    const message = await failure(`ssh://${nobody}?config=${server.config}`);
    expect(message).toMatch(new RegExp(`^no workers on ${nobody}: no machine of that name is known`));
  });

  test('nobody listens at the port', async () => {
    expect(await failure(withConfig({ Port: '1' }))).toMatch(/^no workers on loadgen: nothing answers there/);
  });

  test('an unknown host key is never accepted by itself', async () => {
    const message = await failure(withConfig({ UserKnownHostsFile: server.path('empty') }));
    expect(message).toMatch(
      /ssh does not know its host key: run "ssh -F .* loadgen" once, compare the key, and accept/,
    );
  });

  test('a changed host key', async () => {
    const message = await failure(withConfig({ UserKnownHostsFile: server.path('changed') }));
    expect(message).toMatch(/its host key is not the one that ssh knows: find out why/);
  });

  test('a key that the host does not know', async () => {
    const message = await failure(withConfig({ IdentityFile: server.path('otherKey') }));
    expect(message).toMatch(/it refuses the login: "ssh -F .* loadgen true" must work without a question/);
  });

  test('a configuration file that does not exist', async () => {
    expect(await failure('ssh://loadgen?config=/nowhere')).toContain('ssh cannot read the file config=/nowhere');
  });

  test('a machine without ssh', async () => {
    expect(await failure(here(), { ssh: '/nowhere/ssh' })).toContain('there is no ssh on this machine');
  });

  test('a host without Node', async () => {
    expect(await failure(here('node=/nowhere/node'))).toMatch(
      /^no workers on loadgen: there is no Node at \/nowhere\/node/,
    );
    const path = server.path('noNode');
    mkdirSync(path);
    symlinkSync('/bin/sh', join(path, 'sh'));
    writeFileSync(join(path, 'node'), '#!/bin/sh\nexit 127\n', { mode: 0o700 }); // there may be a real one further on
    expect(await withServer([`SetEnv PATH=${path}`])).toMatch(/it has no Node on its PATH: install Node >=20\.19/);
  });

  test.each(['v18.20.4', 'v20.18.3', 'v0.12.0'])('a host whose Node is %s', async (version) => {
    const node = server.path(`node-${version}`);
    writeFileSync(node, `#!/bin/sh\necho ${version}\n`);
    chmodSync(node, 0o700);
    const message = await failure(here(`node=${node}`));
    expect(message).toBe(
      `no workers on loadgen: it has Node ${version}, and tsload needs >=20.19: install it, or give node=/path/to/node`,
    );
  });

  test('a server that allows no tunnel', async () => {
    expect(await withServer(['AllowTcpForwarding no'])).toMatch(/allows no tunnel \(AllowTcpForwarding\).*master=HOST/);
  });

  test('an account that may not run commands', async () => {
    const message = await withServer(["ForceCommand echo 'This account is not available.'; exit 1"]);
    expect(message).toContain('ssh ended with exit code 1 before tsload ran there (This account is not available.)');
  });

  test('a host that answers nothing is given up after a while', async () => {
    const message = await withServer(['ForceCommand exec sleep 60'], { startSeconds: 1 });
    expect(message).toBe('no workers on loadgen: they did not run within 1 s');
  });

  test('a host that says nonsense', async () => {
    const message = await withServer(['ForceCommand echo tsload-spawn {}; exec sleep 60']);
    expect(message).toMatch(/no workers on loadgen: .*does not understand/);
  });

  test('the program ends with one sentence and code 1, and neither a stack nor a process is left', async () => {
    const files = {
      'locustfile.ts': "import { task, User } from 'tsload'; export class A extends User { @task t() {} }",
    };
    const line = ['--headless', '-t', '1s', '--processes', '1', '--spawn', `ssh://${nobody}?config=${server.config}`];
    const { code, stderr } = await tsload(line, { files });
    expect(code).toBe(1);
    expect(stderr.match(new RegExp(`no workers on ${nobody}: .*$`, 'gm'))).toHaveLength(1);
    expect(stderr).not.toMatch(/^\s+at /m);
    await until(() => processesThatShow('a-test-that-never-begins').length === 0);
  });
});

describe.concurrent('an ssh that hangs', () => {
  /** `helper`: begins a command of ssh's own, as `ProxyCommand` is one, that holds on to its error output. */
  const stopOne = async (helper: string) => {
    const digits = Math.random().toString().slice(2);
    const script = `#!/bin/sh\n${helper} sleep 60.${digits} </dev/null >/dev/null &\nexec sleep 1000\n`;
    const ssh = join(folder({ ssh: script }), 'ssh');
    chmodSync(ssh, 0o755);
    const target = readSpawnTarget('ssh://loadgen');
    if (target.kind !== 'ssh') throw new Error('no ssh target');
    const spawner = new SshSpawner(target, { ssh });
    const started = expect(spawner.start(order)).rejects.toThrow(/stopped before they ran/);
    const helpers = () => processesThatShow(['sleep', `60.${digits}`].join('\0'));
    await until(() => helpers().length > 0, { timeoutMs: 60_000, intervalMs: 200, what: 'the helper to run' });
    const began = performance.now();
    await spawner.stop(0);
    await started;
    return { seconds: (performance.now() - began) / 1000, helpers };
  };

  test('is killed in bounded time, with all that it has started', async () => {
    const { seconds, helpers } = await stopOne('');
    expect(seconds).toBeLessThan(20);
    await until(() => helpers().length === 0);
  });

  test('is not waited for where what it has started left its process group and holds on to its output', async () => {
    const { seconds, helpers } = await stopOne('setsid');
    const left = helpers();
    for (const helper of left) process.kill(helper, 'SIGKILL');
    expect(left).toHaveLength(1);
    expect(seconds).toBeLessThan(20);
  });
});
