/**
 * What is known of a run beside its statistics, as the records of its journal say it: while it is written, for the next
 * snapshot; and when it is read, for the master that takes the run over. Pure.
 */
import type { IterationState, RunSetup } from '../../link/index.js';
import type { RestoredRun, RestoredWorker, TestRecord } from '../journal.js';
import type { Load } from '../load.js';
import type { AppliedRecord, ChangeRecord, StateRecord } from './records.js';

interface WorkerFacts {
  readonly id: string;
  readonly index: number;
  readonly graceSeconds: number;
  sequence: number;
  iterations: IterationState | undefined;
  isGone: boolean;
}

export class RunFacts {
  /** Seconds since 1970, of the last thing that was noted. */
  time = 0;
  #setup: RunSetup | undefined;
  #test = 0;
  #period = 0;
  #running: TestRecord | undefined;
  #load: Load | undefined;
  #isSpawned = false;
  readonly #byIndex = new Map<number, WorkerFacts>();
  readonly #byId = new Map<string, WorkerFacts>();

  restore(
    { time, setup, test, period, running, load, isSpawned }: StateRecord,
    workers: readonly RestoredWorker[],
  ): void {
    this.time = time;
    this.#setup = setup;
    this.#test = test;
    this.#period = period;
    this.#running = running;
    this.#load = load;
    this.#isSpawned = isSpawned;
    for (const worker of workers) {
      const { sequence, iterations, isGone } = worker;
      Object.assign(this.#add(worker.id, worker.index, worker.graceSeconds), { sequence, iterations, isGone });
    }
  }

  take(record: ChangeRecord): void {
    switch (record.kind) {
      case 'setup':
        this.#setup = record.setup;
        return;
      case 'worker':
        this.#add(record.id, record.index, record.graceSeconds);
        return;
      case 'workerGone':
      case 'workerFound':
        this.#setGone(record.id, record.kind === 'workerGone');
        return;
      case 'workerForgotten':
        this.#forget(record.id);
        return;
      case 'testStarted':
        this.#begin(record.test);
        return;
      case 'targetChanged':
        this.#load = record.load;
        this.#isSpawned = false;
        return;
      case 'spawned':
        this.#isSpawned = true;
        return;
      case 'testStopped':
        this.#running = undefined;
        return;
      case 'cleared':
      case 'reset':
        this.#period = record.period;
        this.time = record.time;
        return;
      case 'totalsBegun':
      case 'workerLost':
        return;
      case 'applied':
        this.#count(record);
        return;
      default:
        record satisfies never;
    }
  }

  indexOf(id: string): number | undefined {
    return this.#byId.get(id)?.index;
  }

  /** As a record says it. */
  get state() {
    const { time } = this;
    const workers = Array.from(this.#byId.values(), restoredWorker);
    const [setup, test, period, running] = [this.#setup, this.#test, this.#period, this.#running];
    return { time, setup, test, period, workers, running, load: this.#load, isSpawned: this.#isSpawned };
  }

  /** As the master that takes it over wants it; undefined as long as there is no setup. */
  get restored(): RestoredRun | undefined {
    const { time: lastTime, setup, test, period, workers, running, load, isSpawned } = this.state;
    if (setup === undefined) return undefined;
    return {
      setup,
      test,
      period,
      lastTime,
      workers,
      ...(running && load && { running: { ...running, load, isSpawned } }),
    };
  }

  #add(id: string, index: number, graceSeconds: number): WorkerFacts {
    const worker = { id, index, graceSeconds, sequence: 0, iterations: undefined, isGone: false };
    this.#byIndex.set(index, worker);
    this.#byId.set(id, worker);
    return worker;
  }

  #setGone(id: string, isGone: boolean): void {
    const worker = this.#byId.get(id);
    if (worker !== undefined) worker.isGone = isGone;
  }

  #forget(id: string): void {
    const worker = this.#byId.get(id);
    if (worker === undefined) return;
    this.#byId.delete(id);
    this.#byIndex.delete(worker.index);
  }

  #begin(test: TestRecord): void {
    this.#test = test.test;
    this.#period = test.period;
    this.#running = test;
    this.#isSpawned = false;
    for (const worker of this.#byId.values()) worker.iterations = undefined;
  }

  #count({ counted, tick }: AppliedRecord): void {
    if (tick !== undefined) this.time = tick.now;
    for (const { index, sequence, iterations } of counted) {
      const worker = this.#byIndex.get(index);
      if (worker === undefined) continue;
      worker.sequence = Math.max(worker.sequence, sequence);
      worker.iterations = iterations ?? worker.iterations;
    }
  }
}

function restoredWorker({ id, index, graceSeconds, sequence, iterations, isGone }: WorkerFacts): RestoredWorker {
  return { id, index, graceSeconds, sequence, isGone, ...(iterations && { iterations }) };
}
