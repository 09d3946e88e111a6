/**
 * From what `-f` was given to the files that are meant: files, comma lists, directories, URLs, or the default name.
 *
 * Reads directories and downloads; builds and loads nothing. Locust's rules, with our extensions; see docs/getting-started.md.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { LocustfileError } from '../errors.js';
import { downloadLocustfile, isUrl } from './download.js';

/** Extensions of locustfiles, in the order in which the default name is looked for. */
export const locustfileExtensions = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'] as const;

const defaultName = 'locustfile';

/** Directories that are never searched for locustfiles. */
export const skippedDirectories = new Set(['node_modules', '.git']);

export interface ResolveOptions {
  /** Where relative paths start, and where the default name is looked for. */
  readonly cwd: string;
  /** An own directory of this run, for what is downloaded. */
  readonly downloadDirectory: () => string;
}

/**
 * The files meant by `specs`, absolute, each once, in the order given. No spec: the default name in `cwd`.
 * Throws `LocustfileError` when something is missing or is no locustfile.
 */
export async function resolveLocustfiles(specs: readonly string[], options: ResolveOptions): Promise<string[]> {
  if (specs.length === 0) return [findDefault(options.cwd)];
  const files = new Set<string>();
  for (const part of specs.flatMap(splitList)) {
    for (const file of await resolveOne(part, options)) files.add(file);
  }
  return [...files];
}

/** The default locustfile of a directory, or undefined. */
export function defaultLocustfile(directory: string): string | undefined {
  return locustfileExtensions.map((ext) => join(directory, defaultName + ext)).find((path) => existsSync(path));
}

function findDefault(cwd: string): string {
  const found = defaultLocustfile(cwd);
  if (found !== undefined) return found;
  throw new LocustfileError(
    `no locustfile.ts (or .mts, .cts, .js, .mjs, .cjs) in ${cwd}: name your locustfile with -f FILE, ` +
      'or make a first one with: tsload init',
  );
}

function splitList(spec: string): string[] {
  if (isUrl(spec)) return [spec];
  const parts = spec.split(',').map((part) => part.trim());
  if (parts.includes('')) {
    throw new LocustfileError(`-f ${JSON.stringify(spec)} has an empty element: separate file names by single commas`);
  }
  return parts;
}

async function resolveOne(spec: string, options: ResolveOptions): Promise<string[]> {
  if (spec === '-') {
    throw new LocustfileError(
      '-f - takes the locustfile from a master, and only a worker has one: add --worker, or give a file',
    );
  }
  if (isUrl(spec)) return [await downloadLocustfile(spec, options.downloadDirectory())];
  if (/^https?:\/\//i.test(spec))
    throw new LocustfileError(`-f ${spec} is a URL without a host: give https://HOST/FILE`);
  const path = resolve(options.cwd, expandHome(spec));
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new LocustfileError(`locustfile ${path} does not exist: check -f ${spec}`);
  if (stats.isDirectory()) return filesIn(path);
  if (path.endsWith('.py')) {
    throw new LocustfileError(
      `locustfile ${path} is Python, which tsload does not run: give one that ends in .ts; or, with --master --protocol locust, give it to workers of Locust with --foreign-locustfile`,
    );
  }
  if (!isLocustfileName(path)) {
    throw new LocustfileError(
      `locustfile ${path} has an unknown extension: a locustfile ends in ${locustfileExtensions.join(', ')}`,
    );
  }
  return [path];
}

function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

function isLocustfileName(name: string): boolean {
  return locustfileExtensions.some((ext) => ext === extname(name)) && !/\.d\.[cm]?ts$/.test(name);
}

/** Every locustfile below a directory, sorted, except those whose file name starts with `_`. Links to directories are not followed. */
function filesIn(directory: string): string[] {
  const found = [...walk(directory)];
  if (found.length > 0) return found;
  throw new LocustfileError(
    `directory ${directory} holds no locustfile: put one there (${locustfileExtensions.join(', ')}, name not starting with _)`,
  );
}

function* walk(directory: string): Generator<string> {
  const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (!skippedDirectories.has(entry.name)) yield* walk(path);
    } else if (isLocustfileName(entry.name) && !entry.name.startsWith('_') && statSync(path).isFile()) {
      yield path;
    }
  }
}
