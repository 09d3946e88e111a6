/**
 * User classes seen from outside: which values are ones, whether they can run, how they are changed, and how they are made into
 * users.
 */
import { TsloadError } from '../errors.js';
import { type Environment, isControl } from '../events/index.js';
import { tracebackOf } from '../traceback.js';
import { chainOf } from './markovChain.js';
import { shown } from './shown.js';
import { isMarkovClass, isTaskSetClass, type TaskSetClass } from './task.js';
import { declaredTasks, type TaskList } from './taskList.js';
import { taskSelectionOf } from './taskSelection.js';
import { User, type UserClass } from './user.js';
import { lifeKey } from './userLife.js';

/** Whether a value is a subclass of `User` that is not abstract. `abstract` holds only for the class that says it. */
export function isUserClass(value: unknown): value is UserClass {
  if (typeof value !== 'function' || !(value.prototype instanceof User)) return false;
  return !(Object.hasOwn(value, 'abstract') && Reflect.get(value, 'abstract') === true);
}

/**
 * Checks all that a class declares, its task sets included. Throws `TsloadError` BAD_USER_CLASS, or a subclass of it, with
 * the first fault. No tasks at all is no fault here: each user reports that.
 */
export function checkUserClass(userClass: UserClass): void {
  const { name, weight, fixedCount, waitTime } = userClass;
  checkNumber(name, 'weight', weight, Number.isFinite(weight));
  checkNumber(name, 'fixedCount', fixedCount, Number.isInteger(fixedCount));
  if (typeof userClass.prototype.waitTime !== 'function') checkWaitTime(name, waitTime);
  filesOf(userClass);
  checkTasks(declaredTasks(userClass), new Set());
}

function checkNumber(name: string, property: string, value: unknown, isRightKind: boolean): void {
  if (typeof value === 'number' && isRightKind && value >= 0) return;
  throw new TsloadError(
    'BAD_USER_CLASS',
    `static ${property} of ${name} is ${shown(value)}: it must be a ${property === 'weight' ? '' : 'whole '}number, 0 or above`,
  );
}

/** What `static files` names. Throws `TsloadError` BAD_USER_CLASS for what is no list of texts and URLs. */
export function filesOf({ name, files }: UserClass): readonly (string | URL)[] {
  const list: unknown = files;
  if (!Array.isArray(list)) {
    throw new TsloadError(
      'BAD_USER_CLASS',
      `static files of ${name} is ${shown(list)}: it must be a list of files and folders, for example ['data/users.csv']`,
    );
  }
  const wrong = list.find((file) => !(file instanceof URL) && (typeof file !== 'string' || file.trim() === ''));
  if (list.includes(wrong)) {
    throw new TsloadError(
      'BAD_USER_CLASS',
      `static files of ${name} has ${shown(wrong)} in it: each must be the name of a file or folder, or a file URL`,
    );
  }
  return list;
}

function checkWaitTime(name: string, waitTime: unknown): void {
  if (typeof waitTime === 'function') return;
  throw new TsloadError(
    'BAD_USER_CLASS',
    `static waitTime of ${name} is ${shown(waitTime)}: it must be a function, for example constant(${typeof waitTime === 'number' ? waitTime : 1})`,
  );
}

function checkTasks(list: TaskList, checked: Set<TaskSetClass>): void {
  for (const { task } of list.entries) {
    if (!isTaskSetClass(task) || checked.has(task)) continue;
    checked.add(task);
    const isAbstract = Object.hasOwn(task, 'abstract') && Reflect.get(task, 'abstract') === true;
    if (isMarkovClass(task) && !isAbstract) chainOf(task);
    const waitTime: unknown = Reflect.get(task, 'waitTime');
    if (waitTime !== undefined && waitTime !== null) checkWaitTime(task.name, waitTime); // without one: the user's
    checkTasks(declaredTasks(task), checked);
  }
}

/**
 * Sets attributes of a user class, as `--config-users` and the class picker do. Every key but `userClassName` and `tasks`
 * becomes a static of the class; `tasks` names those that remain. Locust: `update_user_class`, whose spelling of the keys
 * (`user_class_name`, `fixed_count`) is understood. Throws `TsloadError` BAD_OPTION for unknown tasks and unusable values.
 */
export function updateUserClass(
  environment: Environment,
  userClass: UserClass,
  settings: Readonly<Record<string, unknown>>,
): void {
  for (const [given, value] of Object.entries(settings)) {
    const key = given === 'fixed_count' ? 'fixedCount' : given;
    if (key === 'userClassName' || key === 'user_class_name') continue;
    if (key === 'tasks') taskSelectionOf(environment).chooseByName(userClass, namesOf(userClass, value));
    else if (key === 'weight' || key === 'fixedCount') setNumber(userClass, key, value);
    else Reflect.set(userClass, key, value);
  }
}

function namesOf(userClass: UserClass, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
  throw new TsloadError(
    'BAD_OPTION',
    `tasks of ${userClass.name} must be a list of task names but is ${JSON.stringify(value)}`,
  );
}

function setNumber(userClass: UserClass, key: 'weight' | 'fixedCount', value: unknown): void {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && number >= 0 && Number.isFinite(number)) userClass[key] = number;
  else
    throw new TsloadError(
      'BAD_OPTION',
      `${key} of ${userClass.name} must be a number, 0 or above, but is ${String(value)}`,
    );
}

/**
 * Makes a user. Throws the control exception of its constructor (`StopTest`), and otherwise `TsloadError` BAD_USER_CLASS
 * that names the class: when the constructor throws, or gives something that is no user.
 */
export function createUser(userClass: UserClass, environment: Environment): User {
  const user = construct(userClass, environment);
  if (user instanceof User && user[lifeKey] !== undefined) return user;
  throw new TsloadError(
    'BAD_USER_CLASS',
    `the constructor of ${userClass.name} returned something that is no user: call super(environment) and return nothing`,
  );
}

function construct(userClass: UserClass, environment: Environment): unknown {
  try {
    return new userClass(environment);
  } catch (thrown) {
    if (isControl(thrown)) throw thrown;
    const { name } = userClass;
    if (thrown instanceof TsloadError) throw thrown;
    const message =
      thrown instanceof ReferenceError && thrown.message.includes('super constructor')
        ? `the constructor of ${name} does not call super(environment): call it first`
        : `the constructor of ${name} threw ${thrown instanceof Error ? thrownError(thrown) : String(thrown)}`;
    throw new TsloadError('BAD_USER_CLASS', message, { cause: thrown });
  }
}

/** Its name and message, and the line that threw. */
function thrownError(error: Error): string {
  const frame = /^ +at .*$/m.exec(tracebackOf(error))?.[0].trim();
  return `${error.name}: ${error.message}${frame === undefined ? '' : ` (${frame})`}`;
}
