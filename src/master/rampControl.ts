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
import type { Workers } from './workers.js';

/** Seconds that workers get to say that a ramp is done, beyond its plan and the stop timeout. */
const spawnedWaitSeconds = 1;

export interface RampControlOptions {
  readonly test: number;
  readonly workers: Workers;
  readonly facts: Facts;
  readonly classes: readonly ClassPlan[];
  readonly leadSeconds: number;
  readonly stopTimeoutSeconds: number;
  /** Not called for a ramp that was replaced or cancelled. `isAgreed`: every worker said that it is done. */
  spawned(isAgreed: boolean): void;
}

export class RampControl {
  readonly #dispatcher: Dispatcher;
  #told: ToldCounts = new Map();
  #ramp: Ramp | undefined;
  #load: Load | undefined;
  #step = 0;

  constructor(private readonly options: RampControlOptions) {
    this.#dispatcher = new Dispatcher(options.workers.ids, options.classes);
  }

  /** Users by class that the plan has reached. */
  classTotals(): Record<string, number> {
    return this.#dispatcher.classTotals();
  }

  /** Whether all users of a load could be started or stopped in one step. */
  fitsOneStep({ userCount, spawnRate }: Load): boolean {
    return Math.abs(userCount - this.#dispatcher.userCount) <= usersPerStep(spawnRate);
  }

  /** Goes on from the state reached; a ramp under way is replaced. */
  start(load: Load): void {
    this.cancel();
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

  cancel(): void {
    this.#ramp?.cancel();
    this.#ramp = undefined;
  }

  addWorker(id: string): void {
    this.#dispatcher.addWorker(id);
    this.#rebalance();
  }

  removeWorker(id: string): void {
    this.#told.delete(id);
    this.#dispatcher.removeWorker(id);
    if (this.options.workers.size > 0) this.#rebalance();
  }

  /** While a ramp goes on, it also moves the users; else a ramp to the same load does. */
  #rebalance(): void {
    if (this.#ramp !== undefined && this.#dispatcher.isInProgress) this.#ramp.rebalance();
    else if (this.#load !== undefined) this.start(this.#load);
  }

  #send(step: Step, startTime: number, spacingSeconds: number, isFirst: boolean, isLast: boolean): void {
    const { test, workers } = this.options;
    this.#step++;
    const times = { test, step: this.#step, startTime, spacingSeconds, isLast };
    const messages = spawnMessages(step, times, this.#told, isFirst || isLast ? workers.ids : []);
    for (const [id, message] of messages) workers.get(id)?.link.send(message);
  }

  async #awaitUsers(ramp: Ramp): Promise<void> {
    const { facts, workers, stopTimeoutSeconds } = this.options;
    const step = this.#step;
    const planned = Math.max(0, ramp.endTime - epochSeconds());
    const isDone = () => ramp !== this.#ramp || workers.every(({ doneStep }) => doneStep >= step);
    const isAgreed = await facts.until(isDone, planned + stopTimeoutSeconds + spawnedWaitSeconds);
    if (ramp !== this.#ramp || step !== this.#step) return;
    this.options.spawned(isAgreed);
  }
}
