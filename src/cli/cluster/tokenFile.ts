/**
 * The token that a master has made, kept where only its user can read it, so that workers of the same user on the same machine
 * need not be told. One file for each port; masters that share a port have different addresses, and a file each.
 *
 * A master that was killed leaves its file behind. The next master on that port takes the token over, so that workers which
 * held on to it can come back.
 */
import { lstatSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { makeFolder } from '../../folders.js';
import { isToken } from '../../token.js';
import type { Variables } from '../options/variables.js';

/** Where a master listens. */
interface Place {
  readonly host: string;
  readonly port: number;
}

/** Any of these may be what a worker finds at its default address. */
const usualHosts: readonly string[] = ['*', '0.0.0.0', '::', '127.0.0.1', 'localhost'];

/** The possible places of a master's file, first choice first: gone with the user's session, or in the home folder. */
export function tokenPaths({ host, port }: Place, variables: Variables, home = homedir()): readonly string[] {
  const address = usualHosts.includes(host) ? '' : `${host.replaceAll(/[^\w.:-]/g, '_')}-`;
  const name = join('tsload', `master-${hostname()}-${address}${port}.token`);
  const runtime = variables['XDG_RUNTIME_DIR'] || `/run/user/${process.getuid?.() ?? 0}`;
  const cache = variables['XDG_CACHE_HOME'] || join(home, '.cache');
  // a relative one would be another folder for each of the two
  return [...(isFolder(runtime) ? [runtime] : []), cache].filter(isAbsolute).map((folder) => join(folder, name));
}

/**
 * Where a worker looks that connects to this place: who listens there may do so at all addresses. `localhost` is `::1` as well on most
 * machines, at which a master has a file of its own.
 */
export function tokenPathsOfWorker({ host, port }: Place, variables: Variables, home?: string): readonly string[] {
  const hosts = [host, '*', ...(host === 'localhost' ? ['::1'] : [])];
  return [...new Set(hosts.flatMap((master) => tokenPaths({ host: master, port }, variables, home)))];
}

/** The token in the first of the files that is there, is ours, and is nobody else's to read. */
export function findToken(paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const token = readOwn(path)?.split('\n')[0];
    if (token !== undefined && isToken(token)) return token;
  }
  return undefined;
}

/**
 * Writes the token into the first place that takes it, until the process ends, and takes away what an earlier master left.
 * Returns the path; undefined when no place takes it.
 */
export async function keepToken(token: string, paths: readonly string[]): Promise<string | undefined> {
  forgetTokens(paths);
  for (const path of paths) {
    try {
      await makeFolder(dirname(path));
      const draft = `${path}.${process.pid}`;
      rmSync(draft, { force: true });
      writeFileSync(draft, `${token}\n${process.pid}\n`, { mode: 0o600, flag: 'wx' });
      renameSync(draft, path);
      process.once('exit', () => removeOwn(path));
      return path;
    } catch {
      // the next place
    }
  }
  return undefined;
}

/** Takes away what a master on this port has left behind. */
export function forgetTokens(paths: readonly string[]): void {
  for (const path of paths) {
    try {
      rmSync(path, { force: true });
    } catch {
      // another user's, or no folder at all: nobody of us reads it
    }
  }
}

/** Not the file of a master that took its place. */
function removeOwn(path: string): void {
  if (readOwn(path)?.split('\n')[1] === String(process.pid)) forgetTokens([path]);
}

function readOwn(path: string): string | undefined {
  try {
    const { uid, mode } = lstatSync(path);
    const isOurs = process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0);
    return isOurs ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
