/**
 * A project whose tsconfig.json asks for TypeScript's old decorators (`experimentalDecorators`), as many servers do, can hold
 * locustfiles all the same: they are built with a tsconfig that extends the project's and leaves that one setting out.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const oldDecorators = /"experimentalDecorators"\s*:\s*true/;

/** The tsconfig to build `file` with, written into `directory`; undefined when esbuild finds the right one by itself. */
export function overridingTsconfig(file: string, directory: string): string | undefined {
  const found = nearestTsconfig(dirname(file));
  if (found === undefined || !oldDecorators.test(readFileSync(found, 'utf8'))) return undefined;
  const path = join(directory, 'tsconfig.json');
  writeFileSync(path, JSON.stringify({ extends: found, compilerOptions: { experimentalDecorators: false } }));
  return path;
}

function nearestTsconfig(directory: string): string | undefined {
  const path = join(directory, 'tsconfig.json');
  if (existsSync(path)) return path;
  const parent = dirname(directory);
  return parent === directory ? undefined : nearestTsconfig(parent);
}
