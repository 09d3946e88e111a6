/**
 * What the users and clients of a worker are given: the recorder, chance, iterations, and where to tell of exceptions.
 */
import type { Recorder, UserRuntime } from '../events/index.js';
import type { TestSettings } from '../link/index.js';
import { ExceptionLog } from './exceptionLog.js';
import { IterationBudget } from './iterationBudget.js';
import { randomFrom, userKey } from './random.js';

export class WorkerRuntime implements UserRuntime {
  readonly exceptions = new ExceptionLog();
  /** Absent without a limit, so that nobody asks. */
  claimIteration?: (user: object) => boolean;
  budget: IterationBudget | undefined;
  #seed: number | undefined;
  /** Users made so far, by class: the ordinal of the next one. Only with a seed. */
  readonly #made = new Map<string, number>();
  readonly #keys = new WeakMap<object, string>();

  constructor(
    readonly recorder: Recorder,
    private readonly workerIndex: () => number,
    readonly stopTest: (reason: unknown) => void,
  ) {}

  begin({ iterations, seed }: TestSettings): void {
    this.exceptions.take();
    this.#seed = seed;
    this.#made.clear();
    this.budget = iterations === undefined ? undefined : new IterationBudget(iterations);
    const { budget } = this;
    if (budget === undefined) delete this.claimIteration;
    else this.claimIteration = (user) => budget.claim(user);
  }

  /** No task begins any more in this test: every user ends before its next one. */
  refuseTasks(): void {
    this.claimIteration = () => false;
  }

  /** A user was made: with a seed its numbers follow from its place among the users of its class. */
  introduce(user: object, userClass: string): void {
    if (this.#seed === undefined) return;
    const ordinal = this.#made.get(userClass) ?? 0;
    this.#made.set(userClass, ordinal + 1);
    this.#keys.set(user, userKey(this.#seed, this.workerIndex(), userClass, ordinal));
  }

  randomOf(user: object): () => number {
    const key = this.#keys.get(user);
    return key === undefined ? Math.random : randomFrom(key);
  }

  userException(thrown: unknown): void {
    this.exceptions.add(thrown);
  }
}
