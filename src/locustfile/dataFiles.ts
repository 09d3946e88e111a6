/**
 * The data files of a locustfile: which ones its user classes name, and what is in them.
 */
import { type Stats, statSync } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocustfileError } from '../errors.js';
import { filesOf, type UserClass } from '../users/index.js';
import type { Bundle } from './bundle.js';
import type { LoadedFile } from './classes.js';
import { ClassSources } from './classSource.js';
import { maxDataBytes, maxDataFiles } from './packageFormat.js';
import { skippedDirectories } from './resolve.js';

/**
 * What `static files` of the classes names, absolute, each once. A text is relative to the file in which the class that has
 * the list is written. Throws `LocustfileError` for what is not there, `TsloadError` BAD_USER_CLASS for what is no list.
 */
export function namedFiles(
  userClasses: Iterable<UserClass>,
  loaded: readonly LoadedFile[],
  bundle: Bundle,
): readonly string[] {
  const sources = new ClassSources(bundle.path);
  const found = new Set<string>();
  for (const userClass of userClasses) {
    const declaring = declaringClass(userClass);
    const folder = dirname(sources.fileOf(declaring) ?? exporterOf(userClass, loaded));
    for (const file of filesOf(userClass)) {
      const path = pathOf(file, folder, userClass.name);
      check(path, file, userClass.name);
      found.add(path);
    }
  }
  return [...found];
}

/** The class itself or the one that it inherits its list from. */
function declaringClass(userClass: object): object {
  if (Object.hasOwn(userClass, 'files')) return userClass;
  const base: unknown = Object.getPrototypeOf(userClass);
  return typeof base === 'function' ? declaringClass(base) : userClass;
}

function exporterOf(userClass: UserClass, loaded: readonly LoadedFile[]): string {
  return loaded.find(({ exports }) => Object.values(exports).includes(userClass))?.path ?? process.cwd();
}

function pathOf(file: string | URL, folder: string, name: string): string {
  if (typeof file === 'string') {
    if (!isAbsolute(file)) return resolve(folder, file);
    throw new LocustfileError(
      `static files of ${name} has the absolute path ${file}, which other machines need not have: ` +
        `name it relative to the locustfile, or by new URL('data.csv', import.meta.url)`,
    );
  }
  try {
    return fileURLToPath(file);
  } catch (cause) {
    throw new LocustfileError(`static files of ${name} has ${file.href}: a URL there must be one of a file`, { cause });
  }
}

function check(path: string, file: string | URL, name: string): void {
  const named = `static files of ${name} names ${String(file)}`;
  const hint = /[*?[{]/.test(path) ? ' (patterns are not understood: name the folder)' : '';
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (cause) {
    const reason = isMissing(cause) ? `but ${path} does not exist${hint}` : `which cannot be read: ${String(cause)}`;
    throw new LocustfileError(`${named}, ${reason}`, { cause });
  }
  if (!stats.isFile() && !stats.isDirectory()) {
    throw new LocustfileError(`${named}, but ${path} is neither a file nor a folder`);
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR');
}

export interface DataFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface DataLimits {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/**
 * The files that `paths` names, and everything in the folders among them, each once, sorted. Links are followed; folders
 * `node_modules` and `.git` inside are left out. Throws `LocustfileError` for too many or too much, and for what cannot be read.
 */
export async function readDataFiles(
  paths: readonly string[],
  limits: DataLimits = { maxBytes: maxDataBytes, maxFiles: maxDataFiles },
): Promise<readonly DataFile[]> {
  const reading = new Reading(limits);
  try {
    for (const path of paths) await reading.add(path, []);
  } catch (thrown) {
    if (thrown instanceof LocustfileError) throw thrown;
    throw new LocustfileError(
      `a data file of the locustfile cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      { cause: thrown },
    );
  }
  return reading.files();
}

class Reading {
  readonly #found = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(private readonly limits: DataLimits) {}

  /** `above`: the real paths of the folders that it is in, as a link may lead back to one of them. */
  async add(path: string, above: readonly string[]): Promise<void> {
    if (this.#found.has(path)) return;
    const stats = await stat(path);
    if (stats.isDirectory()) await this.#addFolder(path, above);
    else if (stats.isFile()) await this.#addFile(path, stats.size);
    else throw new LocustfileError(`the data file ${path} is neither a file nor a folder: name the files to take`);
  }

  files(): readonly DataFile[] {
    const paths = [...this.#found.keys()].sort();
    return paths.map((path) => ({ path, bytes: this.#found.get(path) ?? new Uint8Array() }));
  }

  async #addFolder(path: string, above: readonly string[]): Promise<void> {
    const real = await realpath(path);
    if (above.includes(real)) return;
    for (const name of await readdir(path)) {
      if (!skippedDirectories.has(name)) await this.add(join(path, name), [...above, real]);
    }
  }

  async #addFile(path: string, size: number): Promise<void> {
    this.#count(path, size); // before it is read: it may not fit
    const bytes = await readFile(path);
    this.#bytes += bytes.length;
    this.#found.set(path, bytes);
  }

  #count(path: string, size: number): void {
    const { maxBytes, maxFiles } = this.limits;
    if (this.#found.size >= maxFiles) {
      throw new LocustfileError(
        `the locustfile has more than ${maxFiles} data files (${path} is one too many): pack them, or name fewer`,
      );
    }
    if (this.#bytes + size > maxBytes) {
      throw new LocustfileError(
        `the data files of the locustfile have more than ${maxBytes / 1024 ** 2} MiB (${path} has ${size} bytes): ` +
          'put large ones on each worker and read them from there',
      );
    }
  }
}
