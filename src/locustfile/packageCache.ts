/**
 * Where packages lie on a worker's disk: a folder for each, named after its hash.
 *
 * Workers that start at once may write the same folder: each file is written beside its place and renamed, so nobody sees half
 * of one, and all write the same. What lies there is compared with the package before it is used; what differs is replaced.
 */
import { randomUUID } from 'node:crypto';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { makeFolder } from '../folders.js';
import { sha256 } from './packageBytes.js';
import type { PackedFile } from './packageFormat.js';

/** After so many days without use a package is removed. */
const keptDays = 30;

/** Names the files of a package in its folder: what else is there a user has written, and is not removed with it. */
const listName = 'files.json';

/** Of this user; undefined when the system does not say where that would be. */
export function userCache(variables: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const { XDG_CACHE_HOME: given } = variables;
  try {
    const cache = given !== undefined && isAbsolute(given) ? given : join(homedir(), '.cache');
    return isAbsolute(cache) ? join(cache, 'tsload', 'locustfiles') : undefined;
  } catch {
    return undefined; // a user without a home
  }
}

/** Has the files in `folder`, each as it should be; `all`: those of the whole package. Throws what the system says. */
export async function install(
  files: readonly PackedFile[],
  folder: string,
  all: readonly PackedFile[] = files,
): Promise<void> {
  await makeFolder(folder);
  await chmod(folder, 0o700);
  const list = Buffer.from(JSON.stringify(all.map(({ path }) => path)));
  for (const file of [{ path: listName, sha256: sha256(list), bytes: list }, ...files]) {
    if (!(await isThere(join(folder, file.path), file))) await put(folder, file);
  }
  const now = new Date();
  await utimes(folder, now, now);
}

/** Whether the file is a file and holds what it should. */
export async function isThere(path: string, file: Pick<PackedFile, 'sha256'> & { readonly bytes?: Uint8Array }) {
  try {
    const stats = await stat(path);
    if (!stats.isFile() || (file.bytes !== undefined && stats.size !== file.bytes.length)) return false;
    return sha256(await readFile(path)) === file.sha256;
  } catch {
    return false;
  }
}

async function put(folder: string, { path, bytes }: PackedFile): Promise<void> {
  const place = join(folder, path);
  const beside = join(folder, `.${randomUUID()}`);
  await writeFile(beside, bytes, { mode: 0o600, flag: 'wx' });
  try {
    await makeWay(folder, path);
    await rename(beside, place);
  } catch (thrown) {
    await unlink(beside).catch(() => undefined);
    throw thrown;
  }
}

/** Makes the folders that a file needs, and removes what stands in their place or, as a folder, in its own. */
async function makeWay(folder: string, path: string): Promise<void> {
  const parts = path.split('/');
  for (let count = 1; count < parts.length; count++) {
    const above = join(folder, ...parts.slice(0, count));
    const stats = await lstat(above).catch(() => undefined);
    if (stats !== undefined && !stats.isDirectory()) await rm(above, { force: true });
  }
  await mkdir(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
  const stats = await lstat(join(folder, path)).catch(() => undefined);
  if (stats?.isDirectory()) await rm(join(folder, path), { recursive: true, force: true });
}

/** Removes packages in `cache` that nobody has used for long. Never throws. */
export async function prune(cache: string, now: number = Date.now()): Promise<void> {
  const names = await readdir(cache).catch(() => []);
  for (const name of names.filter((each) => /^[0-9a-f]{64}$/.test(each))) {
    const folder = join(cache, name);
    const stats = await stat(folder).catch(() => undefined);
    const isOld = stats !== undefined && now - stats.mtimeMs > keptDays * 24 * 3_600_000;
    if (isOld) await remove(folder).catch(() => undefined);
  }
}

async function remove(folder: string): Promise<void> {
  const list: unknown = JSON.parse(await readFile(join(folder, listName), 'utf8'));
  if (!Array.isArray(list)) return;
  const paths = list.filter((path) => typeof path === 'string' && !path.split('/').includes('..'));
  for (const path of paths) await rm(join(folder, path), { force: true });
  await rm(join(folder, listName), { force: true });
  await removeEmpty(folder);
}

async function removeEmpty(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeEmpty(join(folder, entry.name));
  }
  await rmdir(folder).catch(() => undefined); // somebody's file is in it
}
