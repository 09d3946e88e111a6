/**
 * Exceptions of user code since the last report. Texts are cut as the statistics cut them, or the master would refuse them.
 */
import { ExceptionGroups, type ReportedException } from '../link/index.js';
import { describeThrown } from '../log.js';
import { bounded, textLimits } from '../stats/index.js';
import { tracebackOf } from '../traceback.js';

export class ExceptionLog {
  readonly #groups = new ExceptionGroups();

  add(thrown: unknown): void {
    this.#groups.add(bounded(tracebackOf(thrown), textLimits.traceback), () =>
      bounded(messageOf(thrown), textLimits.error),
    );
  }

  /** What came since the last call. */
  take(): ReportedException[] {
    return this.#groups.take();
  }
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`;
  return describeThrown(thrown);
}
