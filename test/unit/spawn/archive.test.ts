import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { type ArchiveEntry, packArchive } from '../../../src/spawn/ssh/archive.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder with these files; packages are given by their dependencies. */
function tree(files: Readonly<Record<string, string | readonly string[]>>): string {
  const root = mkdtempSync(join(tmpdir(), 'tsload-archive-'));
  folders.push(root);
  for (const [name, content] of Object.entries(files)) {
    const isPackage = typeof content !== 'string';
    const path = join(root, name, isPackage ? 'package.json' : '');
    const dependencies = isPackage ? Object.fromEntries(content.map((dependency) => [dependency, '1'])) : {};
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, isPackage ? JSON.stringify({ dependencies, from: name }) : content);
  }
  return root;
}

async function filesIn(root: string): Promise<ReadonlyMap<string, string>> {
  const all = gunzipSync(await packArchive(root));
  const files = new Map<string, string>();
  for (let at = 0; at < all.length; ) {
    const end = all.indexOf(10, at);
    const entry: ArchiveEntry = JSON.parse(all.toString('utf8', at, end));
    at = end + 1 + entry.size;
    files.set(entry.path, all.toString('utf8', end + 1, at));
  }
  return files;
}

/** Which package stands at a place of the archive. */
const at = (files: ReadonlyMap<string, string>, place: string): unknown =>
  JSON.parse(files.get(`${place}/package.json`) ?? '{}').from;

test('packages are found where npm puts them: inside, beside and above', async () => {
  const root = tree({
    'node_modules/tsload': ['inner', 'beside'],
    'node_modules/tsload/dist/index.js': 'own',
    'node_modules/tsload/node_modules/inner': ['beside'],
    'node_modules/beside': ['@scope/other'],
    'node_modules/@scope/other': [],
    'node_modules/stranger': [],
  });
  const files = await filesIn(join(root, 'node_modules/tsload'));
  expect([...files.keys()].sort()).toEqual([
    'dist/index.js',
    'node_modules/@scope/other/package.json',
    'node_modules/beside/package.json',
    'node_modules/inner/package.json',
    'package.json',
  ]);
});

test('each package gets the version that it gets here, where there are two', async () => {
  const root = tree({
    '.': ['a', 'b', 'c'],
    'dist/index.js': '',
    'node_modules/a': ['c'],
    'node_modules/a/node_modules/c': ['d'],
    'node_modules/b': ['c', 'd'],
    'node_modules/b/node_modules/d': ['c'],
    'node_modules/c': [],
    'node_modules/d': [],
  });
  const files = await filesIn(root);
  expect(at(files, 'node_modules/c')).toBe('node_modules/c');
  expect(at(files, 'node_modules/a/node_modules/c')).toBe('node_modules/a/node_modules/c');
  const dOfB = files.has('node_modules/b/node_modules/d/package.json')
    ? 'node_modules/b/node_modules/d'
    : 'node_modules/d';
  expect(at(files, dOfB)).toBe('node_modules/b/node_modules/d');
  const dOfC = files.has('node_modules/a/node_modules/c/node_modules/d/package.json')
    ? 'node_modules/a/node_modules/c/node_modules/d'
    : 'node_modules/d';
  expect(at(files, dOfC)).toBe('node_modules/d');
});

test('packages behind links come as files, and circles end', async () => {
  const root = tree({ '.': ['a'], 'dist/index.js': '', 'store/a': ['b'], 'store/b': ['a'], 'store/a/x.js': 'x' });
  mkdirSync(join(root, 'node_modules'));
  mkdirSync(join(root, 'store/a/node_modules'));
  mkdirSync(join(root, 'store/b/node_modules'));
  symlinkSync(join(root, 'store/a'), join(root, 'node_modules/a'));
  symlinkSync(join(root, 'store/b'), join(root, 'store/a/node_modules/b'));
  symlinkSync(join(root, 'store/a'), join(root, 'store/b/node_modules/a'));
  const files = await filesIn(root);
  expect(files.get('node_modules/a/x.js')).toBe('x');
  expect(at(files, 'node_modules/b')).toBe('store/b');
  expect(files.size).toBe(5);
});

test('nothing comes that a worker does not need: builders, types, maps, manuals, native code', async () => {
  const root = tree({
    '.': ['esbuild', '@types/node', 'a'],
    'dist/index.js': '',
    'dist/index.d.ts': '',
    'dist/index.js.map': '',
    'src/index.ts': '',
    'test/a.test.ts': '',
    LICENSE: 'ours',
    'node_modules/esbuild': ['@esbuild/linux-x64'],
    'node_modules/@types/node': [],
    'node_modules/a': [],
    'node_modules/a/README.md': '',
    'node_modules/a/LICENSE': 'theirs',
    'node_modules/a/prebuilds/linux-x64/a.node': '',
  });
  expect([...(await filesIn(root)).keys()].sort()).toEqual([
    'LICENSE',
    'dist/index.js',
    'node_modules/a/LICENSE',
    'node_modules/a/package.json',
    'package.json',
  ]);
});

test('what is missing is told in a sentence', async () => {
  const lacking = tree({ '.': ['a'], 'dist/index.js': '' });
  await expect(packArchive(lacking)).rejects.toThrow(
    /^the package a, which .* needs, is not installed: install tsload anew$/,
  );
  await expect(packArchive(tree({ '.': [] }))).rejects.toThrow(
    /is not built, so it cannot be sent .*: run npm run build$/,
  );
});
