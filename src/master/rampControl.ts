/**
 * Brings the users of one test to where they shall be: asks the dispatcher, tells the workers, and knows when they are there.
 *
 * Lives from the start of a test to its end.
 */
import { epochSeconds } from '../clock.js';
import { type ClassPlan, Dispatcher, type Step, usersPerStep } from './dispatcher.js';
import type { Facts } from './facts.js';
import type { Load } from './load.js';
import { Ramp } from './ramp.js';
import { spawnMessages, type ToldCounts } from './spawnMessages.js';
import type { WorkerNode } from './workerNode.js';
import type { Workers } from './workers.js';

/** Seconds that workers get to say that a ramp is done, beyond its plan and the stop timeout. */
const spawnedWaitSeconds = 1;
/** Milliseconds in which workers that come and go are dealt with together: after a fault of the network all come at once. */
const togetherMillis = 50;

export interface RampControlOptions {
  readonly test: number;
  readonly workers: Workers;
  readonly facts: Facts;
  readonly classes: readonly ClassPlan[];
  readonly leadSeconds: number;
  readonly stopTimeoutSeconds: number;
  /** Not called for a ramp that was replaced, or whose test is being stopped. `isAgreed`: every worker said that it is done. */
  spawned(isAgreed: boolean): void;
  /** A worker cannot be told what it shall have: it is of no use any more. */
  untold(worker: WorkerNode, thrown: unknown): void;
}

export class RampControl {
  readonly #dispatcher: Dispatcher;
  readonly #told: ToldCounts = new Map();
  /** Workers that have to hear how many users of every class they shall have, whatever they were told before. */
  readonly #toTellAll = new Set<string>();
  #ramp: Ramp | undefined;
  #rebalancing: NodeJS.Timeout | undefined;
  #load: Load | undefined;
  #step = 0;
  #isOver = false;

  /** Its workers are those that are in the test by now; what they run is taken over. */
  constructor(private readonly options: RampControlOptions) {
    const workers = [...options.workers].filter((worker) => worker.isIn(options.test));
    const ids = workers.map(({ id }) => id);
    this.#dispatcher = new Dispatcher(ids, options.classes);
    if (workers.some(({ userCounts }) => Object.keys(userCounts).length > 0)) this.#adopt();
    for (const worker of workers) {
      this.#stepOver(worker);
      if (worker.isMissing) this.#dispatcher.suspendWorker(worker.id);
    }
  }

  /** Users by class that the plan has reached. */
  classTotals(): Record<string, number> {
    return this.#dispatcher.classTotals();
  }

  /** Whether all users of a load could be started or stopped in one step. */
  fitsOneStep({ userCount, spawnRate }: Load): boolean {
    return Math.abs(userCount - this.#dispatcher.userCount) <= usersPerStep(spawnRate);
  }

  /** A worker has users by plan, or may get some. */
  mayHaveUsers(id: string): boolean {
    if (this.#dispatcher.isInProgress) return true;
    for (const count of this.#told.get(id)?.values() ?? []) if (count > 0) return true;
    return false;
  }

  /** Goes on from the state reached; a ramp under way is replaced. */
  start(load: Load): void {
    this.#cancel();
    this.#load = load;
    this.#dispatcher.newDispatch(load.userCount, load.spawnRate, load.userClasses);
    const ramp: Ramp = new Ramp(this.#dispatcher, load.spawnRate, this.options.leadSeconds, {
      step: (step, startTime, spacingSeconds, isFirst, isLast) => {
        this.#send(step, startTime, spacingSeconds, isFirst, isLast);
        if (isLast) this.#awaitUsers(ramp).catch(() => {});
      },
    });
    this.#ramp = ramp;
    ramp.begin();
  }

  /** The test is being stopped: workers that come, go and return from now on are told nothing. */
  end(): void {
    this.#isOver = true;
    this.#cancel();
  }

  #cancel(): void {
    clearTimeout(this.#rebalancing);
    this.#rebalancing = undefined;
    this.#ramp?.cancel();
    this.#ramp = undefined;
  }

  /** A worker has been told of the test: it gets its share. It knows of no users, whatever was planned on it before. */
  addWorker(id: string): void {
    this.#told.delete(id);
    this.#dispatcher.removeWorker(id);
    this.#dispatcher.addWorker(id);
    this.#rebalanceSoon();
  }

  /** Its users are for the others. An unknown worker is ignored. */
  removeWorker(id: string): void {
    this.#told.delete(id);
    this.#toTellAll.delete(id);
    const wasKnown = this.#dispatcher.removeWorker(id);
    if (wasKnown && this.#dispatcher.workers.length > 0) this.#rebalanceSoon();
  }

  /** It is not heard of: it keeps its users, and gets no others. */
  suspendWorker(id: string): void {
    this.#dispatcher.suspendWorker(id);
  }

  /** It is heard of again, with users or without: it is told what it shall have. */
  resumeWorker(id: string): void {
    if (!this.#dispatcher.resumeWorker(id)) this.#dispatcher.addWorker(id);
    this.#stepOver(this.options.workers.get(id));
    this.#toTellAll.add(id);
    this.#rebalanceSoon();
  }

  #adopt(): void {
    const { workers } = this.options;
    this.#dispatcher.adopt(new Map([...workers].map(({ id, userCounts }) => [id, userCounts])));
    for (const { id } of workers) this.#toTellAll.add(id);
  }

  /** A worker takes no step that is not later than its last, which a former master may have told it. */
  #stepOver(worker: WorkerNode | undefined): void {
    this.#step = Math.max(this.#step, worker?.doneStep ?? 0);
  }

  /** While a ramp goes on, it also moves the users; else a ramp to the same load does. */
  #rebalanceSoon(): void {
    if (this.#isOver) return;
    this.#rebalancing ??= setTimeout(() => {
      this.#rebalancing = undefined;
      if (this.#ramp !== undefined && this.#dispatcher.isInProgress) this.#ramp.rebalance();
      else if (this.#load !== undefined) this.start(this.#load);
    }, togetherMillis);
  }

  #send(step: Step, startTime: number, spacingSeconds: number, isFirst: boolean, isLast: boolean): void {
    const { test, workers } = this.options;
    this.#step++;
    const times = { test, step: this.#step, startTime, spacingSeconds, isLast };
    const everyone = isFirst || isLast ? this.#present() : [...this.#toTellAll];
    const untold: (() => void)[] = [];
    for (const [id, message] of spawnMessages(step, times, this.#told, everyone)) {
      const worker = workers.get(id);
      if (worker === undefined) continue;
      worker.reported = 'spawning';
      try {
        worker.link.send(this.#toTellAll.has(id) ? { ...message, counts: this.#allCounts(id) } : message);
      } catch (thrown) {
        untold.push(() => this.options.untold(worker, thrown));
      }
    }
    for (const tell of untold) tell(); // when all others have heard: the last worker takes the test with it
  }

  #present(): string[] {
    const { workers, test } = this.options;
    return workers.present.filter((worker) => worker.isIn(test)).map(({ id }) => id);
  }

  #allCounts(id: string): Record<string, number> {
    this.#toTellAll.delete(id);
    const counts = this.#dispatcher.usersOn(id);
    this.#told.set(id, new Map(Object.entries(counts)));
    return counts;
  }

  async #awaitUsers(ramp: Ramp): Promise<void> {
    const { test, facts, workers, stopTimeoutSeconds } = this.options;
    const step = this.#step;
    const planned = Math.max(0, ramp.endTime - epochSeconds());
    const isDone = () =>
      ramp !== this.#ramp ||
      workers.every((worker) => hasDone(worker, step, test) || !worker.isIn(test) || worker.isMissing);
    const isAgreed = await facts.until(isDone, planned + stopTimeoutSeconds + spawnedWaitSeconds);
    if (ramp !== this.#ramp || step !== this.#step) return;
    if (this.#rebalancing !== undefined) return; // users are about to move, in a ramp of its own
    // nobody is there to have users: the first worker that is back, or joins, brings a ramp of its own
    if (this.#present().length === 0) return;
    this.options.spawned(isAgreed);
  }
}

/** Users of a worker that can start none are not there before others have them. */
function hasDone({ doneStep, hopelessTest }: WorkerNode, step: number, test: number): boolean {
  return doneStep >= step && hopelessTest !== test;
}
