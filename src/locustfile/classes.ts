/**
 * Which exports of the locustfiles are user classes and shapes, and that their names are unique. Pure.
 */
import { LocustfileError } from '../errors.js';

/** One locustfile and what it exports. */
export interface LoadedFile {
  readonly path: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/**
 * The classes that `isWanted`, by name, in the order of files and exports. The same class twice is one class; two classes of
 * one name throw `LocustfileError`.
 */
export function classesByName<C extends { readonly name: string }>(
  files: readonly LoadedFile[],
  isWanted: (value: unknown) => value is C,
  kind: string,
): Map<string, C> {
  const found = new Map<string, { readonly value: C; readonly path: string }>();
  for (const { path, exports } of files) {
    for (const [exportName, value] of Object.entries(exports)) {
      if (!isWanted(value)) continue;
      const name = value.name || exportName;
      const known = found.get(name);
      if (known === undefined) found.set(name, { value, path });
      else if (known.value !== value) throw duplicate(kind, name, known.path, path);
    }
  }
  return new Map([...found].map(([name, { value }]) => [name, value]));
}

function duplicate(kind: string, name: string, first: string, second: string): LocustfileError {
  const where = first === second ? `twice in ${first}` : `in ${first} and in ${second}`;
  return new LocustfileError(`${kind} ${name} is defined ${where}: give each its own name`);
}
