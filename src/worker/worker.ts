/**
 * Runs users as its master tells it, and reports what they measured.
 *
 * It knows its master only as the other end of a link. Everything that is decided for the whole test (how many users, when
 * the test ends) is decided there; everything about single users is decided here.
 */
import {
  type Environment,
  type EnvironmentEvent,
  type EventHook,
  isControl,
  type MessageListener,
  type UserRuntime,
} from '../events/index.js';
import type { MasterMessage, SpawnMessage, TestSettings, UserClassUpdate, WorkerEnd } from '../link/index.js';
import { describeThrown, getLogger } from '../log.js';
import type { IntervalRecorder, IntervalStats } from '../stats/index.js';
import { BadSetup, preloadKey, StopTest, type UserClass } from '../users/index.js';
import { HealthMonitor } from './health.js';
import { Reporter } from './reporter.js';
import { StallWatch } from './stallWatch.js';
import { type UsageLimits, UsageMonitor } from './usageMonitor.js';
import { UserRunner } from './userRunner.js';
import { WorkerRuntime } from './workerRuntime.js';

const log = getLogger('tsload.runners');

export interface WorkerOptions {
  /** `local` in a one-process run. */
  readonly id: string;
  readonly environment: Environment;
  readonly userClasses: ReadonlyMap<string, UserClass>;
  readonly link: WorkerEnd;
  readonly recorder: IntervalRecorder;
  /**
   * Whether this worker fires the events of a test itself (`testStart`, `spawningComplete`, `testStopping`, `testStop`,
   * `reportToMaster`). Not in a one-process run: the master does it there, and each fires once.
   */
  readonly firesTestEvents: boolean;
  /** Takes over what the master says about the test: host, tags, custom options. */
  applySettings?(settings: TestSettings): void;
  updateUserClass?(update: UserClassUpdate): void;
  /** A message of the locustfile came. */
  customMessage?: (message: Parameters<MessageListener>[0]) => void;
  readonly usageLimits: UsageLimits;
  /** Seconds without a turn of the event loop after which a task is broken off; 0: never. */
  readonly stallSeconds: number;
}

export class Worker {
  /** Index among the workers of the master; -1 before it is known. */
  index = -1;
  readonly usage: UsageMonitor;
  readonly #runtime: WorkerRuntime;
  readonly #users: UserRunner;
  readonly #reporter: Reporter;
  readonly #health = new HealthMonitor();
  readonly #stallWatch: StallWatch;
  #test = 0;
  #period = 0;
  #sequence = 0;
  /** The step whose end the master wants to hear of; 0: none. */
  #awaitedStep = 0;
  #lastStep = 0;
  #hasBegun = false;
  #early: SpawnMessage[] = [];
  #wasSpent = false;
  /** No further step of the ramp is to come. */
  #isRampOver = false;
  #isStopping = false;

  constructor(private readonly options: WorkerOptions) {
    const { environment, recorder, link } = options;
    for (const userClass of options.userClasses.values()) userClass[preloadKey]();
    this.#runtime = new WorkerRuntime(
      recorder,
      () => this.index,
      (reason) => this.#stopTest(reason),
    );
    this.#users = new UserRunner({
      environment,
      userClasses: options.userClasses,
      created: (user, userClass) => this.#runtime.introduce(user, userClass),
      changed: () => this.#usersChanged(),
      constructionFailed: (message) => this.fault(message),
      nobodyCanStart: () => this.#stopTest('no users can be started: the constructor of every class threw'),
      stopTest: (reason) => this.#stopTest(reason),
    });
    this.#reporter = new Reporter(recorder, (interval) => this.#report(interval));
    this.usage = new UsageMonitor(environment, options.usageLimits);
    this.#stallWatch = new StallWatch({
      stallSeconds: options.stallSeconds,
      beforeBreak: () => this.#runtime.refuseTasks(),
      broken: (message) => this.#stalled(message),
    });
    environment.events.request.recordInto(recorder);
    link.listen({ message: (message) => this.#receive(message), closed: () => this.#close() });
  }

  /** What users and clients of this worker need of it. */
  get runtime(): UserRuntime {
    return this.#runtime;
  }

  get users(): UserRunner {
    return this.#users;
  }

  get userCount(): number {
    return this.#users.pool.size;
  }

  /** A message of the locustfile to the master. */
  sendMessage(type: string, data: unknown): void {
    this.options.link.send({ kind: 'custom', type, data, nodeId: this.options.id });
  }

  /** Something failed that is neither a request nor a task: the exit code says so. */
  fault(message: string): void {
    this.options.link.send({ kind: 'fault', message });
  }

  #receive(message: MasterMessage): void {
    switch (message.kind) {
      case 'welcome':
        this.index = message.index;
        return;
      case 'testStart':
        this.#guard(this.#beginTest(message));
        return;
      case 'spawn':
        this.#spawn(message);
        return;
      case 'spawningComplete':
        this.#spawningComplete(message.userCount);
        return;
      case 'reset':
        this.#reset(message.period);
        return;
      case 'stop':
        this.#guard(this.#stop(message.test));
        return;
      case 'quit':
        this.#guard(this.#quit());
        return;
      case 'updateUserClass':
        this.options.updateUserClass?.(message.update);
        return;
      case 'custom':
        this.options.customMessage?.(message);
        return;
      case 'heartbeat':
      case 'grant':
      case 'acknowledge':
        return; // a link that can break keeps reports until here; this one cannot
      default:
        message satisfies never;
    }
  }

  /** Owner of what goes on after a message was received. */
  #guard(work: Promise<void>): void {
    work.catch((thrown: unknown) => {
      log.critical(`worker ${this.options.id} failed: ${describeThrown(thrown)}`);
      this.fault(String(thrown));
    });
  }

  async #beginTest({ test, period, startTime, settings }: MasterMessage & { kind: 'testStart' }): Promise<void> {
    this.#test = test;
    this.#period = period;
    this.#lastStep = 0;
    this.#awaitedStep = 0;
    this.#wasSpent = false;
    this.#isStopping = false;
    this.#hasBegun = false;
    this.options.applySettings?.(settings);
    this.options.recorder.reset();
    this.#runtime.begin(settings);
    this.#users.begin(settings.stopTimeoutSeconds);
    this.usage.beginTest();
    await this.#fire(this.options.environment.events.testStart);
    if (this.#isStopping || test !== this.#test) return;
    this.#health.take(); // what it did before there were users, as in listeners of testStart, is not judged
    this.#reporter.start(startTime + settings.warmupSeconds);
    this.#stallWatch.start();
    this.#hasBegun = true;
    this.options.link.send({ kind: 'started', test });
    for (const message of this.#early.splice(0)) this.#spawn(message);
  }

  /** Fires an event of the test, unless the master does. Waits for its listeners. */
  async #fire(hook: EventHook<EnvironmentEvent>): Promise<void> {
    const { environment, firesTestEvents } = this.options;
    if (!firesTestEvents) return;
    try {
      await hook.fireAndWait({ environment });
    } catch (thrown) {
      this.#steered(thrown);
    }
  }

  /** A listener threw a control exception: one that ends the test does, others mean nothing here. */
  #steered(thrown: unknown): void {
    if (!isControl(thrown)) throw thrown;
    if (thrown instanceof StopTest) this.#stopTest(thrown);
  }

  #spawn(message: SpawnMessage): void {
    if (message.test !== this.#test || message.step <= this.#lastStep || this.#isStopping) return;
    if (!this.#hasBegun) {
      this.#early.push(message);
      return;
    }
    this.#lastStep = message.step;
    this.#isRampOver = message.isLast;
    this.#awaitedStep = message.isLast ? message.step : 0;
    this.#users.spawn(message);
  }

  #spawningComplete(userCount: number): void {
    const { environment, firesTestEvents } = this.options;
    if (!firesTestEvents) return;
    try {
      environment.events.spawningComplete.fire({ userCount });
    } catch (thrown) {
      this.#steered(thrown);
    }
  }

  #usersChanged(): void {
    if (this.#isStopping) return;
    const isSpent = this.#isSpent;
    const isStepDone = this.#awaitedStep > 0 && this.#users.isSettled;
    if (!isStepDone && isSpent === this.#wasSpent) return;
    if (isStepDone) this.#awaitedStep = 0;
    this.#wasSpent = isSpent;
    const userCounts = this.#users.pool.counts();
    const step = isStepDone ? this.#lastStep : 0;
    this.options.link.send({ kind: 'users', test: this.#test, step, userCounts, isSpent });
  }

  /** Nobody runs, and that is because no iterations are left. */
  get #isSpent(): boolean {
    const { budget } = this.#runtime;
    if (budget === undefined || this.userCount > 0) return false;
    return budget.isUsedUp || (budget.hasRefused && this.#isRampOver && this.#users.isSettled);
  }

  #reset(period: number): void {
    this.#period = period;
    this.options.recorder.reset();
    this.#runtime.exceptions.take();
  }

  #report(interval: IntervalStats): void {
    const { environment, link, id, firesTestEvents } = this.options;
    const data: Record<string, unknown> = {};
    if (firesTestEvents) environment.events.reportToMaster.fire({ clientId: id, data });
    this.#sequence++;
    link.send({
      kind: 'report',
      sequence: this.#sequence,
      period: this.#period,
      interval,
      userCounts: this.#users.pool.counts(),
      exceptions: this.#runtime.exceptions.take(),
      health: this.#health.take(),
      data,
    });
  }

  #stopTest(reason: unknown): void {
    const text = reason instanceof Error ? reason.message : String(reason ?? '');
    const isBadSetup = reason instanceof BadSetup;
    this.options.link.send({ kind: 'stopTest', test: this.#test, reason: text, isBadSetup });
  }

  #stalled(message: string): void {
    log.critical(message);
    this.fault(message);
    this.#stopTest('');
  }

  async #stop(test: number): Promise<void> {
    if (test !== this.#test || this.#isStopping) return;
    this.#isStopping = true;
    const { environment, link } = this.options;
    await this.#fire(environment.events.testStopping);
    await this.#users.stopAll();
    this.#reporter.stop();
    this.#stallWatch.stop();
    this.usage.endTest();
    await this.#fire(environment.events.testStop);
    link.send({ kind: 'stopped', test });
  }

  async #quit(): Promise<void> {
    await this.#stop(this.#test);
    this.options.link.send({ kind: 'quit' });
    this.options.link.close();
  }

  #close(): void {
    this.#health.close();
    this.usage.close();
    this.options.environment.events.request.recordInto(undefined);
  }
}
