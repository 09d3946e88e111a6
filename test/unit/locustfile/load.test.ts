import { existsSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import * as tsload from '../../../src/index.js';
import { loadLocustfiles } from '../../../src/locustfile/index.js';

/** A new directory with these files. */
function folder(files: Readonly<Record<string, string>>): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'tsload-test-')));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

const load = (cwd: string, ...specs: string[]) => loadLocustfiles(specs, { tsload, cwd });
const names = (loaded: { userClasses: ReadonlyMap<string, unknown> }) => [...loaded.userClasses.keys()];

const shop = `import { User } from 'tsload'; export class Shopper extends User { static weight = 3; }`;

test('without -f the locustfile.ts of the folder is loaded, and what was written to disk goes with it', async () => {
  const cwd = folder({ 'locustfile.ts': shop });
  const loaded = await load(cwd);
  expect(names(loaded)).toEqual(['Shopper']);
  expect(loaded.userClasses.get('Shopper')?.prototype).toBeInstanceOf(tsload.User);
  expect(loaded.bundle.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(loaded.bundle.inputs).toEqual([join(cwd, 'locustfile.ts')]);
  expect(existsSync(loaded.bundle.path)).toBe(true);
  await loaded[Symbol.asyncDispose]();
  expect(existsSync(loaded.bundle.path)).toBe(false);
});

test('a throw while loading', async () => {
  const cwd = folder({
    'locustfile.ts': `${shop}\n\nexport const x: number = (() => { throw new Error('boom'); })();`,
  });
  await expect(load(cwd)).rejects.toThrow('locustfile.ts:3:41 threw while it was loaded: boom');
});
