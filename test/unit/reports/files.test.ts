import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { AppendedFile } from '../../../src/reports/appendedFile.js';
import { JsonReport } from '../../../src/reports/json.js';
import { ReplacedFile } from '../../../src/reports/replacedFile.js';
import { aFolder, aView } from './aView.js';

describe('a file that cannot be written is one clear error before the run', () => {
  test.each([
    ['a replaced file', (path: string) => ReplacedFile.open(path)],
    ['a growing file', (path: string) => AppendedFile.open(path, 'head\n')],
    ['the JSON file', (path: string) => JsonReport.open(path)],
  ])('%s under a path that is a file, not a folder', async (_, open) => {
    using folder = aFolder();
    writeFileSync(join(folder.path, 'file'), '');
    const path = join(folder.path, 'file', 'out');
    await expect(open(path)).rejects.toMatchObject({
      code: 'OUTPUT',
      message: expect.stringMatching(
        /^output file .*out(\.json)? cannot be written \((EEXIST|ENOTDIR): [^,]*\): give a path/,
      ),
    });
  });

  test('a folder of that name', async () => {
    using folder = aFolder();
    await expect(ReplacedFile.open(folder.path)).rejects.toThrow(/cannot be written \(it is a folder\)/);
    await expect(AppendedFile.open(folder.path, '')).rejects.toThrow(/cannot be written \(EISDIR/);
  });

  test('a device is not replaced by a file', async () => {
    await expect(ReplacedFile.open('/dev/null')).rejects.toThrow(/cannot be written \(it is a device\)/);
  });

  test.runIf(existsSync('/proc/self'))('a folder that takes no folders', async () => {
    await expect(ReplacedFile.open('/proc/new/out')).rejects.toThrow(/cannot be written \(ENOENT/);
    await expect(AppendedFile.open('/proc/new/deep/out', '')).rejects.toThrow(/cannot be written \(ENOENT/);
  });

  test('a disk that is full from the beginning', async () => {
    await expect(AppendedFile.open('/dev/full', 'head\n')).rejects.toThrow(/cannot be written \(ENOSPC: no space left/);
  });

  test.skipIf(process.getuid?.() === 0)('a file that is read-only', async () => {
    using folder = aFolder();
    const path = join(folder.path, 'out');
    writeFileSync(path, 'old');
    chmodSync(path, 0o400);
    await expect(ReplacedFile.open(path)).rejects.toMatchObject({ code: 'OUTPUT' });
  });
});

test('opening a file that will be replaced leaves its old content alone', async () => {
  using folder = aFolder();
  const path = join(folder.path, 'out.json');
  writeFileSync(path, 'of the last run');
  await ReplacedFile.open(path);
  expect(readFileSync(path, 'utf8')).toBe('of the last run');
});

test('a symbolic link stays a link, and the file behind it is replaced', async () => {
  using folder = aFolder();
  writeFileSync(join(folder.path, 'target'), 'old');
  symlinkSync(join(folder.path, 'target'), join(folder.path, 'link'));
  const file = await ReplacedFile.open(join(folder.path, 'link'));
  await file.write('new');
  expect(readFileSync(join(folder.path, 'target'), 'utf8')).toBe('new');
});

test('a write that fails leaves the old version, is remembered, and the next one heals it', async () => {
  using folder = aFolder();
  const path = join(folder.path, 'out');
  const file = await ReplacedFile.open(path);
  await file.write('first');
  const obstacle = `${path}.tsload.tmp`;
  mkdirSync(obstacle);
  await file.write('second');
  expect(file.failed).toMatch(/out could not be written: EISDIR: illegal operation on a directory$/);
  expect(readFileSync(path, 'utf8')).toBe('first');
  rmSync(obstacle, { recursive: true });
  await file.write('third');
  expect(file.failed).toBeUndefined();
  expect(readFileSync(path, 'utf8')).toBe('third');
});

test('what a process that was killed while it wrote has left beside the file goes with the next writer', async () => {
  using folder = aFolder();
  const path = join(folder.path, 'out');
  writeFileSync(`${path}.tsload.tmp`, 'half of it');
  await ReplacedFile.open(path);
  expect(readdirSync(folder.path)).toEqual([]);
});

test('a queue that outgrows its bound loses the oldest rows, and says so', async () => {
  using folder = aFolder();
  const path = join(folder.path, 'out');
  const file = await AppendedFile.open(path, 'head\n', { maxQueuedChars: 10 });
  for (const row of ['aaaa\n', 'bbbb\n', 'cccc\n']) file.append(row);
  await file.close();
  expect(readFileSync(path, 'utf8')).toBe('head\nbbbb\ncccc\n');
  expect(file.failed).toMatch(/misses 1 rows/);
});

test('closing twice writes once', async () => {
  using folder = aFolder();
  const path = join(folder.path, 'out');
  const file = await AppendedFile.open(path, '');
  file.append('row\n');
  await Promise.all([file.close(), file.close()]);
  expect(readFileSync(path, 'utf8')).toBe('row\n');
  expect(file.failed).toBeUndefined();
});

test('a full disk during the run: the file keeps whole rows, the rest waits, and goes out when there is room', async () => {
  using folder = aFolder();
  await build({
    entryPoints: [new URL('fullDisk.ts', import.meta.url).pathname],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(folder.path, 'fullDisk.mjs'),
  });
  // a limit of one block (512 bytes) on the size of files is the full disk that any user may have
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    'ulimit -S -f 1; exec "$0" "$1" "$2"',
    process.execPath,
    join(folder.path, 'fullDisk.mjs'),
    folder.path,
  ]);
  expect(JSON.parse(stdout)).toEqual({
    failedWhileFull: expect.stringMatching(/grown could not be written: EFBIG/),
    replacedFailed: expect.stringMatching(/replaced could not be written: EFBIG/),
    replaced: 'small',
    isWholeRows: true,
    rowsWhileFull: 1,
    isComplete: true,
    failedAtEnd: null,
  });
});

test('the JSON file holds what was written last', async () => {
  using folder = aFolder();
  const report = await JsonReport.open(join(folder.path, 'x'));
  await report.write(aView());
  expect(readFileSync(join(folder.path, 'x.json'), 'utf8')).toBe('[]\n');
  expect(report.failed).toBeUndefined();
});
