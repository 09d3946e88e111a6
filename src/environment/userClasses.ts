/**
 * Which of the classes given to an environment run together. Pure.
 */
import { TsloadError } from '../errors.js';
import { checkUserClass, isUserClass } from '../users/index.js';
import type { UserClass } from './options.js';

/**
 * The classes to run, sorted by name, each once; those of weight 0 without a fixed count are left out. Throws `TsloadError`
 * BAD_USER_CLASS for what is no runnable user class, for two classes of one name, and when no class is left.
 */
export function runnableClasses(given: readonly UserClass[]): UserClass[] {
  const classes = [...new Set(given)];
  for (const userClass of classes) check(userClass);
  checkNames(classes);
  const kept = classes.filter(({ weight, fixedCount }) => weight > 0 || fixedCount > 0);
  if (classes.length > 0 && kept.length === 0) {
    const names = classes.map(({ name }) => name).join(', ');
    throw new TsloadError('BAD_USER_CLASS', `no user would be started: the weight of all classes is 0 (${names})`);
  }
  return kept.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function check(userClass: UserClass): void {
  if (!isUserClass(userClass)) {
    const name = typeof userClass === 'function' ? Reflect.get(userClass, 'name') : String(userClass);
    throw new TsloadError(
      'BAD_USER_CLASS',
      `${String(name)} is no user class that can run: give subclasses of User that are not abstract`,
    );
  }
  checkUserClass(userClass);
}

/** Names are how a master tells its workers of classes, and how statistics and outputs name them. */
function checkNames(classes: readonly UserClass[]): void {
  const byName = new Map<string, UserClass[]>();
  for (const userClass of classes) {
    const same = byName.get(userClass.name);
    if (same === undefined) byName.set(userClass.name, [userClass]);
    else same.push(userClass);
  }
  const doubled = [...byName].filter(([, same]) => same.length > 1);
  if (doubled.length === 0) return;
  const described = doubled.map(([name, same]) => `${name} (${same.map(describe).join('; ')})`).join(', ');
  throw new TsloadError('BAD_USER_CLASS', `several user classes have the same name: ${described}; give each its own`);
}

/** What tells two classes of one name apart: their ancestors, weight and fixed count. */
function describe(userClass: UserClass): string {
  const ancestors: string[] = [];
  for (
    let base: unknown = userClass;
    typeof base === 'function' && base.name !== '';
    base = Object.getPrototypeOf(base)
  ) {
    ancestors.push(base.name);
  }
  return `${ancestors.join(' extends ')}, weight ${userClass.weight}, fixedCount ${userClass.fixedCount}`;
}
