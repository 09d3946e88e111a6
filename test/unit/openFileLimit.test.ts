import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';
import { roomForConnections, roomWarning } from '../../src/link/webSocket/room.js';

const source = fileURLToPath(new URL('../../src/openFileLimit.ts', import.meta.url));

/** What a process under this limit says of it. `preface`: runs before. */
function saidUnder(limit: string, preface = ''): string {
  const entry = {
    contents: `${preface}\nimport { openFileLimit } from ${JSON.stringify(source)}; console.log(openFileLimit());`,
  };
  const { outputFiles } = buildSync({
    stdin: { ...entry, resolveDir: '/' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  });
  const line = `ulimit -n ${limit}; exec "$0" -`;
  return execFileSync('sh', ['-c', line, process.execPath], { input: outputFiles[0]?.text }).toString().trim();
}

test('the limit is that of the process', () => {
  expect(saidUnder('200')).toBe('200');
});

test('so it is where there is no /proc', () => {
  const preface = `require('node:fs').readFileSync = () => { throw new Error('no such file'); };`;
  expect(saidUnder('200', preface)).toBe('200');
});

test('a quarter of the files is kept for other things, or 128, and there is room without a limit', () => {
  expect([64, 256, 1024, 20_000].map(roomForConnections)).toEqual([48, 192, 896, 19_872]);
  expect(roomForConnections(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
});

test('a master that waits for more workers than there is room for says so, with what to do', () => {
  expect(roomWarning(900, 1024)).toMatch(
    /^900 workers are expected, .* may open 1024 files, .* room for 896 .*ulimit -n/,
  );
  expect(roomWarning(896, 1024)).toBeUndefined();
});
