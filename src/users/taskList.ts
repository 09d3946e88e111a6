/**
 * What a class of users or task sets has as tasks: base classes' first, then its methods, its static members and `tasks`.
 *
 * A list is made once for a class and shared by all its users. Classes are never changed: choosing by tags or names gives new
 * lists (`taskSelection.ts`).
 */
import { TsloadError } from '../errors.js';
import { declaredMembersOf, ownTags } from './declaredMembers.js';
import { checkWeight } from './decorators.js';
import { shown } from './shown.js';
import { isTaskSetClass, type Task, type TaskSetClass, taskName } from './task.js';

/** One declared task. */
export interface TaskEntry {
  readonly task: Task;
  /** How often it stands in the flat list. */
  readonly weight: number;
  /** Those of the task and of the classes that declare it; enclosing task sets add theirs when tasks are chosen by tags. */
  readonly tags: ReadonlySet<string>;
  /** The member that it is, by which a subclass can override it; undefined in `static tasks`. */
  readonly member: string | symbol | undefined;
}

export class TaskList {
  /** Every task as often as its weight says: drawing from it evenly respects the weights. */
  readonly tasks: readonly Task[];
  readonly #nested: Map<TaskSetClass, TaskList>;

  constructor(
    /** The class, for messages. */
    readonly owner: TaskOwnerClass,
    readonly entries: readonly TaskEntry[],
    nested: ReadonlyMap<TaskSetClass, TaskList> = new Map(),
  ) {
    this.tasks = entries.flatMap(({ task, weight }) => new Array<Task>(weight).fill(task));
    this.#nested = new Map(nested);
  }

  /** The list of a task set in this list: a chosen one, or all that its class declares. */
  listOf(set: TaskSetClass): TaskList {
    const known = this.#nested.get(set);
    if (known !== undefined) return known;
    const list = declaredTasks(set);
    this.#nested.set(set, list);
    return list;
  }

  noTasksError(): TsloadError {
    const name = this.owner.name;
    if (declaredTasks(this.owner).entries.length > 0) {
      return new TsloadError(
        'BAD_USER_CLASS',
        `class ${name} has no tasks left: the tags or task names given choose none`,
      );
    }
    const hint =
      'task' in this.owner ? 'rename its static task to tasks' : 'mark a method with @task, or set static tasks';
    return new TsloadError('BAD_USER_CLASS', `class ${name} has no tasks: ${hint}`);
  }
}

/** A class that can have tasks. */
export type TaskOwnerClass = (abstract new (...args: never) => object) & { readonly tasks?: unknown };

const lists = new WeakMap<
  object,
  { readonly tasks: unknown; readonly base: TaskList | undefined; readonly list: TaskList }
>();

/**
 * All tasks that a class declares. The same list each time, until its `static tasks`, or those of a base class, are assigned
 * anew. Throws `TsloadError` BAD_USER_CLASS for what can be no task.
 */
export function declaredTasks(owner: TaskOwnerClass): TaskList {
  const parent: unknown = Object.getPrototypeOf(owner);
  const base = isTaskOwner(parent) ? declaredTasks(parent) : undefined;
  const tasks = Object.hasOwn(owner, 'tasks') ? owner.tasks : undefined;
  const known = lists.get(owner);
  if (known !== undefined && known.tasks === tasks && known.base === base) return known.list;
  const members = memberEntries(owner);
  const entries = [...inheritedEntries(owner, base, members), ...members, ...listedEntries(owner, tasks)];
  const list = new TaskList(owner, entries);
  lists.set(owner, { tasks, base, list });
  return list;
}

function isTaskOwner(value: unknown): value is TaskOwnerClass {
  return typeof value === 'function' && value !== Function.prototype;
}

/** The base's tasks; a member that is overridden runs as overridden, and one that is declared anew counts only there. */
function inheritedEntries(owner: TaskOwnerClass, base: TaskList | undefined, own: readonly TaskEntry[]): TaskEntry[] {
  const declared = new Set(own.map((entry) => entry.member));
  return (base?.entries ?? [])
    .filter((entry) => entry.member === undefined || !declared.has(entry.member))
    .map((entry) => overridden(owner, entry));
}

function overridden(owner: TaskOwnerClass, entry: TaskEntry): TaskEntry {
  if (entry.member === undefined) return entry;
  const holder = isTaskSetClass(entry.task) ? owner : owner.prototype;
  const task: unknown = Reflect.get(Object(holder), entry.member);
  if (!isTask(task) || task === entry.task) return entry;
  return { ...entry, task, tags: union(entry.tags, ownTags(task)) };
}

function memberEntries(owner: TaskOwnerClass): TaskEntry[] {
  const entries: TaskEntry[] = [];
  for (const { name, value, weight, tags } of declaredMembersOf(owner)) {
    if (weight === undefined || value === undefined) continue;
    entries.push({ task: value, weight, tags: union(tags, ownTags(value), ownTags(owner)), member: name });
  }
  return entries;
}

function listedEntries(owner: TaskOwnerClass, tasks: unknown): TaskEntry[] {
  return pairsOf(owner, tasks).map(([task, weight]) => {
    if (!isTask(task)) throw notATask(owner, task);
    checkWeight(`tasks of ${owner.name}`, weight);
    return { task, weight, tags: union(ownTags(task), ownTags(owner)), member: undefined };
  });
}

function pairsOf(owner: TaskOwnerClass, tasks: unknown): (readonly [task: unknown, weight: unknown])[] {
  if (tasks === undefined || tasks === null) return [];
  if (tasks instanceof Map) return [...tasks];
  if (Array.isArray(tasks)) return tasks.map((task: unknown) => (Array.isArray(task) ? [task[0], task[1]] : [task, 1]));
  throw new TsloadError(
    'BAD_USER_CLASS',
    `static tasks of ${owner.name} is ${shown(tasks)}: it must be a list of tasks, or a Map from task to weight`,
  );
}

function isTask(value: unknown): value is Task {
  if (typeof value !== 'function') return false;
  return isTaskSetClass(value) || !/^class\b/.test(Function.prototype.toString.call(value));
}

function notATask(owner: TaskOwnerClass, found: unknown): TsloadError {
  const hint =
    typeof found === 'string'
      ? `the method itself, ${owner.name}.prototype.${found}`
      : 'functions and task set classes';
  const what = typeof found === 'function' ? `${shown(found)}, which is no task set` : shown(found);
  return new TsloadError('BAD_USER_CLASS', `static tasks of ${owner.name} holds ${what}: give it ${hint}`);
}

function union(...sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  return new Set(sets.flatMap((set) => [...set]));
}

/** The names of tasks, each once, in their order. */
export function taskNames(list: TaskList): readonly string[] {
  return [...new Set(list.entries.filter((entry) => entry.weight > 0).map((entry) => taskName(entry.task)))];
}
