/**
 * Exceptions grouped by traceback. Bounded: after so many different tracebacks further ones are counted together, so that an
 * exception with a number in its text cannot fill the memory.
 */
import type { ReportedException } from './messages.js';

const maxTracebacks = 200;
const others = { message: '(further exceptions)', traceback: '(more different exceptions than are kept apart)' };

type Group = { -readonly [Key in keyof ReportedException]: ReportedException[Key] };

export class ExceptionGroups {
  #groups = new Map<string, Group>();

  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  /** Texts are to be cut before. `message` is asked for the first of a group only. */
  add(traceback: string, message: () => string, count = 1): void {
    let group = this.#groups.get(traceback);
    if (group === undefined) {
      const kept = this.#groups.size < maxTracebacks ? { message: message(), traceback } : others;
      group = this.#groups.get(kept.traceback) ?? { ...kept, count: 0 };
      this.#groups.set(kept.traceback, group);
    }
    group.count += count;
  }

  clear(): void {
    this.#groups = new Map();
  }

  /** What came since the last call. */
  take(): ReportedException[] {
    const taken = [...this.#groups.values()];
    this.clear();
    return taken;
  }
}

/** Two lists in one, with the same bound. */
export function addExceptions(
  earlier: readonly ReportedException[],
  later: readonly ReportedException[],
): readonly ReportedException[] {
  if (earlier.length === 0) return later;
  const groups = new ExceptionGroups();
  for (const { traceback, message, count } of [...earlier, ...later]) groups.add(traceback, () => message, count);
  return groups.take();
}
