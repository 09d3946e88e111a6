/**
 * The beginning of a test: its events, its settings, and the moment from which the ramp counts. Also of one that a former master
 * began.
 */
import { epochSeconds } from '../clock.js';
import { TsloadError } from '../errors.js';
import type { TestEvents } from '../events/index.js';
import { describeThrown } from '../log.js';
import type { Crew } from './crew.js';
import type { CurrentTest } from './currentTest.js';
import type { RestoredRun } from './journal.js';
import type { Load } from './load.js';
import type { MasterOptions } from './masterOptions.js';
import { RampControl } from './rampControl.js';
import { areAllBack } from './restoring.js';

/** Seconds that `testStart` listeners on workers get before the ramp begins without them. */
const startedWaitSeconds = 10;

export interface BeginningParts {
  /** Nothing has ended the test meanwhile. */
  isBeginning(): boolean;
  /** What is wanted by now. */
  load(): Load | undefined;
  /** Seconds since 1970; `undefined` without a shape. */
  shapeStartTime(): number | undefined;
  clockStarts(): void;
  /** From now on workers that join are to be told of it. */
  began(current: CurrentTest): void;
  spawned(isAgreed: boolean): void;
}

export class Beginning {
  /** Number of the last test. */
  lastTest = 0;

  constructor(
    private readonly options: MasterOptions,
    private readonly crew: Crew,
    private readonly events: TestEvents,
    private readonly parts: BeginningParts,
  ) {}

  async begin(): Promise<void> {
    const test = ++this.lastTest;
    const { crew, options } = this;
    crew.reports.beginTest(epochSeconds());
    crew.beginTest();
    this.parts.clockStarts();
    options.prepare();
    await this.events.testStart();
    if (!this.#isBeginning(test)) return;
    const current = this.#makeCurrent(test);
    for (const worker of crew.workers.present) {
      crew.tellTest(worker, test, current.startTime, current.settings);
      crew.grants.join(worker);
    }
    await crew.facts.until(
      () => crew.workers.every((worker) => worker.startedTest === test || !worker.isIn(test) || worker.isMissing),
      startedWaitSeconds,
    );
    if (this.#isBeginning(test)) this.#beginRamps(current);
  }

  /** Takes over a test that a former master began: workers that come back are of it. */
  restore({ test, startTime, settings }: NonNullable<RestoredRun['running']>): void {
    const warmupEnd = startTime + settings.warmupSeconds;
    if (epochSeconds() < warmupEnd) this.crew.reports.beginWarmup(warmupEnd);
    this.parts.began({ number: test, startTime, settings, ramps: undefined, isStopping: false });
    this.parts.clockStarts();
  }

  /** Until all workers of the former master are back, or given up, they go on by themselves; then they are told what to do. */
  async resume(current: CurrentTest): Promise<void> {
    const { crew } = this;
    this.options.prepare();
    await this.events.testStart();
    await crew.facts.until(
      () => areAllBack(crew, current.settings.iterations) || current.isStopping,
      Number.POSITIVE_INFINITY,
    );
    if (current.isStopping) return;
    crew.grants.release();
    this.#beginRamps(current);
  }

  #makeCurrent(test: number): CurrentTest {
    const { crew, options } = this;
    const [settings, startTime] = [options.settings(), epochSeconds()];
    crew.reports.beginWarmup(startTime + settings.warmupSeconds);
    crew.grants.begin(test, settings.iterations);
    const shapeStartTime = this.parts.shapeStartTime();
    const { period } = crew.reports;
    options.journal?.testStarted({
      test,
      period,
      startTime,
      settings,
      ...(shapeStartTime === undefined ? {} : { shapeStartTime }),
    });
    const load = this.parts.load();
    if (load !== undefined) options.journal?.targetChanged(load);
    const current: CurrentTest = { number: test, startTime, settings, ramps: undefined, isStopping: false };
    this.parts.began(current);
    return current;
  }

  #isBeginning(test: number): boolean {
    return test === this.lastTest && this.parts.isBeginning();
  }

  #beginRamps(current: CurrentTest): void {
    const { crew, options } = this;
    current.ramps = new RampControl({
      test: current.number,
      workers: crew.workers,
      facts: crew.facts,
      classes: options.classes(),
      leadSeconds: options.leadSeconds,
      stopTimeoutSeconds: current.settings.stopTimeoutSeconds,
      spawned: (isAgreed) => this.parts.spawned(isAgreed),
      untold: (worker, thrown) => crew.lose(worker, `it cannot be told which users to have: ${sentenceOf(thrown)}`),
    });
    const load = this.parts.load();
    if (load !== undefined) current.ramps.start(load);
  }
}

/** Of what is not ours, where it came from too. */
function sentenceOf(thrown: unknown): string {
  return thrown instanceof TsloadError ? thrown.message : describeThrown(thrown);
}
