/**
 * Imports a bundle and finds the classes in it: the same for one that was built here and one that came from a master.
 */
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LocustfileError, TsloadError } from '../errors.js';
import { errorText } from '../events/index.js';
import type { ShapeClass, UserClass } from '../users/index.js';
import { placeOf } from './buildErrors.js';
import type { Bundle } from './bundle.js';
import { classesByName, type LoadedFile } from './classes.js';
import { provideBase } from './filePlace.js';
import { provideOwnModules, type TsloadModule } from './ownModules.js';

export interface LoadedClasses {
  readonly loaded: readonly LoadedFile[];
  readonly userClasses: ReadonlyMap<string, UserClass>;
  readonly shapeClasses: ReadonlyMap<string, ShapeClass>;
}

export interface ImportOptions {
  readonly tsload: TsloadModule | Promise<TsloadModule>;
  /** Paths in messages are relative to it. */
  readonly cwd: string;
}

/** `files` are the locustfiles in the bundle. Throws `LocustfileError` for one that throws, and for two classes of one name. */
export async function importBundle(
  bundle: Bundle,
  files: readonly string[],
  { tsload, cwd }: ImportOptions,
): Promise<LoadedClasses> {
  provideOwnModules(await tsload);
  provideBase(bundle.path, bundle.base);
  const modules = await importModules(bundle, cwd);
  const loaded = modules.map((exports, index) => ({ path: files[index] ?? '', exports }));
  const { isShapeClass, isUserClass } = await import('../users/index.js');
  return {
    loaded,
    userClasses: classesByName(loaded, isUserClass, 'user class'),
    shapeClasses: classesByName(loaded, isShapeClass, 'load shape'),
  };
}

async function importModules(bundle: Bundle, cwd: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
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
