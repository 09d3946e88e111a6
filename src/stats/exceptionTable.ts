/**
 * Exceptions of a locustfile over the run, grouped by traceback. Their number is bounded: what comes beyond is `(other)`.
 */
import type { ExceptionView } from '../events/index.js';
import { bounded, otherText, textLimits } from './boundedText.js';
import type { ExceptionSnapshot } from './snapshot.js';

/** An exception of user code on one worker. */
export interface UserException {
  readonly message: string;
  readonly traceback: string;
  /** Worker id; `local` in a one-process run. */
  readonly node: string;
  /** How often it came. Default 1. */
  readonly count?: number;
}

export const maxExceptionKinds = 500;
/** Workers that are named with an exception: the first that had it. */
const maxNodes = 1000;

class ExceptionTotal implements ExceptionView {
  count = 0;
  readonly #nodes = new Set<string>();

  constructor(
    readonly message: string,
    readonly traceback: string,
  ) {}

  get nodes(): readonly string[] {
    return [...this.#nodes];
  }

  add({ node, count = 1 }: UserException): void {
    this.count += count;
    if (this.#nodes.size < maxNodes) this.#nodes.add(node);
  }

  restore(count: number, nodes: readonly string[]): void {
    this.count = count;
    for (const node of nodes) this.#nodes.add(node);
  }
}

export class ExceptionTable {
  readonly #byTraceback = new Map<string, ExceptionTotal>();

  /** In the order in which they first came. */
  get all(): readonly ExceptionView[] {
    return [...this.#byTraceback.values()];
  }

  add(exception: UserException): void {
    const traceback = bounded(exception.traceback, textLimits.traceback);
    const known = this.#byTraceback.get(traceback) ?? this.#newTotal(exception.message, traceback);
    known.add(exception);
  }

  snapshot(): readonly ExceptionSnapshot[] {
    return this.all.map(({ message, traceback, count, nodes }) => ({ message, traceback, count, nodes }));
  }

  restore(exceptions: readonly ExceptionSnapshot[]): void {
    this.clear();
    for (const { message, traceback, count, nodes } of exceptions) {
      const total = new ExceptionTotal(message, traceback);
      total.restore(count, nodes);
      this.#byTraceback.set(traceback, total);
    }
  }

  clear(): void {
    this.#byTraceback.clear();
  }

  #newTotal(message: string, traceback: string): ExceptionTotal {
    if (this.#byTraceback.size >= maxExceptionKinds) {
      const other = this.#byTraceback.get(otherText);
      if (other !== undefined) return other;
    }
    const hasRoom = this.#byTraceback.size < maxExceptionKinds;
    const total = hasRoom
      ? new ExceptionTotal(bounded(message, textLimits.error), traceback)
      : new ExceptionTotal(otherText, otherText);
    this.#byTraceback.set(total.traceback, total);
    return total;
  }
}
