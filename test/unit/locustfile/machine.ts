/** A project on the master, and the same package on a machine that has nothing of it. */
import { renameSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tsload from '../../../src/index.js';
import {
  type LoadedLocustfile,
  type LocustfilePackage,
  loadLocustfiles,
  loadPackage,
  packLocustfile,
} from '../../../src/locustfile/index.js';
import { folder } from './folder.js';

/** Packs `specs` of a new folder with these files. */
export async function packed(
  files: Readonly<Record<string, string>>,
  specs: readonly string[] = [],
): Promise<LocustfilePackage & { readonly cwd: string }> {
  const cwd = folder(files);
  await using loaded = await loadLocustfiles(specs, { tsload, cwd });
  return { ...(await packLocustfile(loaded, { cwd })), cwd };
}

/** Takes a folder out of the way, so that this machine is one that does not have it. */
export function takeAway(cwd: string): void {
  renameSync(cwd, `${cwd}-away`);
}

/** Loads a package with a cache of its own. */
export function loadHere(bytes: Uint8Array, cacheDirectory: string = folder()): Promise<LoadedLocustfile> {
  return loadPackage(bytes, { tsload, workingDirectory: 'stay', cacheDirectory });
}

/** The data files by their place below the root. */
export async function dataOf(loaded: LoadedLocustfile, root: string): Promise<Record<string, string>> {
  const texts = loaded.dataFiles.map(async (path) => [path.replace(`${root}/`, ''), await readFile(path, 'utf8')]);
  return Object.fromEntries(await Promise.all(texts));
}

export const cacheOf = (directory: string, { sha256 }: LocustfilePackage) => join(directory, sha256);
