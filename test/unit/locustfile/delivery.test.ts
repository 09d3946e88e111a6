import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { LocustfileError } from '../../../src/errors.js';
import * as tsload from '../../../src/index.js';
import { loadLocustfiles, packLocustfile } from '../../../src/locustfile/index.js';
import { folder } from './folder.js';
import { dataOf, loadHere, packed, takeAway } from './machine.js';

const shop = `
  import { User } from 'tsload';
  export class Shopper extends User {
    static files = ['data', '../shared.csv'];
    static places = [import.meta.url, import.meta.dirname, import.meta.filename];
    static fail() { throw new Error('no'); }
  }`;
const project = {
  'shop/shop.ts': shop,
  'shop/data/a.csv': 'a',
  'shop/data/deep/b.csv': 'b',
  'shop/data/node_modules/x.js': '',
  'shared.csv': 'shared',
  'other.csv': 'not named',
};
const statics = (loaded: { readonly userClasses: ReadonlyMap<string, object> }, name: string): unknown =>
  Reflect.get(loaded.userClasses.get('Shopper') ?? {}, name);

/** A project with native packages, and a package of it that only workers of this machine may use. */
async function nativeProject() {
  const native = (name: string) => ({
    [`node_modules/${name}/package.json`]: JSON.stringify({ name, main: 'index.js', gypfile: true }),
    [`node_modules/${name}/index.js`]: `module.exports = '${name}';`,
  });
  const cwd = folder({
    ...native('zeta'),
    ...native('@scope/alpha'),
    'shop.ts': `
      import zeta from 'zeta'; import alpha from '@scope/alpha'; import { User } from 'tsload';
      export class Shopper extends User { static packages = [zeta, alpha]; }`,
  });
  const loaded = await loadLocustfiles(['shop.ts'], { tsload, cwd });
  return { cwd, loaded };
}

describe('a package on another machine', () => {
  test('gives the classes, and the data files at the same place beside the locustfile', async () => {
    const { bytes, cwd } = await packed(project, ['shop']);
    takeAway(cwd);
    const cache = folder();
    await using loaded = await loadHere(bytes, cache);
    expect([...loaded.userClasses.keys()]).toEqual(['Shopper']);
    expect(loaded.files).toEqual([join(cwd, 'shop/shop.ts')]);
    const root = join(loaded.bundle.base, '..');
    expect(root.startsWith(cache)).toBe(true);
    expect(statics(loaded, 'places')).toEqual([`file://${root}/shop/shop.ts`, `${root}/shop`, `${root}/shop/shop.ts`]);
    expect(await dataOf(loaded, root)).toEqual({
      'shop/data/a.csv': 'a',
      'shop/data/deep/b.csv': 'b',
      'shared.csv': 'shared',
    });
  });

  test('has the hash of the bundle that the master has, and traces with the names that the user knows', async () => {
    const cwd = folder(project);
    await using loaded = await loadLocustfiles(['shop'], { tsload, cwd });
    const { bytes } = await packLocustfile(loaded, { cwd });
    takeAway(cwd);
    await using there = await loadHere(bytes);
    expect(there.bundle.sha256).toBe(loaded.bundle.sha256);
    const fail = statics(there, 'fail');
    const thrown = await Promise.resolve()
      .then(() => (typeof fail === 'function' ? fail() : undefined))
      .catch((error: unknown) => error);
    expect(thrown instanceof Error ? thrown.stack : '').toContain(`(${cwd}/shop/shop.ts:6:`);
  });

  test('a locustfile that throws while it is loaded is named as the user knows it', async () => {
    const { bytes, cwd } = await packed({
      'lib/fails.ts': `\n if (globalThis.tsloadTestFails) throw new Error('not here');`,
      'locustfile.ts': `import './lib/fails.js'; import { User } from 'tsload'; export class U extends User {}`,
    });
    takeAway(cwd);
    vi.stubGlobal('tsloadTestFails', true);
    try {
      await expect(loadHere(bytes)).rejects.toThrow(/^lib\/fails.ts:2:\d+ threw while it was loaded: not here$/);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test('links are followed, those that lead back are not', async () => {
    const cwd = folder({ 'shop.ts': shop.replace(", '../shared.csv'", ''), 'real/r.csv': 'r', 'data/a.csv': 'a' });
    symlinkSync('../real', join(cwd, 'data/linked'));
    symlinkSync('../real/r.csv', join(cwd, 'data/r2.csv'));
    symlinkSync('..', join(cwd, 'data/up'));
    symlinkSync('.', join(cwd, 'data/self'));
    await using here = await loadLocustfiles(['shop.ts'], { tsload, cwd });
    const { bytes } = await packLocustfile(here, { cwd });
    takeAway(cwd);
    await using loaded = await loadHere(bytes);
    const data = await dataOf(loaded, loaded.bundle.base);
    expect(data).toMatchObject({ 'data/a.csv': 'a', 'data/linked/r.csv': 'r', 'data/r2.csv': 'r' });
    expect(Object.keys(data).filter((path) => path.includes('self'))).toEqual([]);
  });

  test('.proto files named by path come along with what they import', async () => {
    const { bytes, cwd } = await packed(
      {
        'shop.ts': `
        import { GrpcUser } from 'tsload';
        export class Shopper extends GrpcUser { static proto = new URL('./proto/item.proto', import.meta.url); }`,
        'proto/item.proto':
          'syntax = "proto3"; import "parts/size.proto"; import "google/protobuf/any.proto"; service S {}',
        'proto/parts/size.proto': 'syntax = "proto3";',
      },
      ['shop.ts'],
    );
    takeAway(cwd);
    await using loaded = await loadHere(bytes);
    const { base } = loaded.bundle;
    expect(loaded.dataFiles).toEqual([join(base, 'proto/item.proto'), join(base, 'proto/parts/size.proto')]);
    expect(String(statics(loaded, 'proto'))).toBe(`file://${base}/proto/item.proto`);
  });

  test('the same sources in the same place give the same bytes', async () => {
    const cwd = folder(project);
    await using first = await loadLocustfiles(['shop'], { tsload, cwd });
    await using second = await loadLocustfiles(['shop'], { tsload, cwd });
    const { sha256 } = await packLocustfile(first, { cwd });
    expect((await packLocustfile(second, { cwd })).sha256).toBe(sha256);
    writeFileSync(join(cwd, 'shop/data/a.csv'), 'b');
    expect((await packLocustfile(second, { cwd })).sha256).not.toBe(sha256);
  });

  test('sources in another place give another package, but the same bundle', async () => {
    const [one, other] = [folder(project), folder(project)];
    await using first = await loadLocustfiles(['shop'], { tsload, cwd: one });
    await using second = await loadLocustfiles([join(other, 'shop')], { tsload, cwd: folder() });
    expect(second.bundle.sha256).toBe(first.bundle.sha256);
  });
});

describe('a package on the master’s own machine', () => {
  test('uses the files that are there, also those that nobody named', async () => {
    const { bytes, cwd } = await packed(project, ['shop']);
    await using loaded = await loadHere(bytes);
    expect(loaded.bundle.base).toBe(join(cwd, 'shop'));
    expect(loaded.dataFiles).toContain(join(cwd, 'shared.csv'));
    expect(statics(loaded, 'places')).toContain(join(cwd, 'shop'));
  });

  test.each([
    ['a source', 'shop/shop.ts'],
    ['a data file', 'shared.csv'],
  ])('uses none of them when %s has changed', async (_, file) => {
    const { bytes, cwd } = await packed(project, ['shop']);
    writeFileSync(join(cwd, file), 'changed');
    await using loaded = await loadHere(bytes);
    expect(loaded.bundle.base).not.toBe(join(cwd, 'shop'));
    expect(await dataOf(loaded, join(loaded.bundle.base, '..'))).toMatchObject({ 'shared.csv': 'shared' });
  });
});

describe('npm packages that cannot be bundled', () => {
  test('are named in one error when the locustfile is packed', async () => {
    const { loaded, cwd } = await nativeProject();
    await using _ = loaded;
    await expect(packLocustfile(loaded, { cwd })).rejects.toThrow(
      'the locustfile uses the npm packages @scope/alpha, zeta, which cannot be sent to workers: do without them, ' +
        'or have the locustfile and them on every worker and start the workers with -f',
    );
  });

  test('are no trouble for workers of the same machine', async () => {
    const { loaded, cwd } = await nativeProject();
    await using _ = loaded;
    const { bytes } = await packLocustfile(loaded, { cwd, onThisMachine: true });
    await using there = await loadHere(bytes);
    expect(statics(there, 'packages')).toEqual(['zeta', '@scope/alpha']);
  });

  test('are named by a worker that lacks them', async () => {
    const { loaded, cwd } = await nativeProject();
    await using _ = loaded;
    const { bytes } = await packLocustfile(loaded, { cwd, onThisMachine: true });
    takeAway(cwd);
    await expect(loadHere(bytes)).rejects.toThrow(
      /^the master's locustfile uses npm packages that cannot be sent, @scope\/alpha, zeta: have the locustfile and them/,
    );
  });
});

describe('the cache', () => {
  test('that cannot be written is done without: a folder of the process serves, and goes with it', async () => {
    const { bytes, cwd } = await packed(project, ['shop']);
    takeAway(cwd);
    const own = folder({ file: '' });
    vi.stubEnv('TMPDIR', own);
    try {
      const loaded = await loadHere(bytes, join(own, 'file/cache'));
      expect(loaded.bundle.path.startsWith(`${own}/tsload-`)).toBe(true);
      expect(await dataOf(loaded, join(loaded.bundle.base, '..'))).toMatchObject({ 'shared.csv': 'shared' });
      await loaded[Symbol.asyncDispose]();
      await expect(dataOf(loaded, '')).rejects.toThrow('ENOENT');
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test('and no temporary folder either is one sentence', async () => {
    const { bytes } = await packed(project, ['shop']);
    const own = folder({ file: '' });
    vi.stubEnv('TMPDIR', join(own, 'file'));
    try {
      const thrown = await loadHere(bytes, '/proc/tsload').catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(LocustfileError);
      expect(String(thrown)).toMatch(
        /can be written neither to \/proc\/tsload nor to a temporary folder: .*set XDG_CACHE_HOME/,
      );
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test('a folder that stands in the place of a file in it gives way', async () => {
    const { bytes, cwd, sha256 } = await packed(project, ['shop']);
    takeAway(cwd);
    const cache = folder({ [`${sha256}/files/shop`]: 'a file', [`${sha256}/files/shared.csv/x/y`]: 'a folder' });
    mkdirSync(join(cache, sha256, 'bundle/locustfile.mjs'), { recursive: true });
    await using loaded = await loadHere(bytes, cache);
    expect(await dataOf(loaded, join(loaded.bundle.base, '..'))).toMatchObject({
      'shop/data/a.csv': 'a',
      'shared.csv': 'shared',
    });
  });
});
