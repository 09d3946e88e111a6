/**
 * Finds imports that break the rules of the rooms. Pure: files in, sentences out.
 *
 * Type-only imports count for the arrows, because a type is knowledge too; they do not count for cycles, because they are gone
 * when the program runs.
 */
import { forbiddenArrows, forbiddenFolders, groundFiles, indexReaders, layers, packageHomes } from './rules.js';

export interface Import {
  /** As written: `../events/index.js`, `undici`, `node:fs`. */
  readonly specifier: string;
  readonly isTypeOnly: boolean;
}

export interface SourceFile {
  /** From the project's root, with slashes: `src/users/user.ts`. */
  readonly path: string;
  readonly imports: readonly Import[];
}

/** All violations, one sentence each, in the order of the files. Empty: the rules hold. */
export function findViolations(files: readonly SourceFile[]): string[] {
  return [...files.flatMap((file) => [...folderViolations(file), ...importViolations(file)]), ...cycles(files)];
}

function folderViolations({ path }: SourceFile): string[] {
  return path
    .split('/')
    .slice(0, -1)
    .filter((folder) => forbiddenFolders.includes(folder))
    .map((folder) => `${path}: a folder named ${folder} says nothing about what is in it: name its subject`);
}

function importViolations(file: SourceFile): string[] {
  return file.imports.flatMap(({ specifier }) => {
    const problem = specifier.startsWith('.')
      ? problemWithFile(file.path, resolved(file.path, specifier))
      : problemWithPackage(file.path, specifier);
    return problem === undefined ? [] : [`${file.path}: imports ${specifier}, but ${problem}`];
  });
}

function problemWithPackage(path: string, specifier: string): string | undefined {
  if (!path.startsWith('src/')) return undefined;
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (name === 'tsload') return 'the package does not import itself: import the room';
  const homes = packageHomes[name];
  if (homes === undefined || homes.some((home) => path.startsWith(`src/${home}/`))) return undefined;
  return `only ${homes.map((home) => `src/${home}`).join(' and ')} may import ${name}`;
}

function problemWithFile(from: string, to: string): string | undefined {
  if (from.startsWith('examples/')) {
    return to.startsWith('examples/') || to.startsWith('proto/')
      ? undefined
      : 'an example imports tsload by its name, as its reader will';
  }
  if (!from.startsWith('src/')) return undefined;
  if (!to.startsWith('src/')) return 'src/ imports nothing outside of itself';
  return problemBetweenRooms(roomOf(from), from, roomOf(to), to);
}

function problemBetweenRooms(fromRoom: string, from: string, toRoom: string, to: string): string | undefined {
  if (fromRoom === toRoom) return problemInsideRoom(fromRoom, from, to);
  if (toRoom === '') {
    if (groundFiles.includes(baseOf(to)) || indexReaders.includes(fromRoom)) return undefined;
    return `${to} is for locustfiles, and no part of tsload imports it`;
  }
  if (fromRoom === '' && groundFiles.includes(baseOf(from))) return 'a ground file imports no room';
  if (!to.endsWith('/index.ts')) return `a room is entered by its door: src/${toRoom}/index.ts`;
  return fromRoom === '' ? undefined : problemWithArrow(fromRoom, toRoom);
}

function problemInsideRoom(room: string, from: string, to: string): string | undefined {
  if (room === '' || to !== `src/${room}/index.ts` || from === to) return undefined;
  return 'inside a room files import each other, not the door';
}

function problemWithArrow(from: string, to: string): string | undefined {
  const forbidden = forbiddenArrows.find((arrow) => arrow.from === from && arrow.to === to);
  if (forbidden) return `${from} must not know ${to}: ${forbidden.why}`;
  const [fromLayer, toLayer] = [layerOf(from), layerOf(to)];
  if (fromLayer === -1) return `src/${from} is no known room: add it to scripts/imports/rules.ts`;
  if (toLayer === -1) return `src/${to} is no known room: add it to scripts/imports/rules.ts`;
  return toLayer < fromLayer ? undefined : `arrows point down: ${from} does not stand above ${to}`;
}

function layerOf(room: string): number {
  return layers.findIndex((layer) => layer.includes(room));
}

/** `src/users/http/client.ts` is in room `users`; a file directly in src/ is in none (''). */
function roomOf(path: string): string {
  const parts = path.split('/');
  return parts.length > 2 ? (parts[1] ?? '') : '';
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The file that a relative specifier means. `./x.js` is written for what is `x.ts` on disk. */
function resolved(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/').replace(/\.js$/, '.ts');
}

function cycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map(({ path, imports }) => [
      path,
      imports
        .filter(({ specifier, isTypeOnly }) => specifier.startsWith('.') && !isTypeOnly)
        .map(({ specifier }) => resolved(path, specifier)),
    ]),
  );
  const found: string[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push(`${path}: is in a cycle of imports: ${[...trail.slice(start), path].join(' → ')}`);
    if (start >= 0 || done.has(path)) return;
    trail.push(path);
    for (const next of edges.get(path) ?? []) visit(next);
    trail.pop();
    done.add(path);
  };
  for (const path of edges.keys()) visit(path);
  return found;
}
