import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe } from 'vitest';
import { readSpawnTarget } from '../../../src/spawn/index.js';
import { SshSpawner } from '../../../src/spawn/ssh/sshSpawner.js';
import { spawnerContract } from './spawnerContract.js';
import { noSshServer, SshServer } from './sshServer.js';

const program = fileURLToPath(new URL('./standIn.mjs', import.meta.url));

if (noSshServer !== undefined && process.env['CI'] === 'true') throw new Error(noSshServer);
if (noSshServer !== undefined) console.warn(`SKIPPED: ${noSshServer}`);

describe.skipIf(noSshServer !== undefined).concurrent('workers over ssh', () => {
  let server: SshServer;
  beforeAll(async () => {
    server = await SshServer.start({ hasTsload: true }); // sshRuns.test.ts is about hosts without;
  });
  afterAll(() => server[Symbol.dispose]());

  const target = (workers: number) => {
    const found = readSpawnTarget(`ssh://loadgen?workers=${workers}&config=${server.config}&node=${process.execPath}`);
    if (found.kind !== 'ssh') throw new Error('no ssh');
    return found;
  };

  spawnerContract({
    make: (workers) => new SshSpawner(target(workers), { program, orphanedSeconds: 1 }),
    source: (workers) => ['spawn/ssh/sshSpawner.js', 'SshSpawner', [target(workers), { program, orphanedSeconds: 1 }]],
  });
});
