/**
 * tsload itself as one archive: what a worker needs that gets its locustfile from its master. No esbuild, nothing native.
 *
 * Made from the files of this installation, wherever npm has put them. The archive is gzip over entries, each a line of JSON and
 * so many bytes; `loader.ts` unpacks it, with nothing but Node: not every host has tar.
 */
import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { SpawnError } from '../spawnError.js';

/** Needed to build a locustfile, and to write one: not to run its bundle. */
const leftOut = /^(esbuild|@esbuild\/.*|@types\/.*)$/;
/** Types, maps and manuals. Licences stay. */
const notShipped = /(\.d\.[cm]?ts|\.[cm]?ts|\.map|\.md|\.markdown|\.node|\.gyp)$/i;
/** Of the package of tsload. */
const ownParts = ['package.json', 'LICENSE', 'bin', 'dist', 'proto'];

/** One line before the bytes of each file. */
export interface ArchiveEntry {
  /** Relative, with slashes. */
  readonly path: string;
  readonly size: number;
}

/** A package and where it goes in the archive. */
interface PlacedPackage {
  readonly directory: string;
  /** Empty for tsload's own, else `node_modules/…`. */
  readonly place: string;
}

interface Manifest {
  /** Names of the packages that it cannot do without. */
  readonly dependencies: readonly string[];
  /** The versions of Node that it runs on: `>=20.19`. */
  readonly node: string;
}

/** `root`: the folder of the package to pack. Throws `SpawnError` when a part of it is missing. */
export async function packArchive(root: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (const { directory, place } of await placePackages(root)) {
    const files = place === '' ? await ownFiles(directory) : await filesBelow(directory, '');
    for (const file of files) {
      const bytes = await readFile(join(directory, file));
      const entry: ArchiveEntry = { path: place === '' ? file : `${place}/${file}`, size: bytes.length };
      parts.push(Buffer.from(`${JSON.stringify(entry)}\n`), bytes);
    }
  }
  return promisify(gzip)(Buffer.concat(parts));
}

/** Breadth first: whoever stands above in the archive has all its packages before those below look for theirs. */
async function placePackages(root: string): Promise<readonly PlacedPackage[]> {
  const own: PlacedPackage = { directory: root, place: '' };
  const placed = new Map([[own.place, own]]);
  for (const parent of placed.values()) {
    const { dependencies } = await readManifest(parent.directory);
    for (const name of dependencies.filter((dependency) => !leftOut.test(dependency))) {
      const directory = await findPackage(parent.directory, name);
      const resolved = resolveIn(placed, parent.place, name);
      if (resolved?.directory === directory) continue;
      const place = `${resolved === undefined || parent.place === '' ? '' : `${parent.place}/`}node_modules/${name}`;
      placed.set(place, { directory, place });
    }
  }
  return [...placed.values()];
}

/** What a package at `place` would get by this name, as Node looks for it. */
function resolveIn(placed: ReadonlyMap<string, PlacedPackage>, place: string, name: string): PlacedPackage | undefined {
  const own = placed.get(`${place === '' ? '' : `${place}/`}node_modules/${name}`);
  if (own !== undefined || place === '') return own;
  const outer = place.slice(0, place.lastIndexOf('node_modules/')).replace(/\/$/, '');
  return resolveIn(placed, outer, name);
}

async function findPackage(from: string, name: string): Promise<string> {
  for (let directory = from; ; directory = dirname(directory)) {
    const found = await realpath(join(directory, 'node_modules', name)).catch(() => undefined);
    if (found !== undefined) return found;
    if (dirname(directory) === directory) {
      throw new SpawnError(`the package ${name}, which ${from} needs, is not installed: install tsload anew`);
    }
  }
}

export async function readManifest(directory: string): Promise<Manifest> {
  const manifest: unknown = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
  const field = (of: unknown, name: string): unknown =>
    typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
  const dependencies = Object.keys(Object(field(manifest, 'dependencies')));
  return { dependencies, node: String(field(field(manifest, 'engines'), 'node')) };
}

async function ownFiles(root: string): Promise<readonly string[]> {
  const files: string[] = [];
  for (const part of ownParts) {
    const status = await lstat(join(root, part)).catch(() => undefined);
    if (status?.isDirectory()) files.push(...(await filesBelow(root, part)));
    else if (status !== undefined) files.push(part);
  }
  if (files.some((file) => file.startsWith('dist/'))) return files;
  throw new SpawnError(`tsload in ${root} is not built, so it cannot be sent to another machine: run npm run build`);
}

/** Regular files only, without those of packages inside. */
async function filesBelow(root: string, folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory() && entry.name !== 'node_modules') files.push(...(await filesBelow(root, path)));
    else if (entry.isFile() && !notShipped.test(entry.name)) files.push(path);
  }
  return files.sort();
}
