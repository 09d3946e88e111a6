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
import type { MasterEnd, TestSettings, WorkerMessage } from '../link/index.js';
import { describeThrown, getLogger } from '../log.js';
import type { RunStatistics } from '../stats/index.js';
import type { ClassPlan } from './dispatcher.js';
import { Facts } from './facts.js';
import { type Load, RampControl } from './rampControl.js';
import { Reports } from './reports.js';
import { isTesting, type MasterState, nextRunState, type RunInput } from './runState.js';
import { SecondClock } from './secondClock.js';
import { type Shape, ShapeDriver } from './shapeDriver.js';
import { shareOf } from './sharedIterations.js';
import { WorkerNode } from './workerNode.js';
import { Workers } from './workers.js';

const log = getLogger('tsload.runners');

/** Seconds that `testStart` listeners on workers get before the ramp begins without them. */
const startedWaitSeconds = 10;
/** Seconds that workers get to end their users, beyond the stop timeout. */
const stoppedWaitSeconds = 60;

export interface MasterOptions {
  readonly environment: Environment;
  readonly statistics: RunStatistics;
  /** Asked at the start of each test. */
  classes(): readonly ClassPlan[];
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
  /** Resolves when the runner has quit. */
  readonly ended: Promise<void>;
  readonly workers = new Workers();
  readonly #reports: Reports;
  readonly #facts = new Facts();
  readonly #clock: SecondClock;
  #state: MasterState = 'ready';
  #nextIndex = 0;
  #test = 0;
  #load: Load | undefined;
  #ramps: RampControl | undefined;
  #shapeDriver: ShapeDriver | undefined;
  #stopping: Promise<void> | undefined;
  #quitting: Promise<void> | undefined;
  #resolveEnded: () => void = () => {};

  constructor(private readonly options: MasterOptions) {
    this.#reports = new Reports(options.statistics, this.workers);
    this.#clock = new SecondClock(() => this.#reports.tick(this.workers.userCount));
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get state(): MasterState {
    return this.#state;
  }

  /** Takes in a worker that is at the other end of this link. In a running test it gets its share of the users. */
  addWorker(id: string, link: MasterEnd): void {
    const worker = new WorkerNode(id, this.#nextIndex++, link);
    this.workers.add(worker);
    link.listen({ message: (message) => this.#receive(worker, message), closed: () => this.#lose(worker) });
    link.send({ kind: 'welcome', index: worker.index });
    if (this.options.isDistributed) this.options.environment.events.workerConnect.fire({ clientId: id });
    if (this.#ramps === undefined) return;
    this.#sendTestStart(worker);
    this.#ramps.addWorker(id);
  }

  /** Starts a test, or brings the running one to another load. Throws `TsloadError` MISUSE for what cannot be done. */
  start(userCount: number, spawnRate: number, { wait, userClasses }: StartOptions = {}): void {
    const load = checkedLoad(userCount, spawnRate, userClasses);
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
    log.info(`ramping to ${load.userCount} users at a rate of ${spawnRate.toFixed(2)} per second`);
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
      log.info('there is an ongoing shape test running: it goes on');
      return;
    }
    log.info('shape test starting');
    this.#shapeDriver = new ShapeDriver(shape, {
      userClasses: new Set(this.options.classes().map(({ name }) => name)),
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
    this.#stopping = this.#endTest().finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  /** Stops, lets all workers go, and resolves `ended`. */
  quit(): Promise<void> {
    this.#quitting ??= this.#end();
    return this.#quitting;
  }

  /** Sets the statistics to zero, now and on every worker. */
  resetStats(): void {
    log.info('resetting stats');
    this.#reports.reset();
  }

  /** A message of the locustfile, to one worker or to all. */
  sendMessage(type: string, data: unknown, clientId?: string): void {
    const message = { kind: 'custom', type, data, nodeId: 'master' } as const;
    if (clientId === undefined) this.workers.send(message);
    else this.workers.get(clientId)?.link.send(message);
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
    this.#reports.beginTest(epochSeconds());
    for (const worker of this.workers) worker.beginTest();
    this.#clock.start();
    await this.#fire(this.options.environment.events.testStart);
    if (!this.#isBeginning(test)) return;
    const settings = this.options.settings();
    this.#reports.beginWarmup(epochSeconds() + settings.warmupSeconds);
    for (const worker of this.workers) this.#sendTestStart(worker);
    await this.#facts.until(() => this.workers.every(({ startedTest }) => startedTest === test), startedWaitSeconds);
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
      facts: this.#facts,
      classes: this.options.classes(),
      leadSeconds: this.options.leadSeconds,
      stopTimeoutSeconds,
      spawned: (isAgreed) => this.#guard(this.#spawned(isAgreed)),
    });
    if (this.#load !== undefined) this.#ramps.start(this.#load);
  }
}

function checkedLoad(userCount: number, spawnRate: number, userClasses: readonly string[] | undefined): Load {
  if (!Number.isInteger(userCount) || userCount < 0) {
    throw new TsloadError('MISUSE', `the user count must be a whole number, 0 or above, but is ${userCount}`);
  }
  if (!Number.isFinite(spawnRate) || spawnRate <= 0) {
    throw new TsloadError('MISUSE', `the spawn rate must be a number above 0 but is ${spawnRate}`);
  }
  return { userCount, spawnRate, userClasses };
}
