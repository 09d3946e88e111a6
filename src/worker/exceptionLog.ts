/**
 * Exceptions of user code since the last report, grouped by traceback.
 *
 * Bounded: texts are cut as the statistics cut them, or the master would refuse them; after `maxTracebacks` different ones within
 * one interval further ones are counted together, so that an exception with a number in its text cannot fill the memory.
 */

import type { ReportedException } from '../link/index.js';
import { describeThrown } from '../log.js';
import { bounded, textLimits } from '../stats/index.js';
import { tracebackOf } from '../traceback.js';

const maxTracebacks = 200;
const others = { message: '(further exceptions)', traceback: '(more different exceptions than are kept apart)' };

export class ExceptionLog {
  #groups = new Map<string, { readonly message: string; readonly traceback: string; count: number }>();

  add(thrown: unknown): void {
    const traceback = bounded(tracebackOf(thrown), textLimits.traceback);
    let group = this.#groups.get(traceback);
    if (group === undefined) {
      const kept =
        this.#groups.size < maxTracebacks
          ? { message: bounded(messageOf(thrown), textLimits.error), traceback }
          : others;
      group = this.#groups.get(kept.traceback) ?? { ...kept, count: 0 };
      this.#groups.set(kept.traceback, group);
    }
    group.count++;
  }

  /** What came since the last call. */
  take(): ReportedException[] {
    const taken = [...this.#groups.values()];
    this.#groups = new Map();
    return taken;
  }
}

/** Two lists in one, with the same bound. */
export function addExceptions(
  earlier: readonly ReportedException[],
  later: readonly ReportedException[],
): readonly ReportedException[] {
  if (earlier.length === 0) return later;
  const groups = new Map<string, ReportedException>();
  for (const one of [...earlier, ...later]) {
    const isKept = groups.has(one.traceback) || groups.size < maxTracebacks;
    const kept = isKept ? one : { ...others, count: one.count };
    groups.set(kept.traceback, { ...kept, count: (groups.get(kept.traceback)?.count ?? 0) + one.count });
  }
  return [...groups.values()];
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`;
  return describeThrown(thrown);
}
