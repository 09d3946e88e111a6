/**
 * Reads what a shape's `tick` gave. Pure: anything may come out of user code.
 */
import { inspect } from 'node:util';
import { TsloadError } from '../errors.js';

export interface ShapeLoad {
  readonly userCount: number;
  readonly spawnRate: number;
  /** `undefined`: the classes stay as they are. */
  readonly userClasses: readonly string[] | undefined;
}

/** The load that a tick asks for; `undefined` ends the test. Throws `TsloadError` BAD_SHAPE for anything else. */
export function readTick(result: unknown, known: ReadonlySet<string>): ShapeLoad | undefined {
  if (result === null || result === undefined) return undefined;
  if (!Array.isArray(result) || result.length < 2 || result.length > 3) {
    throw badTick(
      result,
      'it must return [users, spawnRate], [users, spawnRate, userClasses], or null to end the test',
    );
  }
  const [users, spawnRate, userClasses]: readonly unknown[] = result;
  if (typeof users !== 'number' || !Number.isFinite(users) || users < 0) {
    throw badTick(result, 'users must be a number, 0 or above');
  }
  if (typeof spawnRate !== 'number' || !Number.isFinite(spawnRate) || spawnRate <= 0) {
    throw badTick(result, 'spawnRate must be a number above 0');
  }
  return { userCount: Math.round(users), spawnRate, userClasses: readClasses(result, userClasses, known) };
}

function readClasses(result: unknown, given: unknown, known: ReadonlySet<string>): readonly string[] | undefined {
  if (given === null || given === undefined) return undefined;
  if (!Array.isArray(given)) throw badTick(result, 'userClasses must be a list of user classes');
  return given.map((item: unknown) => {
    const name = typeof item === 'function' ? item.name : item;
    if (typeof name === 'string' && known.has(name)) return name;
    throw badTick(result, `the test has no user class ${String(name)}, only ${[...known].join(', ')}`);
  });
}

function badTick(result: unknown, expected: string): TsloadError {
  const shown = inspect(result, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
  return new TsloadError('BAD_SHAPE', `tick of the load shape returned ${shown}: ${expected}`);
}

/** Whether two loads are the same: a tick that repeats itself changes nothing. */
export function isSameLoad(a: ShapeLoad | undefined, b: ShapeLoad | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.userCount === b.userCount && a.spawnRate === b.spawnRate && isSameList(a.userClasses, b.userClasses);
}

function isSameList(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((name, at) => name === b[at]);
}
