/** `tsload init`: what it makes runs and type-checks. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, repository, tsload } from './tsload.js';

test('a new project runs without anything installed, and type-checks with strict and skipLibCheck false', async () => {
  const cwd = folder();
  const made = await tsload('init shop --no-install', { cwd });
  expect(made.stdout).toMatch(/made package.json, tsconfig.json, locustfile.ts, .vscode\/launch.json, .gitignore in /);
  expect(made.code).toBe(0);
  const project = join(cwd, 'shop');
  const { code, stdout } = await tsload('--headless -u 5 -r 100 --iterations 20 --json', { cwd: project });
  const entries = JSON.parse(stdout) as { readonly num_requests: number }[];
  expect([code, entries.reduce((sum, entry) => sum + entry.num_requests, 0)]).toEqual([0, 20]);
  // what npm install does with its dependencies
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(repository, join(project, 'node_modules/tsload'));
  symlinkSync(join(repository, 'node_modules/@types'), join(project, 'node_modules/@types'));
  expect(readFileSync(join(project, 'tsconfig.json'), 'utf8')).toContain('"skipLibCheck": false');
  execFileSync(join(repository, 'node_modules/.bin/tsc'), ['-p', project], { encoding: 'utf8' });
});

test('a debugger finds the program and the source map of the locustfile', async () => {
  const cwd = folder();
  await tsload('init --no-install', { cwd });
  const { configurations } = JSON.parse(readFileSync(join(cwd, '.vscode/launch.json'), 'utf8'));
  const { program: file, args } = configurations[0];
  expect(existsSync(file.replace('$' + '{workspaceFolder}/node_modules/tsload', repository))).toBe(true);
  const words = args.map((word: string) => word.replace('$' + '{file}', 'locustfile.ts'));
  expect((await tsload([...words, '--iterations', '1'], { cwd })).code).toBe(0);
});

test('a folder that is a project already is left alone', async () => {
  const cwd = folder({ 'package.json': '{"name": "mine"}' });
  const { code, stderr } = await tsload('init --no-install', { cwd });
  expect(stderr).toMatch(/has package.json already: give another folder/);
  expect([code, existsSync(join(cwd, 'locustfile.ts'))]).toEqual([1, false]);
  expect(readFileSync(join(cwd, 'package.json'), 'utf8')).toBe('{"name": "mine"}');
});
