/** A locustfile with all that belongs to it, run where there is nothing but tsload: no sources, no npm packages, no esbuild. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { folder, repository } from './tsload.js';

const run = promisify(execFile);

/** A machine with tsload, but without esbuild and TypeScript, and a program that loads a package and tells what is in it. */
function freshMachine(): string {
  const machine = folder();
  const home = join(machine, 'node_modules/tsload');
  mkdirSync(home, { recursive: true });
  cpSync(join(repository, 'dist'), join(home, 'dist'), { recursive: true });
  cpSync(join(repository, 'package.json'), join(home, 'package.json'));
  const manifest: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(home, 'package.json'), 'utf8'),
  );
  for (const name of Object.keys(manifest.dependencies).filter((each) => each !== 'esbuild')) {
    mkdirSync(join(machine, 'node_modules', name, '..'), { recursive: true });
    symlinkSync(join(repository, 'node_modules', name), join(machine, 'node_modules', name));
  }
  writeFileSync(join(machine, 'worker.mjs'), program);
  return machine;
}

const program = `
  import { readFileSync } from 'node:fs';
  import * as tsload from 'tsload';
  const { loadPackage } = await import(new URL('./node_modules/tsload/dist/locustfile/index.js', import.meta.url));
  const esbuild = await import('esbuild').then(() => 'there', () => 'not there');
  try {
    const options = { tsload, workingDirectory: 'follow' };
    await using loaded = await loadPackage(readFileSync(process.argv[2]), options);
    const facts = [...loaded.userClasses].map(([name, userClass]) => [name, userClass.facts()]);
    process.stdout.write(JSON.stringify({ esbuild, cwd: process.cwd(), ...Object.fromEntries(facts) }));
  } catch (thrown) {
    process.stdout.write(thrown.name + ': ' + thrown.message);
    process.exitCode = 1;
  }
`.replace('await using loaded', 'const loaded'); // Node 20

const project = {
  'shop/shop.ts': `
    import { readFileSync } from 'node:fs';
    import { HttpUser, task } from 'tsload';
    import settings from '../lib/settings.json';
    import { csv } from '../lib/csv.js';
    const users = csv(import.meta.dirname + '/data/users.csv');
    export class Shopper extends HttpUser {
      static override files = ['data', '../shared.csv'];
      @task buy() {}
      static facts() {
        const shared = readFileSync('shared.csv', 'utf8');
        const byUrl = readFileSync(new URL('data/deep/more.csv', import.meta.url), 'utf8');
        return { users, settings, shared, byUrl, trace: traced() };
      }
    }
    function traced(): string | undefined {
      return new Error('here').stack;
    }`,
  'shop/data/users.csv': 'ada,bob',
  'shop/data/deep/more.csv': 'more',
  'shared.csv': 'for both',
  'lib/settings.json': '{"color":"red"}',
  'lib/csv.ts': `
    import { readFileSync } from 'node:fs';
    export const csv = (path: string): string[] => readFileSync(path, 'utf8').split(',');`,
  'math/math.ts': `
    import { join } from 'node:path';
    import { readFileSync } from 'node:fs';
    import { GrpcUser } from 'tsload';
    import { MathService } from '../proto/item.proto';
    export class Imported extends GrpcUser {
      static override service = MathService;
      static override files = ['own.csv'];
      static facts() { return [MathService.service, readFileSync(join(__dirname, 'own.csv'), 'utf8')]; }
    }
    export class Named extends GrpcUser {
      static override proto = 'proto/item.proto';
      static facts() { return readFileSync(this.proto, 'utf8').slice(0, 6); }
    }`,
  'math/own.csv': 'own',
  'proto/item.proto': `syntax = "proto3"; package item; import "size.proto";
    service MathService { rpc Do (Size) returns (Size); }`,
  'proto/size.proto': 'syntax = "proto3"; package item; message Size { int32 width = 1; }',
};

const packing = `
  import { writeFileSync } from 'node:fs';
  import * as tsload from 'file://${repository}/dist/index.js';
  import { loadLocustfiles, packLocustfile } from 'file://${repository}/dist/locustfile/index.js';
  const loaded = await loadLocustfiles(['shop,math'], { tsload });
  const { bytes } = await packLocustfile(loaded);
  writeFileSync(process.argv[2], bytes);
  await loaded[Symbol.asyncDispose]();
`;

let machine = '';
let bytes = '';
let origin = '';

beforeAll(async () => {
  machine = freshMachine();
  origin = folder(project);
  bytes = join(machine, 'package');
  const pack = join(machine, 'pack.mjs');
  writeFileSync(pack, packing);
  await run(process.execPath, [pack, bytes], { cwd: origin });
  renameSync(origin, `${origin}-away`); // another machine has none of it
});

/** What the program says, in an empty working directory. */
async function worker(
  cache: string,
  file = bytes,
): Promise<{ readonly code: number; readonly said: string; readonly stderr: string }> {
  const options = { cwd: folder(), env: { ...process.env, XDG_CACHE_HOME: cache } };
  return run(process.execPath, [join(machine, 'worker.mjs'), file], options).then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout, stderr }),
    (thrown: { code: number; stdout: string; stderr: string }) => ({ ...thrown, said: thrown.stdout }),
  );
}

function copyOf(cache: string): string {
  const [name] = readdirSync(join(cache, 'tsload/locustfiles'));
  return join(cache, 'tsload/locustfiles', name ?? '');
}

describe.concurrent('on a machine with tsload only', () => {
  test('a locustfile runs with its imports, JSON, protos and data files, found in every way that finds them on the master', async () => {
    const cache = folder();
    const { code, said, stderr } = await worker(cache);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const place = join(copyOf(cache), 'files');
    const facts: { Shopper: { trace: string } } = JSON.parse(said);
    expect(facts).toEqual({
      esbuild: 'not there',
      cwd: place,
      Shopper: {
        users: ['ada', 'bob'],
        settings: { color: 'red' },
        shared: 'for both',
        byUrl: 'more',
        trace: expect.stringContaining(`at traced (${origin}/shop/shop.ts:17:14)`),
      },
      Imported: ['item.MathService', 'own'],
      Named: 'syntax',
    });
  });

  test('eight workers that start at once and share a cache all run', async () => {
    const cache = folder();
    const all = await Promise.all(Array.from({ length: 8 }, () => worker(cache)));
    expect(all.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(8).fill({ code: 0, stderr: '' }));
    expect(new Set(all.map(({ said }) => said)).size).toBe(1);
  });

  test('what somebody put into the cache is not run', async () => {
    const cache = folder();
    await worker(cache);
    const bundle = join(copyOf(cache), 'bundle/locustfile.mjs');
    writeFileSync(bundle, `process.stdout.write('evil'); ${readFileSync(bundle, 'utf8')}`);
    rmSync(join(copyOf(cache), 'files/shop/data'), { recursive: true });
    const { code, said } = await worker(cache);
    expect(code).toBe(0);
    expect(said).not.toContain('evil');
  });

  test('a damaged package is one sentence', async () => {
    const whole = readFileSync(bytes);
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(500) ^ 1, 500);
    const file = join(folder(), 'damaged');
    writeFileSync(file, damaged);
    const { code, said, stderr } = await worker(folder(), file);
    expect({ code, said, stderr }).toEqual({
      code: 1,
      said: `LocustfileError: the locustfile's package is damaged (${whole.length} bytes): fetch it again`,
      stderr: '',
    });
  });
});
