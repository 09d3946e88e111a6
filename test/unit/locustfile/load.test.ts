import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import * as tsload from '../../../src/index.js';
import { loadLocustfiles } from '../../../src/locustfile/index.js';
import { folder } from './folder.js';

const load = (cwd: string, ...specs: string[]) => loadLocustfiles(specs, { tsload, cwd });
const names = (loaded: { readonly userClasses: ReadonlyMap<string, unknown> }) => [...loaded.userClasses.keys()];

/** Loads one file and gives a static of the user class `U`. */
async function staticOf(files: Readonly<Record<string, string>>, name = 'value'): Promise<unknown> {
  await using loaded = await load(folder(files));
  const userClass = loaded.userClasses.get('U');
  return userClass === undefined ? undefined : Reflect.get(userClass, name);
}

const shop = `import { User } from 'tsload'; export class Shopper extends User { static weight = 3; }`;

describe('loading', () => {
  test('what was written to disk goes when the locustfile is disposed of', async () => {
    const cwd = folder({ 'locustfile.ts': shop });
    const loaded = await load(cwd);
    expect(names(loaded)).toEqual(['Shopper']);
    expect(loaded.userClasses.get('Shopper')?.prototype).toBeInstanceOf(tsload.User);
    expect(loaded.bundle.inputs).toEqual([join(cwd, 'locustfile.ts')]);
    expect(existsSync(loaded.bundle.path)).toBe(true);
    await loaded[Symbol.asyncDispose]();
    expect(existsSync(loaded.bundle.path)).toBe(false);
  });

  test('a locustfile that fails leaves nothing on disk', async () => {
    const cwd = folder({ 'locustfile.ts': 'throw new Error("no")' });
    const own = folder();
    vi.stubEnv('TMPDIR', own);
    try {
      await expect(load(cwd)).rejects.toThrow('threw while it was loaded: no');
      expect(readdirSync(own)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test('the same sources give the same bundle, other sources another', async () => {
    const cwd = folder({ 'a.ts': shop, 'b.ts': `${shop}//` });
    await using first = await load(cwd, 'a.ts');
    await using second = await load(cwd, 'a.ts');
    await using other = await load(cwd, 'b.ts,a.ts').catch(() => load(cwd, 'b.ts'));
    expect(first.bundle.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(second.bundle.sha256).toBe(first.bundle.sha256);
    expect(other.bundle.sha256).not.toBe(first.bundle.sha256);
  });

  test('the same project in another folder, from another working directory, gives the same bundle', async () => {
    const project = {
      'tests/shop.ts': `
        import { User } from 'tsload';
        import { price } from '../lib/price.js';
        import { tax } from 'taxes';
        export class Shopper extends User { static price = price + tax; static at = import.meta.url; }`,
      'lib/price.ts': 'export const price = 3;',
      'node_modules/taxes/package.json': '{ "name": "taxes", "main": "index.js" }',
      'node_modules/taxes/index.js': 'exports.tax = require("node:path").sep.length;',
    };
    const [here, there, elsewhere] = [folder(project), folder(project), folder()];
    await using first = await load(here, 'tests/shop.ts');
    await using second = await load(there, 'tests/shop.ts');
    await using third = await load(elsewhere, `${there}/tests/shop.ts`);
    expect([second.bundle.sha256, third.bundle.sha256]).toEqual([first.bundle.sha256, first.bundle.sha256]);
  });

  test('locustfiles at the same time do not disturb each other', async () => {
    const cwds = ['A', 'B', 'C', 'D'].map((name) => folder({ 'locustfile.ts': shop.replace('Shopper', name) }));
    const loaded = await Promise.all(cwds.map((cwd) => load(cwd)));
    expect(loaded.map(names)).toEqual([['A'], ['B'], ['C'], ['D']]);
    for (const one of loaded) await one[Symbol.asyncDispose]();
  });
});

describe('the classes', () => {
  test('[54] base classes, abstract ones, task sets and other values are no user classes', async () => {
    const cwd = folder({
      'locustfile.ts': `
        import { User, TaskSet, LoadTestShape } from 'tsload';
        export * from 'tsload';
        export class Base extends User { static abstract = true; }
        export class Concrete extends Base {}
        export class Set extends TaskSet {}
        export const instance = {}; export const nothing = null; export function User2() {}
        class Hidden extends User {}
      `,
    });
    await using loaded = await load(cwd);
    expect(names(loaded)).toEqual(['Concrete']);
    expect([...loaded.shapeClasses.keys()]).toEqual([]);
  });

  test('[56] an abstract shape is not used, its subclass is', async () => {
    const cwd = folder({
      'locustfile.ts': `
        import { LoadTestShape } from 'tsload';
        export class Base extends LoadTestShape { static abstract = true; tick() { return null; } }
        export class Real extends Base {}
      `,
    });
    await using loaded = await load(cwd);
    expect([...loaded.shapeClasses.keys()]).toEqual(['Real']);
  });

  test('[26] one class name in two files is refused with both files; the same class imported twice is one class', async () => {
    const cwd = folder({
      'a.ts': shop,
      'b.ts': shop,
      'c.ts': `export { Shopper } from './a.js'; import { User } from 'tsload'; export class Other extends User {}`,
    });
    await expect(load(cwd, 'a.ts,b.ts')).rejects.toThrow(/user class Shopper is defined in .*a.ts and in .*b.ts/);
    await using loaded = await load(cwd, 'a.ts,c.ts');
    expect(names(loaded)).toEqual(['Shopper', 'Other']);
  });

  test('[27] one shape name in two files is refused', async () => {
    const shape = `import { LoadTestShape } from 'tsload'; export class S extends LoadTestShape { tick() { return null; } }`;
    const cwd = folder({ 'a.ts': shape, 'b.ts': shape });
    await expect(load(cwd, 'a.ts,b.ts')).rejects.toThrow(/load shape S is defined in .*a.ts and in .*b.ts/);
  });

  test('[23] a package directory is loaded file by file', async () => {
    const cwd = folder({
      'pack/index.ts': `export * from './shop.js';`,
      'pack/shop.ts': shop,
      'pack/_base.ts': `import { User } from 'tsload'; export class NotFound extends User {}`,
      'pack/sub/more.ts': `import { NotFound } from '../_base.js'; export class More extends NotFound {}`,
    });
    await using loaded = await load(cwd, 'pack');
    expect(names(loaded)).toEqual(['Shopper', 'More']);
  });

  test('names are what the user wrote, whatever the bundler renames', async () => {
    const cwd = folder({
      'a.ts': `
        import { User, task } from 'tsload';
        const helper = () => 1;
        export class Request extends User { static me = Request; static who = helper.name; @task browse() {} }
        export const make = () => new globalThis.Request('http://x');
      `,
      'b.ts': `
        import { User } from 'tsload';
        const helper = () => 2;
        export class Other extends User { static who = helper.name; }
        export default class extends User {}
      `,
    });
    await using loaded = await load(cwd, 'a.ts,b.ts');
    expect([...loaded.userClasses].map(([name, { name: own }]) => [name, own])).toEqual([
      ['Request', 'Request'],
      ['Other', 'Other'],
      ['default', 'default'],
    ]);
    expect([...loaded.userClasses.values()].map((each) => Reflect.get(each, 'who'))).toEqual([
      'helper',
      'helper',
      undefined,
    ]);
  });

  test('closures that are made while users run cost no naming, those made while loading have their name', async () => {
    const made = await staticOf({
      'locustfile.ts': `
        import { User } from 'tsload';
        const make = () => { const inner = () => 1; return inner; };
        export class U extends User { static value = { make, early: make() }; }
      `,
    });
    const { make, early } = made as { make: () => () => number; early: () => number };
    expect([make.name, early.name]).toEqual(['make', 'inner']);
    expect(make().name).not.toBe('inner');
  });
});

describe('what a locustfile may use', () => {
  test('its own place: import.meta.url, dirname, filename, __dirname and __filename', async () => {
    const place = `[import.meta.url, import.meta.dirname, import.meta.filename, __dirname, __filename]`;
    const cwd = folder({
      'locustfile.ts': `
        import { User } from 'tsload'; import { inner } from './lib/inner.js';
        export class U extends User { static value = [${place}, inner]; }
      `,
      'lib/inner.ts': `#!/usr/bin/env node\nexport const inner = ${place};`,
    });
    await using loaded = await load(cwd);
    const placeOf = (file: string, directory: string) => [pathToFileURL(file).href, directory, file, directory, file];
    expect(Reflect.get(loaded.userClasses.get('U') ?? {}, 'value')).toEqual([
      placeOf(join(cwd, 'locustfile.ts'), cwd),
      placeOf(join(cwd, 'lib/inner.ts'), join(cwd, 'lib')),
    ]);
  });

  test('a __dirname and a require of its own', async () => {
    expect(
      await staticOf({
        'locustfile.mts': `
          import { User } from 'tsload'; import { createRequire } from 'node:module'; import { dirname } from 'node:path';
          import { fileURLToPath } from 'node:url';
          const require = createRequire(import.meta.url);
          const __dirname = dirname(fileURLToPath(import.meta.url));
          export class U extends User { static value = [require('./data.json').n, __dirname.length > 1]; }
        `,
        'data.json': '{"n": 4}',
      }),
    ).toEqual([4, true]);
  });

  test('decorators, using, private fields, JSON, path aliases of tsconfig, and top-level await', async () => {
    expect(
      await staticOf({
        'tsconfig.json': '{"compilerOptions": {"paths": {"@lib/*": ["./lib/*"]}, "target": "es2023"}}',
        'lib/double.ts': 'export const double = (n: number): number => n * 2;',
        'data.json': '{"n": 3}',
        'locustfile.ts': `
          import { User, task, tag } from 'tsload'; import data from './data.json'; import { double } from '@lib/double';
          const later = await Promise.resolve(5);
          let disposed = 0;
          { using one = { [Symbol.dispose]() { disposed++; } }; { await using two = { async [Symbol.asyncDispose]() { disposed++; } }; } }
          export class U extends User {
            #secret = 1; static value = [double(data.n), later, disposed];
            @task(2) @tag('read') async browse() { return this.#secret; }
          }
        `,
      }),
    ).toEqual([6, 5, 2]);
  });

  test('decorators of the standard, also in a project that asks for the old ones, whose path aliases hold', async () => {
    expect(
      await staticOf({
        'tsconfig.json':
          '{ // as in many servers\n"compilerOptions": {"experimentalDecorators": true, "paths": {"@lib/*": ["./lib/*"]}}}',
        'lib/one.ts': 'export const one = 1;',
        'locustfile.ts': `
          import { User, task } from 'tsload'; import { one } from '@lib/one';
          export class U extends User { static value = one; @task(2) browse() {} }
        `,
      }),
    ).toBe(1);
  });

  test('CommonJS packages, one with __dirname and a computed require, and a CommonJS locustfile', async () => {
    const files = {
      'node_modules/old/package.json': '{"name": "old", "main": "main.js"}',
      'node_modules/old/main.js': `
        const path = require('path'); const fs = require('fs');
        const name = './' + 'part.js';
        exports.text = fs.readFileSync(path.join(__dirname, 'data.txt'), 'utf8');
        exports.isRequired = typeof require === 'function' && typeof module === 'object';
      `,
      'node_modules/old/data.txt': 'from beside the package',
      'locustfile.ts': `
        import { User } from 'tsload'; import old, { text } from 'old';
        export class U extends User { static value = [text, old.isRequired]; }
      `,
    };
    expect(await staticOf(files)).toEqual(['from beside the package', true]);
    const cjs = {
      ...files,
      'locustfile.cjs': `const { User } = require('tsload'); const { text } = require('old'); class U extends User {} U.value = text; module.exports = { U };`,
    };
    const { 'locustfile.ts': _, ...withoutTs } = cjs;
    expect(await staticOf(withoutTs)).toBe('from beside the package');
  });

  test('native packages stay outside and are loaded from their own place', async () => {
    const cwd = folder({
      'node_modules/fast/package.json': '{"name": "fast", "main": "main.js", "gypfile": true}',
      'node_modules/fast/main.js': `exports.file = __filename; exports.isOutside = require.main !== undefined || true;`,
      'node_modules/user/package.json': '{"name": "user", "main": "main.js"}',
      'node_modules/user/main.js': `exports.file = require('fast').file;`,
      'locustfile.ts': `
        import { User } from 'tsload'; import { file } from 'fast'; import user from 'user';
        export class U extends User { static value = [file, user.file]; }
      `,
    });
    await using loaded = await load(cwd);
    const file = join(cwd, 'node_modules/fast/main.js');
    expect(Reflect.get(loaded.userClasses.get('U') ?? {}, 'value')).toEqual([file, file]);
    expect(loaded.bundle.external).toEqual(['fast']);
    expect(loaded.bundle.inputs).not.toContain(file);
  });

  test('a package that names its native code itself counts as native, too', async () => {
    const cwd = folder({
      'node_modules/own/package.json': '{"name": "own", "main": "main.js"}',
      'node_modules/own/main.js': `try { exports.value = require('./own.node'); } catch { exports.value = 'in JavaScript'; }`,
      'node_modules/own/own.node': 'no native code really',
      'locustfile.ts': `
        import { User } from 'tsload'; import { value } from 'own';
        export class U extends User { static value = value; }
      `,
    });
    await using loaded = await load(cwd);
    expect(Reflect.get(loaded.userClasses.get('U') ?? {}, 'value')).toBe('in JavaScript');
    expect(loaded.bundle.external).toEqual(['own']);
  });

  test('a package that the bundler cannot follow is loaded by Node instead', async () => {
    const cwd = folder({
      'node_modules/odd/package.json': '{"name": "odd", "main": "main.js"}',
      'node_modules/odd/main.js': `exports.value = 1; if (exports.value === 2) require('not-installed');`,
      'locustfile.ts': `
        import { User } from 'tsload'; import { value } from 'odd';
        export class U extends User { static value = value; }
      `,
    });
    await using loaded = await load(cwd);
    expect(Reflect.get(loaded.userClasses.get('U') ?? {}, 'value')).toBe(1);
    expect(loaded.bundle.external).toEqual(['odd']);
  });

  test('the undici and grpc-js of the running tsload, also where others are installed', async () => {
    const files = {
      'node_modules/undici/package.json': '{"name": "undici", "main": "main.js"}',
      'node_modules/undici/main.js': `exports.request = 'theirs';`,
      'locustfile.ts': `
        import { User } from 'tsload'; import { request } from 'undici'; import * as grpc from '@grpc/grpc-js';
        export class U extends User { static value = [request, grpc.status]; }
      `,
    };
    const require = createRequire(import.meta.url);
    expect(await staticOf(files)).toEqual([require('undici').request, require('@grpc/grpc-js').status]);
  });
});

describe('mistakes', () => {
  test.each([
    ['export const x = ;', /cannot be built: locustfile.ts:1:18: Unexpected ";"\n {4}export const x = ;$/],
    [`import './none.js';`, /locustfile.ts:1:8: Could not resolve ".\/none.js"/],
    [`import 'nothing-like-it/sub';`, /Could not resolve "nothing-like-it\/sub" \(npm install nothing-like-it\?\)/],
    [
      `import { HtpUser } from 'tsload';\nexport const x = HtpUser;`,
      /locustfile.ts:1:10: No matching export in "tsload" for import "HtpUser"/,
    ],
    [
      `${shop}\n\nconst x: number = (() => { throw new TypeError('boom'); })();`,
      /^locustfile.ts:3:34 threw while it was loaded: TypeError: boom$/,
    ],
    ['throw undefined;', /^the locustfile threw while it was loaded: undefined$/],
    [`await Promise.reject({ code: 3 });`, /^the locustfile threw while it was loaded: {"code":3}$/],
    [`import { fail } from './lib.js';\nfail();`, /^lib.ts:2:32 threw while it was loaded: deep$/],
  ])('%j is told with its place', async (source, message) => {
    const lib = '// a comment\nexport function fail() { throw new Error("deep"); }';
    await expect(load(folder({ 'locustfile.ts': source, 'lib.ts': lib }))).rejects.toThrow(message);
  });

  test('many mistakes are not all told', async () => {
    const source = Array.from({ length: 9 }, (_, index) => `import './none${index}.js';`).join('\n');
    await expect(load(folder({ 'locustfile.ts': source }))).rejects.toThrow(/none4.js".*and 4 more errors$/s);
  });
});
