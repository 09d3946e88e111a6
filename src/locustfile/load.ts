/**
 * Loads the locustfiles of a run: resolve, build, import, find the classes. What it made on disk goes when it is disposed of,
 * and in any case when the process exits.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LocustfileError, TsloadError } from '../errors.js';
import { errorText } from '../events/index.js';
import type { ShapeClass, UserClass } from '../users/index.js';
import { placeOf } from './buildErrors.js';
import { type Bundle, bundleLocustfiles } from './bundle.js';
import { classesByName, type LoadedFile } from './classes.js';
import { provideOwnModules, type TsloadModule } from './ownModules.js';
import { resolveLocustfiles } from './resolve.js';

export interface LoadOptions {
  /** The module namespace that `import 'tsload'` means. While it is still being loaded, the build begins. */
  readonly tsload: TsloadModule | Promise<TsloadModule>;
  /** Where relative paths start. Default: the working directory. */
  readonly cwd?: string;
}

export interface LoadedLocustfile extends AsyncDisposable {
  /** The locustfiles, absolute. */
  readonly files: readonly string[];
  /** Every user class that can run, by name. */
  readonly userClasses: ReadonlyMap<string, UserClass>;
  /** Every shape that can run, by name. The first is the one to use. */
  readonly shapeClasses: ReadonlyMap<string, ShapeClass>;
  readonly bundle: Bundle;
}

/**
 * Loads what `-f` names: files, comma lists, directories, URLs; without any, the `locustfile.ts` (or `.js`, …) of the folder.
 *
 * Stack traces point at the user's own lines from then on. Throws `LocustfileError`: missing, does not build, throws while
 * loading, two classes of one name.
 */
export async function loadLocustfiles(specs: readonly string[], options: LoadOptions): Promise<LoadedLocustfile> {
  const cwd = options.cwd ?? process.cwd();
  const scratch = new Scratch();
  const tsload = Promise.resolve(options.tsload);
  try {
    const files = await resolveLocustfiles(specs, { cwd, downloadDirectory: () => scratch.directory() });
    const directory = scratch.directory();
    const bundle = await bundleLocustfiles(files, { cwd, directory, tsload });
    provideOwnModules(await tsload);
    const loaded = (await importBundle(bundle, cwd)).map((exports, index) => ({ path: files[index] ?? '', exports }));
    return { files, ...(await classesOf(loaded)), bundle, [Symbol.asyncDispose]: async () => scratch.remove() };
  } catch (thrown) {
    scratch.remove();
    throw thrown;
  }
}

async function classesOf(loaded: readonly LoadedFile[]) {
  const { isShapeClass, isUserClass } = await import('../users/index.js');
  return {
    userClasses: classesByName(loaded, isUserClass, 'user class'),
    shapeClasses: classesByName(loaded, isShapeClass, 'load shape'),
  };
}

async function importBundle(bundle: Bundle, cwd: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  process.setSourceMapsEnabled(true);
  try {
    const module: { locustfiles: readonly Record<string, unknown>[] } = await import(pathToFileURL(bundle.path).href);
    return module.locustfiles;
  } catch (thrown) {
    const place = placeOf(thrown, new Set(bundle.inputs));
    const where = place === undefined ? 'the locustfile' : relative(cwd, place);
    const reason = thrown instanceof TsloadError ? thrown.message : errorText(thrown);
    throw new LocustfileError(`${where} threw while it was loaded: ${reason}`, { cause: thrown });
  }
}

/** Directories of this run under the system's temporary one. */
class Scratch {
  readonly #directories: string[] = [];
  readonly #removeAtExit = () => this.remove();

  directory(): string {
    if (this.#directories.length === 0) process.once('exit', this.#removeAtExit);
    const directory = mkdtempSync(join(tmpdir(), 'tsload-'));
    this.#directories.push(directory);
    return directory;
  }

  remove(): void {
    process.off('exit', this.#removeAtExit);
    for (const directory of this.#directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  }
}
