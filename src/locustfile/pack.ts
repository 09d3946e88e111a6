/**
 * Packs a loaded locustfile for workers on other machines: bundle, source map and data files.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LocustfileError } from '../errors.js';
import type { Bundle } from './bundle.js';
import { readDataFiles } from './dataFiles.js';
import type { LocustfilePackage, PackOptions } from './delivery.js';
import { packageDirectoryOf } from './externalPackages.js';
import type { LoadedLocustfile } from './load.js';
import { ownNamespace } from './ownModules.js';
import { encodePackage, sha256 } from './packageBytes.js';
import {
  bundlePath,
  filesFolder,
  mapPath,
  type PackageContents,
  type PackedFile,
  type PackedSource,
  packageFormat,
} from './packageFormat.js';
import { protoFilesOf } from './protoFiles.js';

/** See `delivery.ts`. */
export async function pack(loaded: LoadedLocustfile, options: PackOptions): Promise<LocustfilePackage> {
  const { bundle } = loaded;
  if (!options.onThisMachine) refuseExternal(bundle);
  const bytes = await encodePackage(await contentsOf(loaded, options.cwd ?? process.cwd()));
  return { bytes, sha256: sha256(bytes) };
}

function refuseExternal({ external }: Bundle): void {
  if (external.length === 0) return;
  const [what, them] = external.length === 1 ? ['npm package', 'it'] : ['npm packages', 'them'];
  throw new LocustfileError(
    `the locustfile uses the ${what} ${external.join(', ')}, which cannot be sent to workers: do without ${them}, ` +
      `or have the locustfile and ${them} on every worker and start the workers with -f`,
  );
}

async function contentsOf(loaded: LoadedLocustfile, cwd: string): Promise<PackageContents> {
  const { files, bundle } = loaded;
  const data = await readDataFiles([...loaded.dataFiles, ...protoFilesOf(loaded.userClasses.values())]);
  const root = commonFolder([cwd, bundle.base, ...[...bundle.inputs, ...data.map(({ path }) => path)].map(dirname)]);
  const inRoot = (path: string) => relative(root, path).replaceAll(sep, '/');
  const packed = data.map(({ path, bytes }) => packedFile(`${filesFolder}/${inRoot(path)}`, bytes));
  return {
    format: packageFormat,
    files: [
      packedFile(bundlePath, await readFile(bundle.path)),
      packedFile(mapPath, await sourceMapOf(bundle.path)),
      ...packed,
    ],
    entry: bundlePath,
    root,
    base: inRoot(bundle.base),
    cwd: inRoot(cwd),
    locustfiles: files,
    sources: await sourcesOf(bundle),
    external: bundle.external,
  };
}

function packedFile(path: string, bytes: Uint8Array): PackedFile {
  return { path, sha256: sha256(bytes), bytes };
}

/** The source map with absolute sources: it will lie in another place, and traces shall name the files that the user knows. */
async function sourceMapOf(path: string): Promise<Uint8Array> {
  const map: unknown = JSON.parse(await readFile(`${path}.map`, 'utf8'));
  if (typeof map !== 'object' || map === null || !('sources' in map) || !Array.isArray(map.sources)) {
    throw new LocustfileError(`the source map ${path}.map has no list of sources`);
  }
  const sources = map.sources.map((source) => absoluteSource(String(source), path));
  return Buffer.from(JSON.stringify({ ...map, sources }));
}

/** A path, not a URL: other readers than Node's take it for relative else. */
function absoluteSource(source: string, bundle: string): string {
  return source.startsWith(`${ownNamespace}:`) ? source : new URL(source, pathToFileURL(bundle)).pathname;
}

async function sourcesOf({ inputs }: Bundle): Promise<readonly PackedSource[]> {
  const sources: PackedSource[] = [];
  for (const path of inputs.filter((input) => packageDirectoryOf(input) === undefined)) {
    const bytes = await readFile(path).catch(() => undefined); // what esbuild calls an input need not be a file
    if (bytes !== undefined) sources.push({ path, sha256: sha256(bytes) });
  }
  return sources;
}

/** The innermost folder that holds all of them. */
function commonFolder(folders: readonly string[]): string {
  const [first = sep, ...others] = folders;
  return others.reduce((common, folder) => {
    let above = common;
    while (!isWithin(folder, above)) above = parentOf(above, folder);
    return above;
  }, first);
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function parentOf(folder: string, other: string): string {
  const above = join(folder, '..');
  if (above !== folder) return above;
  throw new LocustfileError(`${other} and ${folder} have no folder in common: have all files of a test on one drive`);
}
