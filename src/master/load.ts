/**
 * What a start asks for, checked. Pure.
 */
import { TsloadError } from '../errors.js';

export interface Load {
  readonly userCount: number;
  readonly spawnRate: number;
  /** New users come only from these; `undefined`: as before. */
  readonly userClasses: readonly string[] | undefined;
}

/** Throws `TsloadError` MISUSE. `known`: the classes of the test. */
export function checkedLoad(load: Load, known: readonly string[]): Load {
  const { userCount, spawnRate, userClasses } = load;
  if (!Number.isInteger(userCount) || userCount < 0) {
    throw new TsloadError('MISUSE', `the user count must be a whole number, 0 or above, but is ${userCount}`);
  }
  if (!Number.isFinite(spawnRate) || spawnRate <= 0) {
    throw new TsloadError('MISUSE', `the spawn rate must be a number above 0 but is ${spawnRate}`);
  }
  const unknown = userClasses?.find((name) => !known.includes(name));
  if (unknown === undefined) return load;
  throw new TsloadError('MISUSE', `there is no user class ${unknown} in this test, only ${known.join(', ')}`);
}

/** Throws `TsloadError` MISUSE unless all users of the load can start in one step. `ramps`: of the test that goes on. */
export function checkOneStep(load: Load, ramps: { fitsOneStep(load: Load): boolean } | undefined): void {
  const { userCount, spawnRate } = load;
  if (ramps?.fitsOneStep(load) ?? userCount <= Math.max(1, Math.floor(spawnRate))) return;
  throw new TsloadError('MISUSE', `wait: ${userCount} users cannot start in one step of ${spawnRate} per second`);
}
