/**
 * What the users and clients of a worker are given: the recorder, chance, iterations, and where to tell of exceptions.
 */
import type { Recorder, TaskGate, UserRuntime } from '../events/index.js';
import type { IterationLimit, TestSettings } from '../link/index.js';
import { ExceptionLog } from './exceptionLog.js';
import { GrantedIterations, type IterationBudget, OwnIterations } from './iterationBudget.js';
import { randomFrom, userKey } from './random.js';
import { closedGate, WorkerGate } from './taskGate.js';

export interface RuntimeOptions {
  readonly recorder: Recorder;
  readonly workerIndex: () => number;
  readonly stopTest: (reason: unknown) => void;
  /** Users wait for iterations, or will soon. May be called often. Default: nobody is asked. */
  readonly needIterations?: () => void;
  /** Whether users may run, where there is a lease: asked before each task. */
  readonly isHeld?: () => boolean;
}

export class WorkerRuntime implements UserRuntime {
  readonly exceptions = new ExceptionLog();
  readonly recorder: Recorder;
  readonly stopTest: (reason: unknown) => void;
  /** Absent without a limit and a lease, so that nobody asks. */
  taskGate: TaskGate | undefined = undefined;
  budget: IterationBudget | undefined;
  #granted: GrantedIterations | undefined;
  #seed: number | undefined;
  /** Users made so far, by class: the ordinal of the next one. Only with a seed. */
  readonly #made = new Map<string, number>();
  readonly #keys = new WeakMap<object, string>();

  constructor(private readonly options: RuntimeOptions) {
    this.recorder = options.recorder;
    this.stopTest = options.stopTest;
  }

  /** The iterations that the master grants; undefined without a total of them. */
  get granted(): GrantedIterations | undefined {
    return this.#granted;
  }

  begin({ iterations, seed, leaseSeconds }: TestSettings): void {
    this.exceptions.take();
    this.#seed = seed;
    this.#made.clear();
    this.#granted = undefined;
    this.budget = this.#budgetFor(iterations);
    const { isHeld } = this.options;
    const asksLease = leaseSeconds !== undefined && isHeld !== undefined;
    this.taskGate = asksLease ? new WorkerGate(isHeld, this.budget) : this.budget;
  }

  /** No task begins any more in this test: every user ends before its next one. */
  refuseTasks(): void {
    this.taskGate = closedGate;
    this.budget?.refuse();
  }

  /** A user was made: with a seed its numbers follow from its place among the users of its class. */
  introduce(user: object, userClass: string): void {
    if (this.#seed === undefined) return;
    const ordinal = this.#made.get(userClass) ?? 0;
    this.#made.set(userClass, ordinal + 1);
    this.#keys.set(user, userKey(this.#seed, this.options.workerIndex(), userClass, ordinal));
  }

  /** A user is over. One that was left behind in a task has not finished it. */
  dismiss(user: object): void {
    this.budget?.unclaim(user);
  }

  randomOf(user: object): () => number {
    const key = this.#keys.get(user);
    return key === undefined ? Math.random : randomFrom(key);
  }

  userException(thrown: unknown): void {
    this.exceptions.add(thrown);
  }

  #budgetFor(limit: IterationLimit | undefined): IterationBudget | undefined {
    if (limit === undefined) return undefined;
    if (limit.kind === 'perUser') return new OwnIterations(limit.count);
    this.#granted = new GrantedIterations(() => this.options.needIterations?.());
    return this.#granted;
  }
}
