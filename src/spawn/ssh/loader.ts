/**
 * The first part of tsload that runs on a host: sent as text, so it imports nothing but Node. It makes the folder of this run,
 * puts tsload into it where the host has no such version, and hands over to `host.ts`.
 *
 * All that a run writes on the host lies in its folder, also what its workers keep in a cache or as temporary files, and goes with
 * it. A run that was killed leaves its folder behind; the next one removes it. A folder belongs to a living run as long as
 * somebody listens at the socket in it: unlike a process id, that is never somebody else's. Where there can be no socket, the
 * folder's time says so.
 */
import { spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { ArchiveEntry } from './archive.js';
import type { Host, HostInput } from './host.js';
import type { FromHost, ToHost } from './hostMessages.js';

const marker = 'tsload-spawn ';
const folderPrefix = 'tsload-host-';
const socketName = 'alive';
/** A socket's whole path may have 104 bytes on some systems. */
const maxBaseBytes = 70;
/** How often a folder without a socket gets the time of day. */
const signOfLifeMillis = 20_000;
/** A folder without a socket is abandoned when its time is that old. */
const silentMillis = 600_000;
/** A line feed ends every line that is not in an archive. */
const lineFeed = 10;

/** Standard input, read by lines and by bytes. */
class Input implements HostInput {
  #chunks: Buffer[] = [];
  #hasEnded = false;
  #wake = (): void => {};

  constructor() {
    const pipe = new Socket({ fd: 0, readable: true, writable: false });
    pipe.on('data', (chunk) => {
      this.#chunks.push(chunk);
      this.#wake();
    });
    pipe.on('error', () => {});
    pipe.on('close', () => {
      this.#hasEnded = true;
      this.#wake();
    });
  }

  /** The next line; undefined when there is none any more. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const all = this.#all();
      const end = all.indexOf(lineFeed);
      if (end !== -1) return this.#take(end + 1).toString('utf8', 0, end);
      if (this.#hasEnded) return undefined;
      await this.#more();
    }
  }

  /** So many; undefined when there are not as many. */
  async bytes(count: number): Promise<Buffer | undefined> {
    let held = this.#held();
    while (held < count && !this.#hasEnded) {
      await this.#more();
      held = this.#held();
    }
    return held < count ? undefined : this.#take(count);
  }

  #held(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0);
  }

  #all(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #take(count: number): Buffer {
    const all = this.#all();
    this.#chunks = [all.subarray(count)];
    return all.subarray(0, count);
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** The folder of this run, with all that goes when it is over. */
class Folder {
  readonly path: string;
  readonly #server: Server;

  constructor(base: string) {
    this.path = mkdtempSync(join(base, folderPrefix)); // nobody else may enter it
    this.#server = createServer((socket) => socket.destroy());
    this.#server.on('error', () => this.#showLife()); // a file system without sockets
    this.#server.listen(join(this.path, socketName));
    this.#server.unref();
    process.once('exit', () => rmSync(this.path, { recursive: true, force: true, maxRetries: 3 }));
  }

  #showLife(): void {
    const show = () => {
      const now = Date.now() / 1000;
      try {
        utimesSync(this.path, now, now);
      } catch {
        // somebody has removed it
      }
    };
    setInterval(show, signOfLifeMillis).unref();
  }
}

await main();

async function main(): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  try {
    await load(new Input());
  } catch (thrown) {
    say({ kind: 'failed', reason: thrown instanceof Error ? thrown.message : String(thrown) });
    setImmediate(() => process.exit(1));
  }
}

async function load(input: Input): Promise<void> {
  const hello = await next(input);
  if (hello?.kind !== 'hello') return;
  const temporary = tmpdir();
  const base = Buffer.byteLength(temporary) > maxBaseBytes ? '/tmp' : temporary;
  await removeAbandoned(base);
  const { path } = new Folder(base);
  const installed = installedTsload(hello.version);
  say({ kind: 'ready', hasTsload: installed !== undefined });
  const root = installed ?? (await unpack(input, join(path, 'tsload')));
  if (root === undefined) process.exit(1); // whoever sent it is gone
  const { runHost }: Host = await import(pathToFileURL(join(root, 'dist/spawn/ssh/host.js')).href);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.removeAllListeners(signal);
  await runHost({ input, folder: path, root });
}

async function next(input: Input): Promise<ToHost | undefined> {
  const line = await input.line();
  if (line === undefined) process.exit(1);
  const message: ToHost = JSON.parse(line);
  return message;
}

function say(message: FromHost): void {
  writeFileSync(1, `${marker}${JSON.stringify(message)}\n`);
}

/** The folder of the tsload that the PATH leads to, when it is of this version. */
function installedTsload(version: string): string | undefined {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), dirname(process.execPath)];
  for (const place of places) {
    try {
      const root = dirname(dirname(realpathSync(join(place, 'tsload'))));
      const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
      if (isTsload(manifest, version) && canWork(root)) return root;
    } catch {
      // none there
    }
  }
  return undefined;
}

function isTsload(manifest: unknown, version: string): boolean {
  if (typeof manifest !== 'object' || manifest === null || !('name' in manifest) || !('version' in manifest))
    return false;
  return manifest.name === 'tsload' && manifest.version === version;
}

/** An installation may be broken. */
function canWork(root: string): boolean {
  const { status } = spawnSync(process.execPath, [join(root, 'bin/tsload.js'), '--version'], { timeout: 10_000 });
  return status === 0 && lstatSync(join(root, 'dist/spawn/ssh/host.js')).isFile();
}

async function unpack(input: Input, root: string): Promise<string | undefined> {
  const announced = await next(input);
  if (announced?.kind !== 'archive') return undefined;
  const archive = await input.bytes(announced.bytes);
  if (archive === undefined) return undefined;
  const all = gunzipSync(archive);
  for (let at = 0; at < all.length; ) {
    const end = all.indexOf(lineFeed, at);
    const entry: ArchiveEntry = JSON.parse(all.toString('utf8', at, end));
    at = end + 1 + entry.size;
    const path = join(root, entry.path);
    if (!path.startsWith(root + sep)) throw new Error(`the archive has a file outside of its folder: ${entry.path}`);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, all.subarray(end + 1, at), { mode: 0o600 });
  }
  return root;
}

/** Never throws: what cannot be removed stays. */
async function removeAbandoned(base: string): Promise<void> {
  for (const name of readdirSync(base)) {
    if (!name.startsWith(folderPrefix)) continue;
    const path = join(base, name);
    try {
      if (await isAbandoned(path)) rmSync(path, { recursive: true, force: true });
    } catch {
      // of another user, or gone meanwhile
    }
  }
}

/** Of this user, and nobody listens in it. */
async function isAbandoned(path: string): Promise<boolean> {
  const { uid, mtimeMs } = lstatSync(path);
  if (!lstatSync(path).isDirectory() || uid !== process.getuid?.()) return false;
  const answer = await knock(join(path, socketName));
  if (answer === 'ENOENT') return Date.now() - mtimeMs > silentMillis;
  return answer === 'ECONNREFUSED';
}

/** Empty when somebody is there. */
function knock(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve('');
    });
    socket.once('error', (error) => resolve('code' in error ? String(error.code) : 'unknown'));
  });
}
