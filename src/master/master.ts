/**
 * Conducts tests: which state the run is in, who has to know of it, and what ends it.
 *
 * It knows user classes as names, weights and fixed counts, and workers as links. What it decides is in pure files beside it
 * (dispatcher, run state, spawn messages, shape ticks); here it is only brought about. It never waits for a worker without a
 * limit.
 */
import { epochSeconds } from '../clock.js';
import { TsloadError } from '../errors.js';
import { type CustomMessage, type Environment, type EventHook, isControl, type StartOptions } from '../events/index.js';
import type { MasterEnd, ReportMessage, RunSetup, TestSettings, WorkerHello } from '../link/index.js';
import { describeThrown, getLogger } from '../log.js';
import type { RunStatistics } from '../stats/index.js';
import { Crew } from './crew.js';
import type { ClassPlan } from './dispatcher.js';
import { checkedLoad, type Load } from './load.js';
import { RampControl } from './rampControl.js';
import { isTesting, type MasterState, nextRunState, type RunInput } from './runState.js';
import { SecondClock } from './secondClock.js';
import { type Shape, ShapeDriver } from './shapeDriver.js';
import type { ShapeLoad } from './shapeTick.js';
import { spawnedLine } from './spawnedLine.js';
import type { WorkerNode } from './workerNode.js';
import type { Workers } from './workers.js';

const log = getLogger('tsload.runners');

/** Seconds that `testStart` listeners on workers get before the ramp begins without them. */
const startedWaitSeconds = 10;
/** Seconds that workers get to end their users, beyond the stop timeout. */
const stoppedWaitSeconds = 60;

export interface MasterOptions {
  readonly environment: Environment;
  readonly statistics: RunStatistics;
  readonly setup: RunSetup;
  /** Asked at the start of each test. */
  classes(): readonly ClassPlan[];
  /** Called at the start of each test, before anybody hears of it. */
  prepare(): void;
  /** Asked at the start of each test, when listeners of `testStart` are done. */
  settings(): TestSettings;
  readonly shape: Shape | undefined;
  /** Statistics start again each time all users are there. */
  readonly resetStats: boolean;
  /** A test that ends by itself ends the runner too. */
  readonly quitAtEnd: boolean;
  /** Whether workers are other processes: then `workerConnect` and `workerReport` are fired. */
  readonly isDistributed: boolean;
  /** Seconds that a spawn message is sent before its time. */
  readonly leadSeconds: number;
  isStopTest(thrown: unknown): boolean;
  customMessage?(message: CustomMessage): void;
}

export class Master {
  targetUserCount = 0;
  targetUserClassesCount: Readonly<Record<string, number>> = {};
  spawnRate = 0;
  /** Something failed that is neither a request nor a task: exit code 2. */
  hasFault = false;
  /** A user class could not run as it is set up: exit code 1. */
  hasBadSetup = false;
  /** Resolves when the runner has quit. */
  readonly ended: Promise<void>;
  readonly workers: Workers;
  readonly #crew: Crew;
  readonly #clock: SecondClock;
  #state: MasterState = 'ready';
  #test = 0;
  /** Seconds since 1970, of the first step: the warm-up counts from here. */
  #testStartTime = 0;
  #load: Load | undefined;
  #ramps: RampControl | undefined;
  #shapeDriver: ShapeDriver | undefined;
  #stopping: Promise<void> | undefined;
  #isTellingEnd = false;
  #quitting: Promise<void> | undefined;
  #resolveEnded: () => void = () => {};

  constructor(private readonly options: MasterOptions) {
    this.#crew = new Crew(options.statistics, options.setup, {
      usersChanged: () => this.#endIfSpent(),
      stopTest: (test, reason, isBadSetup) => this.#stopTestOf(test, reason, isBadSetup),
      fault: () => {
        this.hasFault = true;
      },
      reported: (worker, report) => this.#reported(worker, report),
      customMessage: (message) => options.customMessage?.(message),
      lost: (worker) => this.#lost(worker),
    });
    this.workers = this.#crew.workers;
    this.#clock = new SecondClock(() => this.#crew.reports.tick(this.workers.userCount));
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get state(): MasterState {
    return this.#state;
  }

  /** Takes in a worker that is at the other end of this link. In a running test it gets its share of the users. */
  addWorker(hello: WorkerHello, link: MasterEnd): void {
    const worker = this.#crew.add(hello, link);
    const { id } = worker;
    if (this.options.isDistributed) this.options.environment.events.workerConnect.fire({ clientId: id });
    if (this.#ramps === undefined) return;
    this.#crew.sendTestJoin(worker, this.#test, this.#testStartTime, this.options.settings());
    this.#ramps.addWorker(id);
  }

  /** Resolves with true as soon as so many workers are ready, with false after `seconds`; 0: waits for ever. */
  untilWorkers(count: number, seconds: number): Promise<boolean> {
    return this.#crew.facts.until(() => this.workers.size >= count, seconds > 0 ? seconds : Number.POSITIVE_INFINITY);
  }

  /** Starts a test, or brings the running one to another load. Throws `TsloadError` MISUSE for what cannot be done. */
  start(userCount: number, spawnRate: number, { wait, userClasses }: StartOptions = {}): void {
    const load = checkedLoad({ userCount, spawnRate, userClasses }, this.#classNames());
    if (this.#quitting !== undefined) throw new TsloadError('MISUSE', 'the runner has quit: make another environment');
    if (this.#state === 'stopping') {
      throw new TsloadError('MISUSE', 'the test is still being stopped: await runner.stop() before the next start');
    }
    if (this.workers.size === 0) {
      log.warning('no worker is connected, so no user is started: start workers first');
      return;
    }
    const fits = this.#ramps?.fitsOneStep(load) ?? userCount <= Math.max(1, Math.floor(spawnRate));
    if (wait && !fits) {
      throw new TsloadError('MISUSE', `wait: ${userCount} users cannot start in one step of ${spawnRate} per second`);
    }
    this.#load = load;
    this.targetUserCount = load.userCount;
    this.spawnRate = spawnRate;
    log.info(`Ramping to ${load.userCount} users at a rate of ${spawnRate.toFixed(2)} per second`);
    const isNew = !isTesting(this.#state);
    this.#enter('start');
    if (isNew) this.#guard(this.#beginTest());
    else this.#ramps?.start(load);
  }

  /** Lets the shape decide from now on. A second call while it does changes nothing. */
  startShape(): void {
    const { shape } = this.options;
    if (shape === undefined) throw new TsloadError('MISUSE', 'there is no load shape: give the environment one');
    if (this.#shapeDriver !== undefined) {
      log.info('There is an ongoing shape test running: it goes on');
      return;
    }
    log.info('Shape test starting');
    this.#shapeDriver = new ShapeDriver(shape, {
      userClasses: new Set(this.#classNames()),
      apply: (load) => this.#applyShape(load),
      ended: (failure) => this.#shapeEnded(failure),
      isStopTest: (thrown) => this.options.isStopTest(thrown),
    });
    this.#shapeDriver.tick();
  }

  /** Ends the test; resolves when `testStop` listeners are done. Without a test nothing happens. */
  stop(): Promise<void> {
    this.#shapeDriver?.cancel();
    this.#shapeDriver = undefined;
    if (this.#stopping !== undefined) return this.#stopping;
    if (!isTesting(this.#state)) return Promise.resolve();
    this.#enter('stop');
    this.#ramps?.cancel();
    // a turn later: a listener of testStopping that asks for the stop once more must find this one
    this.#stopping = Promise.resolve()
      .then(() => this.#endTest())
      .finally(() => {
        this.#stopping = undefined;
      });
    return this.#stopping;
  }

  /** Stops, lets all workers go, and resolves `ended`. */
  quit(): Promise<void> {
    this.#quitting ??= this.stop().then(() => this.#leave());
    return this.#quitting;
  }

  /** Listeners of `testStopping` or `testStop` are being waited for: one of them must not wait for the end of the stop. */
  get isTellingEnd(): boolean {
    return this.#isTellingEnd;
  }

  /** Sets the statistics to zero, now and on every worker. */
  resetStats(): void {
    log.info('Resetting stats');
    this.#crew.reports.reset();
  }

  /** A message of the locustfile, to one worker or to all. */
  sendMessage(type: string, data: unknown, clientId?: string): void {
    const message = { kind: 'custom', type, data, nodeId: 'master' } as const;
    if (clientId === undefined) this.workers.send(message);
    else this.workers.get(clientId)?.link.send(message);
  }

  #classNames(): string[] {
    return this.options.classes().map(({ name }) => name);
  }

  #enter(input: RunInput): boolean {
    const next = nextRunState(this.#state, input);
    if (next !== undefined) this.#state = next;
    return next !== undefined;
  }

  /** Owner of what goes on by itself. */
  #guard(work: Promise<void>): void {
    work.catch((thrown: unknown) => this.#fail(`the run failed: ${describeThrown(thrown)}`));
  }

  #fail(message: string): void {
    log.critical(message);
    this.hasFault = true;
  }

  async #beginTest(): Promise<void> {
    const test = ++this.#test;
    this.targetUserClassesCount = {};
    this.#ramps = undefined;
    this.#crew.reports.beginTest(epochSeconds());
    for (const worker of this.workers) worker.beginTest();
    this.#clock.start();
    this.options.prepare();
    await this.#fire(this.options.environment.events.testStart);
    if (!this.#isBeginning(test)) return;
    const settings = this.options.settings();
    this.#testStartTime = epochSeconds();
    this.#crew.reports.beginWarmup(this.#testStartTime + settings.warmupSeconds);
    this.#crew.sendTestStart(test, this.#testStartTime, settings);
    await this.#crew.facts.until(
      () => this.workers.every(({ startedTest }) => startedTest === test),
      startedWaitSeconds,
    );
    if (this.#isBeginning(test)) this.#beginRamps(test, settings);
  }

  #isBeginning(test: number): boolean {
    return test === this.#test && this.#state === 'spawning';
  }

  #beginRamps(test: number, { stopTimeoutSeconds }: TestSettings): void {
    const { workers } = this;
    this.#ramps = new RampControl({
      test,
      workers,
      facts: this.#crew.facts,
      classes: this.options.classes(),
      leadSeconds: this.options.leadSeconds,
      stopTimeoutSeconds,
      spawned: (isAgreed) => this.#guard(this.#spawned(isAgreed)),
    });
    if (this.#load !== undefined) this.#ramps.start(this.#load);
  }

  async #spawned(isAgreed: boolean): Promise<void> {
    if (!this.#enter('allSpawned')) return;
    this.targetUserClassesCount = this.#ramps?.classTotals() ?? {};
    log.info(spawnedLine(this.workers.userClassesCount(Object.keys(this.targetUserClassesCount)), isAgreed));
    const userCount = this.workers.userCount;
    this.workers.send({ kind: 'spawningComplete', test: this.#test, userCount });
    if (this.options.resetStats) this.resetStats();
    try {
      await this.options.environment.events.spawningComplete.fireAndWait({ userCount });
    } catch (thrown) {
      this.#steered(thrown);
    }
    this.#endIfSpent();
  }

  #applyShape({ userCount, spawnRate, userClasses }: ShapeLoad): void {
    log.info(`Shape test updating to ${userCount} users at ${spawnRate.toFixed(2)} spawn rate`);
    this.start(userCount, spawnRate, userClasses === undefined ? {} : { userClasses });
  }

  #shapeEnded(failure: string | undefined): void {
    this.#shapeDriver = undefined;
    if (failure !== undefined) this.#fail(failure);
    log.info('Shape test stopping');
    this.#endByItself();
  }

  /** Ends the test when no worker has anything left to do. */
  #endIfSpent(): void {
    if (this.#state !== 'running' && this.#state !== 'spawning') return;
    if (this.workers.size === 0 || !this.workers.every(({ isSpent }) => isSpent)) return;
    log.info('All iterations are done: ending the test');
    this.#endByItself();
  }

  #endByItself(): void {
    this.#guard(this.options.quitAtEnd ? this.quit() : this.stop());
  }

  async #endTest(): Promise<void> {
    const { environment } = this.options;
    await this.#tellEnd(environment.events.testStopping);
    const test = this.#test;
    this.workers.send({ kind: 'stop', test, isHurried: false });
    const seconds = environment.stopTimeout + stoppedWaitSeconds;
    const isDone = () => this.workers.every(({ stoppedTest, toldTest }) => stoppedTest === test || toldTest !== test);
    if (!(await this.#crew.facts.until(isDone, seconds))) {
      log.error(`not all workers have stopped their users within ${seconds} seconds`);
    }
    this.#clock.stop();
    this.#crew.reports.tick(this.workers.userCount);
    this.#ramps = undefined;
    this.#enter('allStopped');
    await this.#tellEnd(environment.events.testStop);
  }

  async #tellEnd(event: EventHook<{ readonly environment: Environment }>): Promise<void> {
    this.#isTellingEnd = true;
    try {
      await this.#fire(event);
    } finally {
      this.#isTellingEnd = false;
    }
  }

  async #leave(): Promise<void> {
    this.workers.send({ kind: 'quit' });
    await this.#crew.facts.until(() => this.workers.size === 0, stoppedWaitSeconds);
    this.#resolveEnded();
  }

  async #fire(event: EventHook<{ readonly environment: Environment }>): Promise<void> {
    try {
      await event.fireAndWait({ environment: this.options.environment });
    } catch (thrown) {
      this.#steered(thrown);
    }
  }

  /** A listener threw a control exception: the one that means the test ends it, others mean nothing here. */
  #steered(thrown: unknown): void {
    if (!isControl(thrown)) throw thrown;
    if (this.options.isStopTest(thrown)) this.#stopTest(thrown.message);
  }

  #stopTest(reason: string): void {
    if (this.#state === 'stopping' || !isTesting(this.#state)) return;
    if (reason !== '') log.error(reason);
    log.warning('stopping the test');
    this.#endByItself();
  }

  #stopTestOf(test: number, reason: string, isBadSetup: boolean): void {
    if (test !== this.#test) return;
    this.hasBadSetup ||= isBadSetup;
    this.#stopTest(reason);
  }

  #reported({ id }: WorkerNode, { data }: ReportMessage): void {
    const { environment, isDistributed } = this.options;
    if (isDistributed) environment.events.workerReport.fire({ clientId: id, data: { ...data } });
  }

  /** Without any worker there is no test. */
  #lost({ id }: WorkerNode): void {
    this.#ramps?.removeWorker(id);
    if (this.workers.size > 0 || this.#quitting !== undefined || !isTesting(this.#state)) return;
    log.info('the last worker is gone: stopping the test');
    this.#endByItself();
  }
}
