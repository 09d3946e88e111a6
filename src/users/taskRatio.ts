/**
 * How often each task runs, by weights: what `--show-task-ratio` prints. Pure.
 */
import type { Environment } from '../events/index.js';
import { isMarkovClass, isTaskSetClass, taskName } from './task.js';
import type { TaskList } from './taskList.js';
import { selectedTasks } from './taskSelection.js';
import type { UserClass } from './user.js';

export interface TaskRatio {
  /** From 0 to 1. */
  readonly ratio: number;
  readonly tasks?: TaskRatios;
}
/** By the name of the class or task. */
export interface TaskRatios {
  readonly [name: string]: TaskRatio;
}

export interface TaskRatioReport {
  /** Ratios within the class or set around. Locust: `per_class`. */
  readonly perClass: TaskRatios;
  /** Ratios of all task runs: those within, times the share of what is around. Locust: `total`. */
  readonly total: TaskRatios;
}

/** `userCounts`: users by class name; see `expectedUserCounts`. */
export function taskRatios(
  environment: Environment,
  userClasses: readonly UserClass[],
  userCounts: Readonly<Record<string, number>>,
): TaskRatioReport {
  const all = userClasses.reduce((sum, { name }) => sum + (userCounts[name] ?? 0), 0) || 1;
  const report = (isTotal: boolean): TaskRatios =>
    Object.fromEntries(
      userClasses.map((userClass) => {
        const ratio = (userCounts[userClass.name] ?? 0) / all;
        return [userClass.name, { ratio, tasks: ratiosIn(selectedTasks(environment, userClass), ratio, isTotal) }];
      }),
    );
  return { perClass: report(false), total: report(true) };
}

/** Users by class when `userCount` are asked for; without it, one for each unit of weight. */
export function expectedUserCounts(
  userClasses: readonly UserClass[],
  userCount?: number,
): Readonly<Record<string, number>> {
  const fixed = userClasses.reduce((sum, { fixedCount }) => sum + fixedCount, 0);
  const weight = userClasses.reduce((sum, userClass) => sum + (userClass.fixedCount > 0 ? 0 : userClass.weight), 0);
  const weighted = Math.max(0, (userCount ?? (fixed > 0 ? fixed + weight : weight)) - fixed);
  return Object.fromEntries(
    userClasses.map((userClass) => {
      if (userClass.fixedCount > 0) return [userClass.name, userClass.fixedCount];
      return [userClass.name, weight > 0 ? (userClass.weight / weight) * weighted : 0];
    }),
  );
}

function ratiosIn(list: TaskList, around: number, isTotal: boolean): TaskRatios {
  const ratios: Record<string, TaskRatio> = {};
  for (const { task, weight } of list.entries) {
    if (weight === 0) continue;
    const name = taskName(task);
    const ratio = (ratios[name]?.ratio ?? 0) + (weight / list.tasks.length) * (isTotal ? around : 1);
    const inner = isTaskSetClass(task) && !isMarkovClass(task) ? list.listOf(task) : undefined;
    ratios[name] = inner === undefined ? { ratio } : { ratio, tasks: ratiosIn(inner, ratio, isTotal) };
  }
  return ratios;
}

/** The two tables of `--show-task-ratio`, as lines. */
export function formatTaskRatios(report: TaskRatioReport): readonly string[] {
  const rule = '-'.repeat(80);
  return [
    '',
    ' Task ratio per User class',
    rule,
    ...linesOf(report.perClass, 0),
    '',
    ' Total task ratio',
    rule,
    ...linesOf(report.total, 0),
    '',
  ];
}

function linesOf(ratios: TaskRatios, level: number): string[] {
  const indent = '  '.repeat(level);
  return Object.entries(ratios).flatMap(([name, { ratio, tasks }]) => [
    ` ${`${indent}${(ratio * 100).toFixed(1)}`.padEnd(10)} ${indent}${name}`,
    ...(tasks === undefined ? [] : linesOf(tasks, level + 1)),
  ]);
}

/** The report as `--show-task-ratio-json` prints it, with Locust's names. */
export function taskRatiosJson(report: TaskRatioReport): string {
  return JSON.stringify({ per_class: report.perClass, total: report.total }, undefined, 4);
}
