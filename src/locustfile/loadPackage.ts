/**
 * Loads a locustfile's package. Nothing of esbuild is loaded here.
 */
import { mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { LocustfileError } from '../errors.js';
import { getLogger } from '../log.js';
import type { Bundle } from './bundle.js';
import type { LoadPackageOptions } from './delivery.js';
import { importBundle } from './importBundle.js';
import type { LoadedLocustfile } from './load.js';
import { decodePackage, sha256 } from './packageBytes.js';
import { install, isThere, prune, userCache } from './packageCache.js';
import { filesFolder, type PackageContents, type PackedFile } from './packageFormat.js';
import { Scratch } from './scratch.js';

const log = getLogger('tsload.locustfile');

/** A package whose files are on this machine. */
interface Place {
  readonly entry: string;
  /** Stands for the root on the master. */
  readonly root: string;
  readonly dataFiles: readonly PackedFile[];
}

/** See `delivery.ts`. */
export async function load(bytes: Uint8Array, options: LoadPackageOptions): Promise<LoadedLocustfile> {
  const contents = await decodePackage(bytes);
  const scratch = new Scratch();
  try {
    const place = await placeOf(contents, sha256(bytes), options, scratch);
    if (options.workingDirectory === 'follow') await follow(contents, place);
    const bundle = bundleOf(contents, place);
    const { locustfiles: files } = contents;
    const { userClasses, shapeClasses } = await importBundle(bundle, files, {
      tsload: options.tsload,
      cwd: join(contents.root, contents.cwd),
    });
    const dataFiles = place.dataFiles.map(({ path }) => join(place.root, path));
    const dispose = async () => scratch.remove();
    return { files, userClasses, shapeClasses, bundle, dataFiles, [Symbol.asyncDispose]: dispose };
  } catch (thrown) {
    scratch.remove();
    throw thrown;
  }
}

async function placeOf(
  contents: PackageContents,
  hash: string,
  options: LoadPackageOptions,
  scratch: Scratch,
): Promise<Place> {
  const dataFiles = dataFilesOf(contents);
  const isMastersMachine = await hasAll(contents, dataFiles);
  if (!isMastersMachine) refuseExternal(contents);
  const files = isMastersMachine ? contents.files.filter((file) => !isData(file)) : contents.files;
  const folder = await installed([files, contents.files], hash, options, scratch);
  const root = isMastersMachine ? contents.root : join(folder, filesFolder);
  return { entry: join(folder, contents.entry), root, dataFiles };
}

function isData({ path }: PackedFile): boolean {
  return path.startsWith(`${filesFolder}/`);
}

/** With paths relative to the root. */
function dataFilesOf({ files }: PackageContents): readonly PackedFile[] {
  return files.filter(isData).map((file) => ({ ...file, path: file.path.slice(filesFolder.length + 1) }));
}

/** Whether this machine has the sources and the data files where the master has them. */
async function hasAll({ root, sources }: PackageContents, dataFiles: readonly PackedFile[]): Promise<boolean> {
  for (const source of sources) if (!(await isThere(source.path, source))) return false;
  for (const file of dataFiles) if (!(await isThere(join(root, file.path), file))) return false;
  return true;
}

function refuseExternal({ external }: PackageContents): void {
  if (external.length === 0) return;
  throw new LocustfileError(
    `the master's locustfile uses npm packages that cannot be sent, ${external.join(', ')}: ` +
      'have the locustfile and them on this machine and start the worker with -f',
  );
}

/** In the cache, or in a folder of this process where that cannot be written. */
async function installed(
  [files, all]: readonly [needed: readonly PackedFile[], all: readonly PackedFile[]],
  hash: string,
  options: LoadPackageOptions,
  scratch: Scratch,
): Promise<string> {
  const cache = options.cacheDirectory ?? userCache();
  if (cache !== undefined) {
    try {
      await install(files, join(cache, hash), all);
      await prune(cache);
      return join(cache, hash);
    } catch (thrown) {
      log.debug(`The locustfile cannot be kept in ${cache}: ${reasonOf(thrown)}`);
    }
  }
  try {
    const folder = scratch.directory();
    await install(files, folder, all);
    return folder;
  } catch (cause) {
    throw new LocustfileError(
      `the master's locustfile can be written neither to ${cache ?? 'a cache'} nor to a temporary folder: ` +
        `${reasonOf(cause)}: set XDG_CACHE_HOME or TMPDIR to a folder that takes it`,
      { cause },
    );
  }
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Goes to the folder that stands for the master's working directory, unless what is here does as well. */
async function follow({ cwd }: PackageContents, { root, dataFiles }: Place): Promise<void> {
  const target = join(root, cwd);
  for (const file of dataFiles) {
    const here = resolve(relative(target, join(root, file.path)));
    if (await isThere(here, file)) continue;
    mkdirSync(target, { recursive: true });
    process.chdir(target);
    log.info(`The working directory is ${target} now, as on the master: the locustfile has data files`);
    return;
  }
}

function bundleOf({ files, entry, base, sources, external }: PackageContents, { root, entry: path }: Place): Bundle {
  return {
    path,
    sha256: files.find((file) => file.path === entry)?.sha256 ?? '',
    inputs: sources.map((source) => source.path),
    external,
    base: join(root, base),
  };
}
