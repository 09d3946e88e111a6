import { execFileSync } from 'node:child_process';
import { symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as tsload from '../../../src/index.js';
import { readDataFiles } from '../../../src/locustfile/dataFiles.js';
import { loadLocustfiles, packLocustfile } from '../../../src/locustfile/index.js';
import { folder } from './folder.js';

const withFiles = (files: string) =>
  `import { User } from 'tsload'; export class Shopper extends User { static files: any = ${files}; }`;

/** What `static files` of a class in shop/locustfile.ts names, relative to the folder of all. */
async function named(files: string, others: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const cwd = folder({ ...others, 'shop/locustfile.ts': withFiles(files) });
  await using loaded = await loadLocustfiles(['shop'], { tsload, cwd });
  return loaded.dataFiles.map((path) => path.replace(`${cwd}/`, ''));
}

/** Loads and packs shop.ts of a folder. */
async function pack(cwd: string): Promise<unknown> {
  await using loaded = await loadLocustfiles(['shop.ts'], { tsload, cwd });
  return await packLocustfile(loaded, { cwd });
}

const users = { 'shop/data/users.csv': 'a', 'shared.csv': 'b' };

describe('static files', () => {
  test('are relative to the file of the class, may lie outside of its folder, and count once', async () => {
    expect(await named(`['data/users.csv', './data/users.csv', '../shared.csv', 'data']`, users)).toEqual([
      'shop/data/users.csv',
      'shared.csv',
      'shop/data',
    ]);
  });

  test('none are none', async () => {
    expect(await named('[]')).toEqual([]);
  });

  test('a URL made with import.meta.url is taken as it is', async () => {
    expect(await named(`[new URL('../shared.csv', import.meta.url)]`, users)).toEqual(['shared.csv']);
  });

  test('of a base class in another folder are relative to that folder, and so are those of two locustfiles', async () => {
    const cwd = folder({
      'base/_base.ts': `
        import { User, task } from 'tsload';
        export class Base extends User { static abstract = true; static files = ['base.csv']; @task go() {} }`,
      'base/base.csv': '1',
      'one/shop.ts': `import { Base } from '../base/_base.js'; export class Shopper extends Base {}`,
      'two/shop.ts': `
        import { User } from 'tsload';
        import { Base } from '../base/_base.js';
        export class Own extends Base { static files = ['own.csv']; }
        export class Plain extends User {}`,
      'two/own.csv': '2',
    });
    await using loaded = await loadLocustfiles(['one', 'two'], { tsload, cwd });
    expect(loaded.dataFiles).toEqual([join(cwd, 'base/base.csv'), join(cwd, 'two/own.csv')]);
  });

  test('of a class that is made by a function are relative to the locustfile that exports it', async () => {
    const cwd = folder({
      'lib/make.ts': `
        import { User } from 'tsload';
        export const make = () => new Proxy(class Made extends User { static files = ['own.csv']; }, {});`,
      'shop.ts': `import { make } from './lib/make.js'; export const Shopper = make();`,
      'own.csv': '',
    });
    await using loaded = await loadLocustfiles(['shop.ts'], { tsload, cwd });
    expect(loaded.dataFiles).toEqual([join(cwd, 'own.csv')]);
  });

  test.each([
    [`'users.csv'`, /static files of Shopper is "users.csv": it must be a list of files and folders/],
    [`undefined`, /static files of Shopper is undefined: it must be a list/],
    [`['a', 3]`, /static files of Shopper has 3 in it: each must be the name of a file or folder/],
    [`[undefined]`, /static files of Shopper has undefined in it/],
    [`['']`, /static files of Shopper has "" in it/],
    [`['no.csv']`, /static files of Shopper names no.csv, but \S+\/shop\/no.csv does not exist$/],
    [`['data/*.csv']`, /names data\/\*.csv, but .* does not exist \(patterns are not understood: name the folder\)$/],
    [`['locustfile.ts/x']`, /names locustfile.ts\/x, but .* does not exist/],
    [`['/etc/passwd']`, /has the absolute path \/etc\/passwd, which other machines need not have: name it relative/],
    [`[new URL('http://x/y')]`, /has http:\/\/x\/y: a URL there must be one of a file/],
    [`['a\\0b']`, /names a.b, which cannot be read/],
  ])('%s is one sentence', async (files, message) => {
    const thrown = await named(files).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(tsload.TsloadError);
    expect(String(thrown)).toMatch(message);
    expect(String(thrown)).not.toContain('\n');
  });

  test('a class that no locustfile declares is checked as well, when it is run', () => {
    class Wrong extends tsload.User {}
    Reflect.set(Wrong, 'files', { 0: 'a' });
    expect(() => new tsload.Environment({ userClasses: [Wrong] }).createLocalRunner()).toThrow(
      'static files of Wrong is an object: it must be a list of files and folders',
    );
  });

  test('a named pipe is refused and not waited for', async () => {
    const cwd = folder({ 'shop.ts': withFiles(`['pipe']`) });
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    await expect(pack(cwd)).rejects.toThrow(/names pipe, but .*pipe is neither a file nor a folder/);
  });

  test('a named pipe in a folder is refused and not waited for', async () => {
    const cwd = folder({ 'shop.ts': withFiles(`['data']`), 'data/a': '' });
    execFileSync('mkfifo', [join(cwd, 'data/pipe')]);
    await expect(pack(cwd)).rejects.toThrow(/the data file .*data\/pipe is neither a file nor a folder/);
  });

  test('more than 256 MiB are refused before they are read', async () => {
    const cwd = folder({ 'shop.ts': withFiles(`['data']`), 'data/small': 'x', 'data/zlarge': '' });
    truncateSync(join(cwd, 'data/zlarge'), 256 * 1024 ** 2);
    await expect(pack(cwd)).rejects.toThrow(
      /have more than 256 MiB \(.*data\/zlarge has 268435456 bytes\): put large ones on each worker/,
    );
  });

  test('more files than the limit are refused, so many are not', async () => {
    const cwd = folder({ 'data/a': '', 'data/b': '', 'data/c': '' });
    const read = (maxFiles: number) => readDataFiles([join(cwd, 'data')], { maxFiles, maxBytes: 0 });
    expect(await read(3)).toHaveLength(3);
    await expect(read(2)).rejects.toThrow(
      /more than 2 data files \(.*data\/\w is one too many\): pack them, or name fewer/,
    );
  });

  test('a link that leads nowhere is one sentence', async () => {
    const cwd = folder({ 'shop.ts': withFiles(`['data']`), 'data/a': '' });
    symlinkSync('nowhere', join(cwd, 'data/link'));
    await expect(pack(cwd)).rejects.toThrow(/^a data file of the locustfile cannot be read: .*data\/link/);
  });
});
