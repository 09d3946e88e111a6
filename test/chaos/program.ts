/** Programs of the suite that run as processes of their own: bundled once for each test process. */
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { folder } from '../e2e/tsload.js';

const built = new Map<string, string>();

/** Path of the JavaScript of a program of this folder. */
export function programOf(name: string): string {
  const known = built.get(name);
  if (known !== undefined) return known;
  const outfile = join(folder(), `${name}.mjs`);
  buildSync({
    entryPoints: [new URL(`${name}.ts`, import.meta.url).pathname],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile,
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
  });
  built.set(name, outfile);
  return outfile;
}
