/**
 * Loads the locustfiles of a run: resolve, build, import, find the classes. What it made on disk goes when it is disposed of,
 * and in any case when the process exits.
 */
import type { ShapeClass, UserClass } from '../users/index.js';
import { type Bundle, bundleLocustfiles } from './bundle.js';
import { importBundle } from './importBundle.js';
import type { TsloadModule } from './ownModules.js';
import { resolveLocustfiles } from './resolve.js';
import { Scratch } from './scratch.js';

export interface LoadOptions {
  /** The module namespace that `import 'tsload'` means. While it is still being loaded, the build begins. */
  readonly tsload: TsloadModule | Promise<TsloadModule>;
  /** Where relative paths start. Default: the working directory. */
  readonly cwd?: string;
}

export interface LoadedLocustfile extends AsyncDisposable {
  /** The locustfiles, absolute. In a locustfile that came from a master: as the master has them. */
  readonly files: readonly string[];
  /** Every user class that can run, by name. */
  readonly userClasses: ReadonlyMap<string, UserClass>;
  /** Every shape that can run, by name. The first is the one to use. */
  readonly shapeClasses: ReadonlyMap<string, ShapeClass>;
  readonly bundle: Bundle;
  /** Files and folders that user classes name in `static files`, absolute, on this machine. */
  readonly dataFiles: readonly string[];
}

/**
 * Loads what `-f` names: files, comma lists, directories, URLs; without any, the `locustfile.ts` (or `.js`, …) of the folder.
 *
 * Stack traces point at the user's own lines from then on. Throws `LocustfileError`: missing, does not build, throws while
 * loading, two classes of one name, `static files` that do not exist.
 */
export async function loadLocustfiles(specs: readonly string[], options: LoadOptions): Promise<LoadedLocustfile> {
  const cwd = options.cwd ?? process.cwd();
  const scratch = new Scratch();
  const tsload = Promise.resolve(options.tsload);
  try {
    const files = await resolveLocustfiles(specs, { cwd, downloadDirectory: () => scratch.directory() });
    const directory = scratch.directory();
    const bundle = await bundleLocustfiles(files, { cwd, directory, tsload });
    const { loaded, userClasses, shapeClasses } = await importBundle(bundle, files, { tsload, cwd });
    const dataFiles = await dataFilesOf(userClasses, loaded, bundle);
    const dispose = async () => scratch.remove();
    return { files, userClasses, shapeClasses, bundle, dataFiles, [Symbol.asyncDispose]: dispose };
  } catch (thrown) {
    scratch.remove();
    throw thrown;
  }
}

/** Most locustfiles name none: what finds them is not loaded then. */
async function dataFilesOf(
  userClasses: ReadonlyMap<string, UserClass>,
  ...where: [Parameters<typeof import('./dataFiles.js').namedFiles>[1], Bundle]
): Promise<readonly string[]> {
  const classes = [...userClasses.values()].filter(({ files }) => !(Array.isArray(files) && files.length === 0));
  if (classes.length === 0) return [];
  const { namedFiles } = await import('./dataFiles.js');
  return namedFiles(classes, ...where);
}
