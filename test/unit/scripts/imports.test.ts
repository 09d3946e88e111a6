import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readSources } from '../../../scripts/imports/readSources.js';
import { findViolations } from '../../../scripts/imports/violations.js';

const folders = ['src', 'examples', 'bench', 'scripts'];
const root = new URL('../../../', import.meta.url).pathname;
const temporary: string[] = [];
afterEach(() => {
  for (const folder of temporary.splice(0)) rmSync(folder, { recursive: true });
});

/** The violations in a tree of these files alone. */
function violationsIn(files: Readonly<Record<string, string>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'tsload-imports-'));
  temporary.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return findViolations(readSources(folder, folders));
}

test('the sources of tsload keep the import rules', () => {
  expect(findViolations(readSources(root, folders))).toEqual([]);
});

test('a violation planted in a copy of the sources is found', () => {
  const copy = mkdtempSync(join(tmpdir(), 'tsload-imports-'));
  temporary.push(copy);
  cpSync(join(root, 'src'), join(copy, 'src'), { recursive: true });
  writeFileSync(join(copy, 'src/users/planted.ts'), "import type { IntervalStats } from '../stats/index.js';\n");
  expect(findViolations(readSources(copy, ['src']))).toEqual([
    'src/users/planted.ts: imports ../stats/index.js, but arrows point down: users does not stand above stats',
  ]);
});

test.each([
  ['src/worker/a.ts', "import { User } from '../users/index.js';"],
  ['src/environment/a.ts', "import { Master } from '../master/index.js';"],
  ['src/cli/a.ts', "import { Environment } from '../environment/index.js';\nimport yargs from 'yargs';"],
  ['src/cli/b.ts', "import '../index.js';"],
  ['src/stats/a.ts', "import { nowMicros } from '../clock.js';\nimport { readFile } from 'node:fs';"],
  ['src/index.ts', "export { User } from './users/index.js';\nexport { GrpcUser } from './users/grpc/index.js';"],
  ['src/users/http/a.ts', "import { Pool } from 'undici';"],
  ['examples/a.ts', "import { HttpUser } from 'tsload';\nimport './servers/rest.js';\nimport '../proto/item.proto';"],
  ['src/users/a.ts', "import type { B } from './b.js';"],
])('%s may say %s', (path, text) => {
  expect(violationsIn({ [path]: text, 'src/users/b.ts': "import './a.js';" })).toEqual([]);
});

test.each([
  ['an arrow up', 'src/stats/a.ts', "import '../master/index.js';", /arrows point down: stats .* above master/],
  ['an arrow between neighbours', 'src/stats/a.ts', "import '../users/index.js';", /arrows point down/],
  ['master to users', 'src/master/a.ts', "import '../users/index.js';", /master must not know users/],
  ['master to locustfile', 'src/master/a.ts', "import '../locustfile/index.js';", /master must not know locustfile/],
  ['a type alone', 'src/master/a.ts', "import type { User } from '../users/index.js';", /master must not know users/],
  ['an import type', 'src/master/a.ts', "type T = import('../users/index.js').User;", /master must not know users/],
  ['a lazy import', 'src/master/a.ts', "await import('../users/index.js');", /master must not know users/],
  ['an export', 'src/master/a.ts', "export { User } from '../users/index.js';", /master must not know users/],
  ['an export of all', 'src/master/a.ts', "export * from '../users/index.js';", /master must not know users/],
  ['the window', 'src/worker/a.ts', "import '../users/user.js';", /entered by its door: src\/users\/index.ts/],
  ['the window from src/index.ts', 'src/index.ts', "export * from './users/user.js';", /entered by its door/],
  ['the own door', 'src/users/a.ts', "import './index.js';", /inside a room files import each other/],
  ['a ground file to a room', 'src/log.ts', "import './events/index.js';", /a ground file imports no room/],
  ['anyone to src/index.ts', 'src/environment/a.ts', "import '../index.js';", /src\/index.ts is for locustfiles/],
  ['anyone to cli', 'src/web/a.ts', "import '../cli/index.js';", /arrows point down/],
  ['src to test', 'src/cli/a.ts', "import '../../test/until.js';", /imports nothing outside of itself/],
  ['an unknown room', 'src/attic/a.ts', "import '../events/index.js';", /src\/attic is no known room/],
  [
    'a package at a stranger',
    'src/stats/a.ts',
    "import { Pool } from 'undici';",
    /only src\/users\/http may import undici/,
  ],
  ['grpc outside its folder', 'src/users/a.ts', "import '@grpc/grpc-js';", /only src\/users\/grpc may import @grpc/],
  ['the package itself', 'src/users/a.ts', "import 'tsload';", /the package does not import itself/],
  ['an example that looks inside', 'examples/a.ts', "import '../src/index.js';", /imports tsload by its name/],
])('%s is a violation', (_, path, text, message) => {
  expect(violationsIn({ [path]: text })).toEqual([expect.stringMatching(message)]);
});

test('a folder named utils is a violation', () => {
  expect(violationsIn({ 'src/users/utils/a.ts': '' })).toEqual([expect.stringMatching(/a folder named utils/)]);
});

test('a cycle is reported once, with all its files', () => {
  const files = {
    'src/users/a.ts': "import './b.js';",
    'src/users/b.ts': "import './c.js';",
    'src/users/c.ts': "import './a.js';",
  };
  expect(violationsIn(files)).toEqual([
    'src/users/a.ts: is in a cycle of imports: src/users/a.ts → src/users/b.ts → src/users/c.ts → src/users/a.ts',
  ]);
});

test('a tree without sources is an error, not a success', () => {
  expect(() => violationsIn({ 'README.md': '' })).toThrow(/no TypeScript files/);
});

test('a file that cannot be parsed is an error, not a success', () => {
  expect(() => violationsIn({ 'src/users/a.ts': 'import {' })).toThrow(/a\.ts cannot be parsed/);
});
