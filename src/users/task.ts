/**
 * What a task is: a function, or a class of task sets.
 */
import type { TaskSet } from './taskSet.js';
import type { User } from './user.js';

/**
 * A task that is a function: a method, called with `this`, or a plain function. Both get the task set that runs them as
 * their argument, or the user, where the task stands on the user itself. It may be async or not.
 */
export type TaskFunction = (this: never, ...args: never) => unknown;

/** A class of task sets: `TaskSet`, `SequentialTaskSet` or `MarkovTaskSet`, or rather a subclass. */
export type TaskSetClass = abstract new (...args: never) => TaskSet;

export type Task = TaskFunction | TaskSetClass;

/**
 * The value of `static tasks`: a list (equal chances), a list of `[task, weight]` pairs, or a `Map` from task to weight.
 * Weights are whole numbers, 0 or above.
 */
export type TaskDeclaration = readonly (Task | readonly (Task | number)[])[] | ReadonlyMap<Task, number>;

/** What a wait function is called on, and given as its argument: a user, or a task set with a `waitTime` of its own. */
export type WaitOwner = User | TaskSet;

/** Gives the seconds to wait after a task; see `between`, `constant`, `constantPacing`, `constantThroughput`. */
export type WaitTime = (this: never, owner: never) => number;

/** Marks task set classes, so that the rooms' files can tell them from functions without importing the class. */
export const taskSetBrand: unique symbol = Symbol('tsload task set');

export function isTaskSetClass(task: unknown): task is TaskSetClass {
  return typeof task === 'function' && taskSetBrand in task;
}

/** A name for people: of a method, function or class. */
export function taskName(task: Task): string {
  const name = task.name.startsWith('bound ') ? task.name.slice('bound '.length) : task.name;
  return name === '' ? '(anonymous)' : name;
}

/** Marks classes of Markov task sets: their tasks follow a chain and not a list. */
export const markovBrand: unique symbol = Symbol('tsload markov task set');

export function isMarkovClass(task: object): boolean {
  return markovBrand in task;
}
