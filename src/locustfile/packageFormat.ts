/**
 * What a locustfile's package says, and its reader. Pure.
 *
 *   bundle/locustfile.mjs        the bundle
 *   bundle/locustfile.mjs.map    its source map; the sources are named as the master has them
 *   files/…                      the data files, each at its place below the root
 *
 * The root is the innermost folder of the master that holds the sources, the data files and the working directory. So what is
 * `../shared.csv` for the locustfile is so for its copy as well, and nothing points out of the copy.
 */
import { LocustfileError } from '../errors.js';

/** Goes up when a worker of before could not use what a master of now packs. */
export const packageFormat = 1;

/** Of all data files of a locustfile together. */
export const maxDataBytes = 256 * 1024 ** 2;
export const maxDataFiles = 10_000;
/** Of a package, unpacked. */
export const maxPackageBytes = maxDataBytes + 64 * 1024 ** 2;

const maxListed = 100_000;
const maxPathLength = 4096;

export const bundlePath = 'bundle/locustfile.mjs';
export const mapPath = `${bundlePath}.map`;
export const filesFolder = 'files';

export interface PackedFile {
  /** Relative, with `/`, never upwards. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

/** A source of the bundle, as the master has it. */
export interface PackedSource {
  readonly path: string;
  readonly sha256: string;
}

export interface PackageContents {
  readonly format: number;
  readonly files: readonly PackedFile[];
  /** Path of the bundle among the files. */
  readonly entry: string;
  /** The root on the master, absolute. */
  readonly root: string;
  /** The folder of the first locustfile, and the working directory of the master: relative to the root, with `/`; `''` is the root. */
  readonly base: string;
  readonly cwd: string;
  /** The locustfiles, absolute on the master. */
  readonly locustfiles: readonly string[];
  /** What went into the bundle, npm packages left out. */
  readonly sources: readonly PackedSource[];
  /** npm packages that are not in the bundle. */
  readonly external: readonly string[];
}

/** Throws `LocustfileError` for what is no package of this format. Hashes are compared elsewhere. */
export function readPackage(value: unknown): PackageContents {
  const fields = record(value, 'the package');
  const format = fields['format'];
  if (format !== packageFormat) {
    throw new LocustfileError(
      `the locustfile's package has the format ${String(format)} and this tsload reads ${packageFormat}: ` +
        'install the same tsload on the master and its workers',
    );
  }
  const files = list(fields['files'], 'files', maxDataFiles + 2).map(readFile);
  const entry = insidePath(fields['entry'], 'entry');
  if (!files.some(({ path }) => path === entry)) throw malformed(`it lacks its entry ${entry}`);
  return {
    format,
    files: distinct(files),
    entry,
    root: text(fields['root'], 'root'),
    base: fields['base'] === '' ? '' : insidePath(fields['base'], 'base'),
    cwd: fields['cwd'] === '' ? '' : insidePath(fields['cwd'], 'cwd'),
    locustfiles: list(fields['locustfiles'], 'locustfiles', maxListed).map((path) => text(path, 'locustfiles')),
    sources: list(fields['sources'], 'sources', maxListed).map(readSource),
    external: list(fields['external'], 'external', maxListed).map((name) => text(name, 'external')),
  };
}

function readFile(value: unknown): PackedFile {
  const { path, sha256, bytes } = record(value, 'a file');
  if (!(bytes instanceof Uint8Array)) throw malformed(`the bytes of ${String(path)} are missing`);
  return { path: insidePath(path, 'path'), sha256: hash(sha256), bytes };
}

function readSource(value: unknown): PackedSource {
  const { path, sha256 } = record(value, 'a source');
  return { path: text(path, 'path'), sha256: hash(sha256) };
}

/** No file twice, and none where another has a folder. */
function distinct(files: readonly PackedFile[]): readonly PackedFile[] {
  const paths = new Set<string>();
  for (const { path } of files) {
    if (paths.has(path)) throw malformed(`${path} is in it twice`);
    paths.add(path);
  }
  for (const path of paths) {
    const parts = path.split('/');
    const folder = parts.map((_, index) => parts.slice(0, index).join('/')).find((above) => paths.has(above));
    if (folder !== undefined) throw malformed(`${folder} is a file and a folder in it`);
  }
  return files;
}

/** A path that stays in the folder that it is written to, on any system. */
function insidePath(value: unknown, name: string): string {
  const path = text(value, name);
  const parts = path.split('/');
  const isInside = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !hasForeignMeaning(part));
  if (!isInside) throw malformed(`its ${name} ${JSON.stringify(path)} leads out of it`);
  return path;
}

function hasForeignMeaning(part: string): boolean {
  return part.includes('\0') || (process.platform === 'win32' && /[\\:]/.test(part));
}

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(`${name} is no object`);
  return { ...value };
}

function list(value: unknown, name: string, maxLength: number): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(`its ${name} is no list`);
  if (value.length > maxLength) throw malformed(`its ${name} has more than ${maxLength} elements`);
  return value;
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= maxPathLength) return value;
  throw malformed(`its ${name} is no text of 1 to ${maxPathLength} characters`);
}

function hash(value: unknown): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  throw malformed('a SHA-256 in it is none');
}

function malformed(what: string): LocustfileError {
  return new LocustfileError(`the locustfile's package is malformed: ${what}`);
}
