import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { openFileCount, roomForConnections } from '../../src/openFiles.js';

const source = fileURLToPath(new URL('../../src/openFiles.ts', import.meta.url));

/** What a process under this limit says of it. `preface`: runs before. */
async function saidUnder(limit: string, preface = '', asked = 'openFileLimit'): Promise<string> {
  const entry = {
    contents: `${preface}\nimport { ${asked} } from ${JSON.stringify(source)}; console.log(${asked}());`,
  };
  const { outputFiles } = await build({
    stdin: { ...entry, resolveDir: '/' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  });
  const line = `ulimit -n ${limit}; exec "$0" -`;
  return execFileSync('sh', ['-c', line, process.execPath], { input: outputFiles[0]?.text }).toString().trim();
}

test('the limit is that of the process', async () => {
  expect(await saidUnder('200')).toBe('200');
});

test('so it is where there is no /proc', async () => {
  const preface = `require('node:fs').readFileSync = () => { throw new Error('no such file'); };`;
  expect(await saidUnder('200', preface)).toBe('200');
});

test('what the process has open is counted', () => {
  const before = openFileCount() ?? 0;
  const files = Array.from({ length: 50 }, () => openSync(source, 'r'));
  expect((openFileCount() ?? 0) - before).toBeGreaterThan(40); // others in this process open and close some
  for (const file of files) closeSync(file);
});

test('where no file more may be opened, as many are open as may be', async () => {
  const preface = `try { for (;;) require('node:fs').openSync('/dev/null', 'r'); } catch {}`;
  expect(await saidUnder('200', `process.stdout;${preface}`, 'openFileCount')).toBe('200');
});

test('a quarter of the files is kept for other things, or 128, and there is room without a limit', () => {
  expect([64, 256, 1024, 20_000].map((limit) => roomForConnections(limit))).toEqual([48, 192, 896, 19_872]);
  expect(roomForConnections(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
});

test('where other things need more, more is kept, with some to spare', () => {
  expect([0, 32, 100, 300].map((others) => roomForConnections(256, others))).toEqual([192, 192, 124, 1]);
});
