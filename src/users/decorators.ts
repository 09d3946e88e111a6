/**
 * `@task`, `@tag`, `@transition` and `@transitions`: standard (TC39) decorators that note down what a class declares.
 * `taskList.ts` and `markovChain.ts` read it.
 */
import { TsloadError } from '../errors.js';
import { getLogger } from '../log.js';
import { addTags, declaredMember, type MemberContext } from './declaredMembers.js';
import { shown } from './shown.js';
import { isTaskSetClass, type Task, type TaskFunction, type TaskSetClass } from './task.js';

const log = getLogger('tsload.user');

/** Methods that tsload itself calls or offers: a task of that name would replace them. */
const reservedNames: ReadonlySet<unknown> = new Set([
  'start',
  'stop',
  'wait',
  'sleep',
  'waitTime',
  'context',
  'interrupt',
  'scheduleTask',
  'getNextTask',
  'executeTask',
]);

export type MethodContext<This> = ClassMethodDecoratorContext<This> & {
  readonly static: false;
  readonly private: false;
};
export type StaticFieldContext<This, Value> = ClassFieldDecoratorContext<This, Value> & {
  readonly static: true;
  readonly private: false;
};

/** Decorates a method, or a static field that holds a task set class or a function. */
export interface TaskDecorator {
  <This>(method: TaskFunction, context: MethodContext<This>): void;
  <This, Value extends Task>(value: undefined, context: StaticFieldContext<This, Value>): (value: Value) => Value;
}

/** Decorates a task, or a task set or user class, whose tasks then all carry the tags. */
export interface TagDecorator extends TaskDecorator {
  (value: TaggableClass, context: ClassDecoratorContext<TaggableClass>): void;
}
type TaggableClass = abstract new (...args: never) => object;

/** Decorates a method of a `MarkovTaskSet`. */
export type TransitionDecorator = <This>(method: TaskFunction, context: MethodContext<This>) => void;

/**
 * Marks a method as a task: `@task`, `@task()`, or `@task(3)` for three times the chance of `@task`. In a
 * `SequentialTaskSet` the number says how often the task is repeated in its place. On a static field it makes a nested task
 * set (or a function) a task: `@task(2) static browse = class extends TaskSet { … }`.
 *
 * The weight is a whole number, 0 or above; default 1. Throws `TsloadError` BAD_USER_CLASS on members that can be no task.
 * Locust: `task`.
 */
export function task<This>(method: TaskFunction, context: MethodContext<This>): void;
export function task<This, Value extends Task>(
  value: undefined,
  context: StaticFieldContext<This, Value>,
): (value: Value) => Value;
export function task(weight?: number): TaskDecorator; // last: a field's value is undefined, as a weight may be
export function task(...given: unknown[]): unknown {
  if (given.length === 2) return declareTask(1, given[0], contextOf('@task', given[1]));
  const weight = given[0] ?? 1;
  checkWeight('@task', weight);
  return (value: unknown, context: unknown) => declareTask(weight, value, contextOf('@task', context));
}

/**
 * Gives a task tags, by which `--tags` and `--exclude-tags` choose; at least one. On a task set class, all its tasks get them.
 * Several decorators add up. Locust: `tag`.
 */
export function tag(...tags: [string, ...string[]]): TagDecorator;
export function tag(...tags: readonly unknown[]): unknown {
  const names = tags.filter((name): name is string => typeof name === 'string');
  if (tags.length === 0 || names.length < tags.length) {
    throw new TsloadError('BAD_USER_CLASS', `@tag needs at least one name: write @tag('name') instead of @tag`);
  }
  return (value: unknown, context: unknown) => declareTags(names, value, contextOf('@tag', context));
}

/**
 * From this method of a `MarkovTaskSet`, the method `name` may come next. Weights of all its transitions decide; a whole
 * number, 0 or above; default 1. Locust: `transition`.
 */
export function transition(name: string, weight = 1): TransitionDecorator {
  return transitionsDecorator('@transition', [[name, weight]]);
}

/**
 * Several transitions at once: `{ browse: 3, buy: 1 }`, or a list of names and `[name, weight]` pairs. Locust: `transitions`.
 */
export function transitions(
  targets: Readonly<Record<string, number>> | readonly (string | readonly [name: string, weight: number])[],
): TransitionDecorator {
  if (typeof targets !== 'object' || targets === null) {
    throw new TsloadError('BAD_USER_CLASS', `@transitions must be given an object or a list but got ${shown(targets)}`);
  }
  const pairs = Array.isArray(targets) ? targets : Object.entries(targets);
  return transitionsDecorator(
    '@transitions',
    pairs.map((pair: unknown) => (Array.isArray(pair) ? [pair[0], pair.length > 1 ? pair[1] : 1] : [pair, 1])),
  );
}

function transitionsDecorator(what: string, pairs: readonly (readonly [name: unknown, weight: unknown])[]) {
  const checked = pairs.map(([name, weight]): readonly [string, number] => {
    if (typeof name !== 'string') {
      throw new TsloadError('BAD_USER_CLASS', `${what} must name a method but got ${shown(name)}`);
    }
    checkWeight(what, weight);
    return [name, weight];
  });
  return (value: unknown, context: unknown): void => {
    const member = methodMember(what, value, contextOf(what, context));
    member.transitions = [...checked, ...(member.transitions ?? [])];
  };
}

function declareTask(weight: number, value: unknown, context: MemberContext): unknown {
  if (context.kind === 'field' && context.static) {
    const member = declaredMember(context);
    member.weight = weight;
    return (initial: unknown) => {
      member.value = asTask(initial, context);
      return initial;
    };
  }
  if (reservedNames.has(context.name)) {
    throw new TsloadError(
      'BAD_USER_CLASS',
      `a task cannot be called ${String(context.name)}, which is a method of tsload: give it another name`,
    );
  }
  if (context.name === 'onStart' || context.name === 'onStop') {
    log.warning(`${context.name} is marked with @task: it will run as a task too, besides when a user starts or stops`);
  }
  methodMember('@task', value, context).weight = weight;
  return undefined;
}

function declareTags(tags: readonly string[], value: unknown, context: MemberContext): unknown {
  if (context.kind === 'class') {
    if (typeof value === 'function') addTags(value, tags);
    return undefined;
  }
  if (context.kind === 'field' && context.static) {
    const member = declaredMember(context);
    for (const name of tags) member.tags.add(name);
    return undefined;
  }
  const member = methodMember('@tag', value, context);
  for (const name of tags) member.tags.add(name);
  if (member.value !== undefined) addTags(member.value, tags);
  return undefined;
}

function methodMember(what: string, value: unknown, context: MemberContext) {
  if (context.kind !== 'method' || context.static || context.private) throw misplaced(what, context);
  const member = declaredMember(context);
  member.value = asTask(value, context);
  return member;
}

function misplaced(what: string, context: MemberContext): TsloadError {
  const where = `${context.private ? 'private ' : ''}${context.static ? 'static ' : ''}${context.kind}`;
  return new TsloadError(
    'BAD_USER_CLASS',
    `${what} stands on the ${where} ${String(context.name)}: it belongs on a method, or on a static field that holds a task set class`,
  );
}

function asTask(value: unknown, context: MemberContext): Task {
  if (isTaskSetClass(value)) return named(value, context);
  if (isFunction(value)) return value;
  throw new TsloadError(
    'BAD_USER_CLASS',
    `the static field ${String(context.name)} is marked as a task but holds ${shown(value)}: give it a task set class or a function`,
  );
}

function isFunction(value: unknown): value is TaskFunction {
  return typeof value === 'function';
}

/** What compilers call a class without a name. */
const madeUpName = /^(_\w{0,2})?$/;

/** `static browse = class extends TaskSet` has no name, or a made-up one, once it was compiled: it gets its field's. */
function named(value: TaskSetClass, context: MemberContext): TaskSetClass {
  if (madeUpName.test(value.name)) {
    Object.defineProperty(value, 'name', { value: String(context.name), configurable: true });
  }
  return value;
}

function contextOf(what: string, context: unknown): MemberContext {
  if (isMemberContext(context)) return context;
  throw new TsloadError(
    'BAD_USER_CLASS',
    `${what} is a standard decorator but was called as something else: turn off experimentalDecorators, or use static tasks`,
  );
}

function isMemberContext(context: unknown): context is MemberContext {
  if (typeof context !== 'object' || context === null) return false;
  return (
    'kind' in context && 'metadata' in context && typeof context.metadata === 'object' && context.metadata !== null
  );
}

/** Weights repeat a task in a list, so they are whole and not boundless. */
export function checkWeight(what: string, weight: unknown): asserts weight is number {
  if (typeof weight === 'number' && Number.isInteger(weight) && weight >= 0 && weight <= 1_000_000) return;
  throw new TsloadError(
    'BAD_USER_CLASS',
    `${what} must be given a whole number from 0 to 1,000,000 as weight but got ${shown(weight)}`,
  );
}
