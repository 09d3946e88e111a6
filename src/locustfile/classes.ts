/**
 * Which exports of the locustfiles are user classes and shapes, and that their names are unique.
 *
 * A user class is an exported subclass of `User` that does not itself say `static abstract = true`: being abstract is not
 * inherited. The same for shapes. Pure.
 */
import { LocustfileError } from '../errors.js';
import { User } from '../users/index.js';

export type UserClass = typeof User;
export interface ShapeClass {
  readonly name: string;
  new (): { tick(): unknown };
  readonly abstract?: boolean;
}

/** One locustfile and what it exports. */
export interface LoadedFile {
  readonly path: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** Whether a value is a class that can run: a `User` subclass that is not abstract. Locust: `is_user_class`. */
export function isUserClass(value: unknown): value is UserClass {
  return typeof value === 'function' && value.prototype instanceof User && !isAbstract(value);
}

/** Whether a value is a load shape that can run. */
export function isShapeClass(value: unknown): value is ShapeClass {
  return typeof value === 'function' && typeof value.prototype?.tick === 'function' && !isAbstract(value);
}

function isAbstract(value: object): boolean {
  return Object.hasOwn(value, 'abstract') && 'abstract' in value && value.abstract === true;
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
