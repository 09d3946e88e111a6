/**
 * A locustfile on its way from the master to workers that have none: packed there, loaded here. What does the work is loaded
 * with the first call: most runs have no such workers.
 */
import type { LoadedLocustfile } from './load.js';
import type { TsloadModule } from './ownModules.js';

export interface LocustfilePackage {
  readonly bytes: Uint8Array;
  /** Of the bytes, in hex. The same locustfile in the same place gives the same. */
  readonly sha256: string;
}

export interface PackOptions {
  /**
   * All workers that take the package are processes of this machine, so they have the npm packages that are not in the bundle.
   * Default false: such packages are an error.
   */
  readonly onThisMachine?: boolean;
  /** The working directory in whose place a worker's may be. Default: that of the process. */
  readonly cwd?: string;
}

/**
 * Bundle, source map and the data files that user classes name in `static files`, compressed.
 *
 * Throws `LocustfileError`: npm packages that cannot be sent (all named), data files that cannot be read, are more than 10,000,
 * or have more than 256 MiB. To be called before the run starts, so that this is known then.
 */
export async function packLocustfile(loaded: LoadedLocustfile, options: PackOptions = {}): Promise<LocustfilePackage> {
  const { pack } = await import('./pack.js');
  return pack(loaded, options);
}

export interface LoadPackageOptions {
  /** The module namespace that `import 'tsload'` means. */
  readonly tsload: TsloadModule | Promise<TsloadModule>;
  /**
   * `follow`: what the locustfile reads by a path relative to the working directory shall be found, as on the master. When there
   * are data files and the working directory does not hold them, it is changed, before anything of the locustfile runs, to the
   * folder that stands for the master's: open files named relative to the old one first. `stay`: it is left alone.
   */
  readonly workingDirectory: 'follow' | 'stay';
  /** Where packages are kept, one folder each. Default: `tsload/locustfiles` in `XDG_CACHE_HOME`, else in `~/.cache`. */
  readonly cacheDirectory?: string;
}

/**
 * Loads what `packLocustfile` made, without esbuild and without the user's `node_modules`. Every hash is checked, also of what
 * lies in the cache; without a cache that can be written, it goes to a temporary folder.
 *
 * A machine that has the same sources and data files in the same place as the master uses those. Otherwise
 * `import.meta.dirname` and its like name the copy. Stack traces name the files as the master has them. Throws
 * `LocustfileError`: damaged, malformed, npm packages that this machine lacks, or a locustfile that throws while it is loaded.
 */
export async function loadPackage(bytes: Uint8Array, options: LoadPackageOptions): Promise<LoadedLocustfile> {
  const { load } = await import('./loadPackage.js');
  return load(bytes, options);
}
