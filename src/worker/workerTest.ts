import type {
  IterationState,
  MasterMessage,
  SpawnMessage,
  TestSettings,
  WorkerMessage,
  WorkerStanding,
} from '../link/index.js';
import type { IntervalStats } from '../stats/index.js';
import type { HealthMonitor } from './health.js';
import { IterationRequests } from './iterationRequests.js';
import type { Leash } from './leash.js';
import { Reporter } from './reporter.js';
import type { ReportOutbox } from './reportOutbox.js';
import type { StallWatch } from './stallWatch.js';
import type { WorkerTestEvents } from './testEvents.js';
import type { UsageMonitor } from './usageMonitor.js';
import type { UserRunner } from './userRunner.js';
import type { WorkerOptions } from './workerOptions.js';
import type { WorkerRuntime } from './workerRuntime.js';

type TestStart = MasterMessage & { readonly kind: 'testStart' };
type Grant = MasterMessage & { readonly kind: 'grant' };
type Revocation = MasterMessage & { readonly kind: 'revoke' };

export interface WorkerTestParts {
  readonly options: WorkerOptions;
  readonly runtime: WorkerRuntime;
  readonly users: UserRunner;
  readonly outbox: ReportOutbox;
  readonly leash: Leash;
  readonly health: HealthMonitor;
  readonly usage: UsageMonitor;
  readonly stallWatch: StallWatch;
  readonly events: WorkerTestEvents;
}

const noIterations: IterationState = { granted: 0, finished: 0, returned: 0, waiting: 0 };

export class WorkerTest {
  readonly #reporter: Reporter;
  readonly #requests: IterationRequests;
  #test = 0;
  /** Of this test among all that were begun or forgotten here: masters of two runs may give them the same number. */
  #ordinal = 0;
  #period = 0;
  /** Of the test that reports: when the next one begins, the one before may still have samples to report. */
  #reportedPeriod = 0;
  /** The step whose end the master wants to hear of; 0: none. */
  #awaitedStep = 0;
  #lastStep = 0;
  #phase: 'ready' | 'beginning' | 'running' | 'stopping' | 'over' = 'ready';
  /** What came while listeners of `testStart` were waited for. */
  #early: (SpawnMessage | Grant | Revocation)[] = [];
  #wasSpent = false;
  /** No further step of the ramp is to come. */
  #isRampOver = false;
  /** The end of this test, or of the one before. */
  #ending: Promise<void> = Promise.resolve();

  constructor(private readonly parts: WorkerTestParts) {
    const { options, runtime } = parts;
    this.#reporter = new Reporter(options.recorder, (interval, isLast) => this.#report(interval, isLast));
    this.#requests = new IterationRequests({
      budget: () => runtime.granted,
      isHeld: () => !parts.leash.isHeard || !this.isOn,
      send: (state) => this.#say({ kind: 'iterations', test: this.#test, state }),
    });
  }

  get number(): number {
    return this.#test;
  }

  /** Locust's words. */
  get state(): 'ready' | 'spawning' | 'running' | 'stopping' | 'stopped' {
    if (this.#phase === 'beginning') return 'spawning';
    if (this.#phase === 'over') return 'stopped';
    if (this.#phase !== 'running') return this.#phase;
    return this.#isRampOver && this.parts.users.isSettled ? 'running' : 'spawning';
  }

  /** A test is going on, or begins. */
  get isOn(): boolean {
    return this.#phase === 'beginning' || this.#phase === 'running';
  }

  async begin(message: TestStart): Promise<void> {
    if (message.test === this.#test) return this.#goOn(message);
    this.#enterTest(message);
    const ordinal = this.#ordinal;
    await this.#ending;
    if (ordinal !== this.#ordinal) return;
    const { options, runtime, users, usage, events } = this.parts;
    options.applySettings?.(message.settings);
    options.recorder.reset();
    runtime.begin(message.settings);
    users.begin(message.settings.stopTimeoutSeconds);
    usage.beginTest();
    await events.testStart();
    if (ordinal === this.#ordinal && this.#phase === 'beginning') this.#beginRunning(message);
  }

  spawn(message: SpawnMessage): void {
    if (message.test !== this.#test || message.step <= this.#lastStep) return;
    if (this.#phase === 'over') this.#sayStopped(); // the master counts on users here
    if (this.#phase === 'beginning') this.#early.push(message);
    if (this.#phase !== 'running' || this.parts.leash.isLeaseOver) return;
    this.#lastStep = message.step;
    this.#isRampOver = message.isLast;
    this.#awaitedStep = message.isLast ? message.step : 0;
    this.parts.users.spawn(message);
  }

  grant(message: Grant): void {
    if (message.test !== this.#test) return;
    if (this.#phase === 'beginning') this.#early.push(message);
    if (this.#phase !== 'running') return;
    this.parts.runtime.granted?.grant(message.count, message.isLast);
    this.#tellUsers();
  }

  revoke(message: Revocation): void {
    if (message.test !== this.#test) return;
    if (this.#phase === 'beginning') this.#early.push(message);
    if (this.#phase === 'running') this.parts.runtime.granted?.giveBack(message.count);
  }

  reset(period: number): void {
    this.#period = period;
    if (this.#phase !== 'beginning') this.#reportedPeriod = period;
    this.parts.options.recorder.reset();
    this.parts.runtime.exceptions.take();
  }

  /** The users became fewer, or there is nothing left to start or stop. */
  usersChanged(): void {
    if (this.#phase !== 'running') return;
    const { users, runtime } = this.parts;
    const isDeserted = this.#lastStep > 0 && users.pool.size === 0 && users.isSettled;
    if (isDeserted) runtime.granted?.returnRest();
    this.#tellUsers();
  }

  needIterations(): void {
    this.#requests.ask();
  }

  /** Ends the test; resolves when listeners of `testStop` are done. The same test once more: says again that it is over. */
  stop(test: number, isHurried: boolean): Promise<void> {
    if (test !== this.#test || this.#phase === 'ready') return Promise.resolve();
    if (isHurried) this.parts.users.hurry();
    if (this.#phase === 'over') this.#sayStopped();
    if (this.isOn) {
      this.#phase = 'stopping';
      // a turn later: a listener of testStopping that asks for the stop once more must find this one
      const ordinal = this.#ordinal;
      this.#ending = this.#ending.catch(() => {}).then(() => this.#end(ordinal));
    }
    return this.#ending;
  }

  /**
   * The lease is over: the users stop, for the master gives them to others. The test goes on, and so does this worker: once the
   * master knows, it says again which test that is. Spawns before that were on their way, and are for users that others have now.
   */
  async yieldUsers(): Promise<void> {
    const { users, runtime, leash } = this.parts;
    runtime.granted?.returnRest();
    await users.stopAll();
    if (this.#phase === 'running' && leash.isLeaseOver) this.#sayStopped(() => leash.said());
  }

  /** The master is of another run: the test here belongs to nobody. Resolves when its users are gone. */
  forget(): Promise<void> {
    const over = this.stop(this.#test, false);
    this.#ordinal++;
    this.#test = 0;
    this.#phase = 'ready';
    this.#early = [];
    return over;
  }

  /** There is a connection again; `isNew`: to a master that was started anew, so what was told may be unknown to it. */
  resumed(isNew: boolean): void {
    this.#requests.forget();
    this.#requests.ask();
    if (isNew && this.#phase === 'over') this.#sayStopped();
  }

  standing(run: string, index: number): WorkerStanding {
    const { users, outbox, runtime } = this.parts;
    return {
      run,
      index,
      test: this.#test,
      period: this.#period,
      step: this.#lastStep,
      userCounts: users.pool.counts(),
      isSpent: this.#isSpent,
      sequence: outbox.sequence,
      iterations: runtime.granted?.state ?? noIterations,
    };
  }

  close(): void {
    this.#requests.close();
    this.#reporter.stop();
    this.parts.stallWatch.stop();
  }

  #enterTest({ test, period }: TestStart): void {
    this.#test = test;
    this.#ordinal++;
    this.#period = period;
    this.#lastStep = 0;
    this.#awaitedStep = 0;
    this.#wasSpent = false;
    this.#isRampOver = false;
    this.#early = [];
    this.#requests.forget();
    this.#phase = 'beginning';
  }

  #beginRunning({ test, startTime, settings }: TestStart): void {
    const { health, stallWatch } = this.parts;
    health.take(); // what it did before there were users, as in listeners of testStart, is not judged
    this.#reportedPeriod = this.#period;
    this.#reporter.start(startTime + settings.warmupSeconds);
    stallWatch.start();
    this.#setLeash(startTime, settings);
    this.#phase = 'running';
    this.#say({ kind: 'started', test });
    for (const message of this.#early.splice(0)) {
      if (message.kind === 'grant') this.grant(message);
      else if (message.kind === 'revoke') this.revoke(message);
      else this.spawn(message);
    }
  }

  /** The same test again, of a master that was started anew or that took this worker back: nothing here begins anew. */
  #goOn({ test, period, startTime, settings }: TestStart): void {
    const { options, users } = this.parts;
    if (period !== this.#period) this.reset(period);
    if (this.#phase === 'over') this.#sayStopped();
    if (this.#phase !== 'running') return;
    options.applySettings?.(settings);
    users.stopTimeoutSeconds = settings.stopTimeoutSeconds;
    this.#setLeash(startTime, settings);
    this.#say({ kind: 'started', test });
  }

  #setLeash(startTime: number, { runSeconds, leaseSeconds }: TestSettings): void {
    const runEnd = runSeconds === undefined ? Number.POSITIVE_INFINITY : startTime + runSeconds;
    this.parts.leash.begin({ leaseSeconds, runEnd });
  }

  /** Tells the master what it waits for: the end of a step, or that there is nothing left to do here. */
  #tellUsers(): void {
    const { users } = this.parts;
    const isSpent = this.#isSpent;
    const isStepDone = this.#awaitedStep > 0 && users.isSettled;
    if (!isStepDone && isSpent === this.#wasSpent) return;
    if (isStepDone) this.#awaitedStep = 0;
    this.#wasSpent = isSpent;
    const step = isStepDone ? this.#lastStep : 0;
    this.#say({ kind: 'users', test: this.#test, step, userCounts: users.pool.counts(), isSpent });
  }

  /** Nobody runs, and that is because no iterations are left. */
  get #isSpent(): boolean {
    const { runtime, users } = this.parts;
    const { budget } = runtime;
    if (budget === undefined || users.pool.size > 0) return false;
    return budget.isUsedUp || (budget.hasRefused && this.#isRampOver && users.isSettled);
  }

  #report(interval: IntervalStats, isLast: boolean): void {
    const { options, runtime, users, outbox, health, events } = this.parts;
    const data = events.reportToMaster(options.id);
    const iterations = runtime.granted?.state;
    runtime.granted?.tick();
    const report = {
      kind: 'report' as const,
      period: this.#reportedPeriod,
      interval,
      userCounts: users.pool.counts(),
      exceptions: runtime.exceptions.take(),
      health: health.take(),
      ...(iterations !== undefined && { iterations }),
      data,
    };
    outbox.add(report, isLast);
  }

  async #end(ordinal: number): Promise<void> {
    const { users, leash, stallWatch, usage, events } = this.parts;
    await events.testStopping();
    await users.stopAll();
    leash.end();
    this.#reporter.stop();
    stallWatch.stop();
    usage.endTest();
    await events.testStop();
    if (ordinal !== this.#ordinal) return;
    this.#phase = 'over';
    this.#sayStopped();
  }

  /** What is newer than a report comes after it. */
  #say(message: WorkerMessage): void {
    this.parts.outbox.hurry();
    this.parts.options.link.send(message);
  }

  /** After the last report. */
  #sayStopped(said: () => void = () => {}): void {
    const test = this.#test;
    this.parts.outbox.hurry();
    this.parts.outbox.afterReports(() => {
      said();
      this.parts.options.link.send({ kind: 'stopped', test });
    });
  }
}
