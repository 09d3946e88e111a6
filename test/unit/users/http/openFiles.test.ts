import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { httpServer } from './servers.js';

const run = promisify(execFile);

/** Opens more connections than its process may have files, and prints what they were recorded as. */
const program = `
  import { anEnvironment } from './test/builders.ts';
  import { HttpUser } from './src/users/index.ts';
  class Visitor extends HttpUser { static concurrency = 100; }
  const environment = anEnvironment({ host: process.argv[2] });
  const { client } = new Visitor(environment);
  await Promise.all(Array.from({ length: 60 }, () => client.get('/')));
  console.log(JSON.stringify([...new Set(environment.recorder.samples.map(({ error }) => error))]));
  process.exit();
`;

test.skipIf(process.platform === 'win32')('too many open files are named as a limit of the generator', async () => {
  const root = fileURLToPath(new URL('../../../../', import.meta.url));
  // Inside the project, where its packages are found.
  await mkdir(join(root, '.build'), { recursive: true });
  const folder = await mkdtemp(join(root, '.build', 'files-'));
  try {
    const outfile = join(folder, 'program.mjs');
    await build({
      stdin: { contents: program, resolveDir: root, loader: 'ts' },
      outfile,
      packages: 'external',
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'warning',
    });
    // Slow answers: all connections stand at the same time.
    await using server = await httpServer((_, response) => setTimeout(() => response.end(), 300));
    const { stdout } = await run('sh', [
      '-c',
      `ulimit -n 50 && exec "$0" "$1" "$2"`,
      process.execPath,
      outfile,
      server.url,
    ]);
    const errors: unknown[] = JSON.parse(stdout);
    expect(errors).toContainEqual(
      expect.stringMatching(/^generator limit: too many open files in this process \(EMFILE\): raise ulimit -n/),
    );
    expect(errors).toHaveLength(2);
  } finally {
    await rm(folder, { recursive: true });
  }
});
