/**
 * `import.meta.url`, `import.meta.dirname`, `import.meta.filename`, `__dirname` and `__filename` mean the file that the user
 * wrote, not the bundle: data files are read from beside it.
 *
 * esbuild replaces each by a name of ours where it is not the file's own variable; a file that mentions one of them gets
 * the names declared before its first character, on the same line, so that line numbers stay.
 *
 * The bundle holds no path of a machine, only ones relative to its base, the folder of the first locustfile. Where the base
 * is, it asks a registry of the process: a worker that took the bundle from its master has it elsewhere.
 */
import { readFile } from 'node:fs/promises';
import { extname, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Loader, Plugin } from 'esbuild';

const registryKey = Symbol.for('tsload.places');

/** Says where the base of a bundle is in this process. Call it before the bundle is loaded. */
export function provideBase(bundlePath: string, base: string): void {
  const known: unknown = Reflect.get(globalThis, registryKey);
  const places = known instanceof Map ? known : new Map<string, string>();
  Reflect.set(globalThis, registryKey, places.set(pathToFileURL(bundlePath).href, base));
}

/** Stands before everything in the bundle. */
export const placeBanner =
  `import { dirname as __tsload_folder, resolve as __tsload_resolve } from 'node:path';\n` +
  `import { pathToFileURL as __tsload_toUrl } from 'node:url';\n` +
  `const __tsload_base = globalThis[Symbol.for('tsload.places')].get(import.meta.url);\n` +
  'const __tsload_at = (path) => __tsload_resolve(__tsload_base, path);';

/** For esbuild's `define`. */
export const placeNames = {
  'import.meta.url': '__tsload_url',
  'import.meta.dirname': '__tsload_dirname',
  'import.meta.filename': '__tsload_filename',
  __dirname: '__tsload_dirname',
  __filename: '__tsload_filename',
} as const;

const mentions = /\bimport\.meta\b|\b__dirname\b|\b__filename\b/;

const loaders: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
};

export function filePlacePlugin(base: string): Plugin {
  return {
    name: 'tsload-file-place',
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        if (!mentions.test(source)) return undefined;
        const place = relative(base, path).replaceAll(sep, '/');
        return { contents: withPlace(source, place), loader: loaders[extname(path)] ?? 'js' };
      });
    },
  };
}

function withPlace(source: string, place: string): string {
  const declaration =
    `const __tsload_filename = __tsload_at(${JSON.stringify(place)}), ` +
    '__tsload_dirname = __tsload_folder(__tsload_filename), __tsload_url = __tsload_toUrl(__tsload_filename).href;';
  const hashbang = /^\uFEFF?#![^\n]*\n/.exec(source)?.[0] ?? '';
  return hashbang + declaration + source.slice(hashbang.length);
}
