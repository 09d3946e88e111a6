/**
 * `import.meta.url`, `import.meta.dirname`, `import.meta.filename`, `__dirname` and `__filename` mean the file that the user
 * wrote, not the bundle: data files are read from beside it.
 *
 * esbuild replaces each by a name of ours where it is not the file's own variable; a file that mentions one of them gets
 * the names declared before its first character, on the same line, so that line numbers stay.
 */
import { readFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Loader, Plugin } from 'esbuild';

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

export const filePlacePlugin: Plugin = {
  name: 'tsload-file-place',
  setup(build) {
    build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      if (!mentions.test(source)) return undefined;
      return { contents: withPlace(source, path), loader: loaders[extname(path)] ?? 'js' };
    });
  },
};

function withPlace(source: string, path: string): string {
  const declaration =
    `const __tsload_url = ${JSON.stringify(pathToFileURL(path).href)}, ` +
    `__tsload_dirname = ${JSON.stringify(dirname(path))}, __tsload_filename = ${JSON.stringify(path)};`;
  const hashbang = /^\uFEFF?#![^\n]*\n/.exec(source)?.[0] ?? '';
  return hashbang + declaration + source.slice(hashbang.length);
}
