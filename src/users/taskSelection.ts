/**
 * Which of their declared tasks the user classes of one environment run: by name (`--config-users`), by tag, or, with equal
 * weights, every single task once. Classes stay as they are, so two environments can choose differently.
 */
import { TsloadError } from '../errors.js';
import type { Environment } from '../events/index.js';
import { getLogger } from '../log.js';
import { isMarkovClass, isTaskSetClass, type TaskSetClass, taskName } from './task.js';
import { declaredTasks, type TaskEntry, TaskList, type TaskOwnerClass, taskNames } from './taskList.js';

export interface TagFilter {
  /** Keep tasks with at least one of these; empty or absent: all. Locust: `tags`. */
  readonly tags?: readonly string[] | undefined;
  /** Drop tasks with any of these, also where `tags` would keep them. Locust: `exclude_tags`. */
  readonly excludeTags?: readonly string[] | undefined;
}

const log = getLogger('tsload.user');
const selections = new WeakMap<Environment, TaskSelection>();

/** The selection of an environment, made when it is first asked for. */
export function taskSelectionOf(environment: Environment): TaskSelection {
  const known = selections.get(environment);
  if (known !== undefined) return known;
  const selection = new TaskSelection();
  selections.set(environment, selection);
  return selection;
}

/** The tasks that users of a class run in an environment. */
export function selectedTasks(environment: Environment, owner: TaskOwnerClass): TaskList {
  return selections.get(environment)?.listOf(owner) ?? declaredTasks(owner);
}

/** Users take their list when they are made: a change holds for users that are started later. */
export class TaskSelection {
  #filter: TagFilter = {};
  #hasEqualWeights = false;
  readonly #names = new Map<TaskOwnerClass, ReadonlySet<string>>();
  readonly #lists = new Map<TaskOwnerClass, { readonly declared: TaskList; readonly list: TaskList }>();

  /**
   * Runs only tasks with the right tags from now on, in nested task sets too; a set without tasks left is no task. Warns of
   * each class that has no tasks left.
   */
  filterByTags(filter: TagFilter, owners: Iterable<TaskOwnerClass> = []): void {
    this.#filter = filter;
    this.#lists.clear();
    for (const owner of owners) {
      if (declaredTasks(owner).entries.length > 0 && this.listOf(owner).entries.length === 0) {
        log.warning(`class ${owner.name} has no tasks left with the tags given: its users have nothing to do`);
      }
    }
  }

  /** Runs only the tasks of these names, out of all that a class declares. Throws `TsloadError` BAD_OPTION for others. */
  chooseByName(owner: TaskOwnerClass, names: readonly string[]): void {
    const known = taskNames(declaredTasks(owner));
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw new TsloadError('BAD_OPTION', `class ${owner.name} has no task ${unknown}: it has ${known.join(', ')}`);
    }
    this.#names.set(owner, new Set(names));
    this.#lists.delete(owner);
  }

  /** Runs every single task with the same chance: task sets are dissolved, and their tasks get the user as `this`. */
  assignEqualWeights(): void {
    this.#hasEqualWeights = true;
    this.#lists.clear();
  }

  listOf(owner: TaskOwnerClass): TaskList {
    const declared = declaredTasks(owner);
    const known = this.#lists.get(owner);
    if (known?.declared === declared) return known.list;
    const named = withNames(declared, this.#names.get(owner));
    const filtered = isNoFilter(this.#filter) ? named : withTags(named, this.#filter, []);
    const list = this.#hasEqualWeights ? dissolved(filtered) : filtered;
    this.#lists.set(owner, { declared, list });
    return list;
  }
}

function isNoFilter({ tags, excludeTags }: TagFilter): boolean {
  return !tags?.length && !excludeTags?.length;
}

function withNames(list: TaskList, names: ReadonlySet<string> | undefined): TaskList {
  if (names === undefined) return list;
  const entries = list.entries.filter((entry) => names.has(taskName(entry.task)));
  return new TaskList(list.owner, entries);
}

/** `outerTags`: of the entries around this list, which hold for all in it. A Markov set stays whole: it takes no tags. */
function withTags(list: TaskList, filter: TagFilter, outerTags: readonly string[]): TaskList {
  const nested = new Map<TaskSetClass, TaskList>();
  const entries = list.entries.filter((entry) => {
    const tags = [...outerTags, ...entry.tags];
    if (!isTaskSetClass(entry.task)) return passes(tags, filter);
    if (isMarkovClass(entry.task)) return true;
    const inner = withTags(declaredTasks(entry.task), filter, tags);
    if (inner.entries.length > 0) nested.set(entry.task, inner);
    return inner.entries.length > 0;
  });
  return new TaskList(list.owner, entries, nested);
}

function passes(carried: readonly string[], { tags, excludeTags }: TagFilter): boolean {
  if (tags?.length && !carried.some((name) => tags.includes(name))) return false;
  return !carried.some((name) => excludeTags?.includes(name));
}

function dissolved(list: TaskList): TaskList {
  const leaves = new Map<unknown, TaskEntry>();
  const walk = (from: TaskList): void => {
    for (const entry of from.entries) {
      if (entry.weight === 0) continue;
      if (isTaskSetClass(entry.task) && !isMarkovClass(entry.task)) walk(from.listOf(entry.task));
      else leaves.set(entry.task, { ...entry, weight: 1 });
    }
  };
  walk(list);
  return new TaskList(list.owner, [...leaves.values()]);
}
