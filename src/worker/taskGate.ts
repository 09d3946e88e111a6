/**
 * What is asked before each task of a worker: whether its master still counts on it, and whether an iteration is left. Made only
 * when there is a lease or a limit.
 */
import type { TaskGate } from '../events/index.js';
import type { IterationBudget } from './iterationBudget.js';

export class WorkerGate implements TaskGate {
  readonly isCounting: boolean;

  /** `isHeld`: whether users may run at all. */
  constructor(
    private readonly isHeld: () => boolean,
    private readonly budget: IterationBudget | undefined,
  ) {
    this.isCounting = budget?.isCounting ?? false;
  }

  /** Hot: once per task. */
  claim(user: object): boolean | undefined {
    if (!this.isHeld()) return false;
    return this.budget === undefined || this.budget.claim(user);
  }

  wait(user: object, decided: (mayRun: boolean) => void): () => void {
    return this.budget?.wait(user, decided) ?? (() => {});
  }

  finish(user: object): void {
    this.budget?.finish(user);
  }

  unclaim(user: object): void {
    this.budget?.unclaim(user);
  }
}

/** Nobody passes. */
export const closedGate: TaskGate = {
  isCounting: false,
  claim: () => false,
  wait: () => () => {},
  finish: () => {},
  unclaim: () => {},
};
