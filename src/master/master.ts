/**
 * Conducts tests: which state the run is in, who has to know of it, and what ends it.
 *
 * It knows user classes as names, weights and fixed counts, and workers as links. What it decides is in pure files beside it
 * (dispatcher, run state, silence, spawn messages, shape ticks); here it is only brought about. It never waits for a worker
 * without a limit.
 */
import { TsloadError } from '../errors.js';
import { type StartOptions, TestEvents } from '../events/index.js';
import type { MasterEnd, ReportMessage, StopWish, UserClassUpdate, WorkerHello } from '../link/index.js';
import { describeThrown, getLogger } from '../log.js';
import { Announcements } from './announcements.js';
import { Beginning } from './beginning.js';
import { Crew } from './crew.js';
import type { CurrentTest } from './currentTest.js';
import { Ending } from './ending.js';
import type { RestoredRun } from './journal.js';
import { checkedLoad, checkOneStep, type Load } from './load.js';
import type { MasterOptions } from './masterOptions.js';
import { restoreCrew } from './restoring.js';
import { Roster } from './roster.js';
import { isTesting, type MasterState, nextRunState, type RunInput } from './runState.js';
import { SecondClock } from './secondClock.js';
import { ShapeTest } from './shapeTest.js';
import { defaultPatience } from './silence.js';
import { spawnedLine } from './spawnedLine.js';
import { areAllSpent } from './spent.js';
import type { WorkerNode } from './workerNode.js';
import type { Workers } from './workers.js';

const log = getLogger('tsload.runners');

/** Seconds that workers get to say good-bye. */
const leaveSeconds = 60;

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
  readonly #roster: Roster;
  readonly #beginning: Beginning;
  readonly #ending: Ending;
  readonly #events: TestEvents;
  readonly #clock: SecondClock;
  readonly #announcements: Announcements;
  #state: MasterState = 'ready';
  #current: CurrentTest | undefined;
  #load: Load | undefined;
  readonly #shape: ShapeTest;
  #stopping: Promise<void> | undefined;
  #quitting: Promise<void> | undefined;
  #isHurried = false;
  #resolveEnded: () => void = () => {};

  constructor(private readonly options: MasterOptions) {
    this.#crew = this.#makeCrew();
    this.workers = this.#crew.workers;
    this.#announcements = new Announcements(options.setup, this.workers, options.journal);
    this.#roster = new Roster(this.#crew, {
      events: options.environment.events,
      isDistributed: options.isDistributed,
      patience: { ...defaultPatience, ...options.patience },
      run: () => this.#announcements.setup.run,
      current: () => this.#current,
      emptied: (why) => this.#emptied(why),
    });
    this.#ending = new Ending(this.#crew, this.#roster);
    this.#events = new TestEvents(options.environment, (thrown) => {
      if (options.isStopTest(thrown)) this.#stopTest(thrown.message);
    });
    const { reports } = this.#crew;
    this.#clock = new SecondClock(
      () => reports.tick(this.workers.userCount),
      (second) => reports.isAllIn(second),
    );
    this.#shape = this.#makeShape();
    this.#beginning = this.#makeBeginning();
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    if (options.restored !== undefined) this.#restore(options.restored);
  }

  get state(): MasterState {
    return this.#state;
  }

  /** Listeners of `testStopping` or `testStop` are being waited for: one of them must not wait for the end of the stop. */
  get isTellingEnd(): boolean {
    return this.#events.isTellingEnd;
  }

  /** A processor core was busy at least once in this test, on a worker. */
  get hasCpuWarning(): boolean {
    return this.#crew.heartbeats.hasCpuWarning;
  }

  /** Seconds since 1970, of the test that is going on: its run time counts from here. */
  get testStartTime(): number | undefined {
    return this.#current?.startTime;
  }

  /** The last log lines of a worker, the oldest first; also of one that is gone. */
  logsOf(worker: string): readonly string[] {
    return this.#crew.logs.of(worker);
  }

  /** From now on workers may come, and who does not is silent: for a master that was made with `isHeld`. */
  release(): void {
    if (this.options.restored?.running !== undefined) this.#roster.watch();
  }

  /**
   * Takes in a worker that is at the other end of this link. In a running test it gets its share of the users. Throws
   * `ConnectionError` when the runner has quit.
   */
  addWorker(hello: WorkerHello, link: MasterEnd): void {
    this.#roster.join(hello, link);
  }

  /**
   * The process of the worker with this identity, the end of its id, has ended, as whoever started it knows: it is not waited for.
   * An unknown one is ignored.
   */
  workerEnded(identity: string, how: string): void {
    this.#crew.processEnded(identity, how);
  }

  /** Resolves with true as soon as so many workers are ready, with false after `seconds`; 0: waits for ever. */
  untilWorkers(count: number, seconds: number): Promise<boolean> {
    const limit = seconds > 0 ? seconds : Number.POSITIVE_INFINITY;
    return this.#crew.facts.until(() => this.workers.readyCount >= count, limit);
  }

  /** Starts a test, or brings the running one to another load. Throws `TsloadError` MISUSE for what cannot be done. */
  start(userCount: number, spawnRate: number, { wait, userClasses }: StartOptions = {}): void {
    const load = checkedLoad({ userCount, spawnRate, userClasses }, this.#classNames());
    this.#checkStart(load, wait === true);
    if (this.workers.present.length === 0 && !isTesting(this.#state)) {
      log.warning('no worker is connected, so no user is started: start workers first');
      return;
    }
    this.#want(load);
    log.info(`Ramping to ${load.userCount} users at a rate of ${spawnRate.toFixed(2)} per second`);
    const isNew = !isTesting(this.#state);
    this.#enter('start');
    if (isNew) {
      this.#guardBeginning(this.#beginning.begin());
      return;
    }
    if (this.#current !== undefined) this.options.journal?.targetChanged(load);
    this.#current?.ramps?.start(load);
  }

  /**
   * Goes on with the test that a former master began, if there is one: to be called instead of `start`, when listeners are
   * there. Returns whether there is one.
   */
  resume(): boolean {
    const running = this.options.restored?.running;
    const current = this.#current;
    if (running === undefined || current === undefined) return false;
    const { shapeStartTime } = running;
    this.#guardBeginning(
      this.#beginning.resume(current).then(() => {
        if (shapeStartTime !== undefined && !current.isStopping) this.#shape.resume(shapeStartTime);
      }),
    );
    return true;
  }

  /** Lets the shape decide from now on. A second call while it does changes nothing. */
  startShape(): void {
    this.#shape.start();
  }

  /** Ends the test; resolves when `testStop` listeners are done. Without a test nothing happens. */
  stop(): Promise<void> {
    this.#shape.cancel();
    // a listener of testStop may have begun another test already: that one is to be stopped, and not the one before
    if (!this.#enter('stop')) return this.#stopping ?? Promise.resolve();
    if (this.#current !== undefined) this.#current.isStopping = true;
    this.#current?.ramps?.end();
    // a turn later: a listener of testStopping that asks for the stop once more must find this one
    const stopping = Promise.resolve()
      .then(() => this.#endTest())
      .finally(() => {
        if (this.#stopping === stopping) this.#stopping = undefined;
      });
    this.#stopping = stopping;
    return stopping;
  }

  /** Stops, lets all workers go, and resolves `ended`. */
  quit(): Promise<void> {
    this.#quitting ??= this.stop().then(() => this.#leave());
    return this.#quitting;
  }

  /** The stop timeout is over at once on all workers, and nobody is waited for who is missing. */
  hurry(): void {
    this.#isHurried = true;
    this.#ending.hurry();
  }

  /**
   * The process ends with this call. Workers are told: else they would look for this master for their whole grace. Not those of a run that
   * another one can go on with.
   */
  abandon(): void {
    if (this.options.journal === undefined) this.#roster.dismiss();
  }

  /** Sets the statistics to zero, now and on every worker. */
  resetStats(): void {
    log.info('Resetting stats');
    this.#crew.reports.reset();
  }

  /** A user class was changed: all workers change it, those that are to come as well. */
  updateUserClass(update: UserClassUpdate): void {
    this.#announcements.updateUserClass(update);
  }

  /** A message of the locustfile, to one worker or to all, those that are missing included. */
  sendMessage(type: string, data: unknown, clientId?: string): void {
    this.#announcements.sendMessage(type, data, clientId);
  }

  #makeCrew(): Crew {
    const {
      environment,
      statistics,
      journal,
      isDistributed,
      setup,
      locustfileSha256,
      repeatsWarnings = true,
    } = this.options;
    return new Crew(
      {
        events: environment.events,
        statistics,
        journal,
        isDistributed,
        repeatsWarnings,
        locustfileSha256,
        maxNames: setup.maxNames,
        setup: () => this.#announcements.setup,
      },
      {
        usersChanged: () => this.#endIfSpent(),
        stopTest: (worker, wish) => this.#stopTestOf(worker, wish),
        fault: () => {
          this.hasFault = true;
        },
        reported: (worker, report) => this.#reported(worker, report),
        customMessage: (message) => this.options.customMessage?.(message),
        missing: (worker, reason) => {
          this.#roster.missing(worker, reason);
          this.#ending.missing(worker);
        },
        returned: (worker) => this.#roster.returned(worker),
        stopped: (worker, test, givenUp) => this.#roster.stopped(worker, test, givenUp),
        lost: (worker, reason) => this.#roster.lost(worker, reason),
      },
    );
  }

  #makeShape(): ShapeTest {
    const { shape, isStopTest } = this.options;
    return new ShapeTest(shape, {
      userClasses: () => this.#classNames(),
      start: (userCount, spawnRate, options) => this.start(userCount, spawnRate, options),
      failed: (message) => this.#fail(message),
      ended: () => this.#endByItself(),
      isStopTest,
    });
  }

  #makeBeginning(): Beginning {
    return new Beginning(this.options, this.#crew, this.#events, {
      isBeginning: () => this.#state === 'spawning',
      load: () => this.#load,
      shapeStartTime: () => this.#shape.startTime,
      clockStarts: () => this.#clock.start(),
      began: (current) => {
        this.#current = current;
      },
      spawned: (isAgreed) => this.#guard(this.#spawned(isAgreed)),
    });
  }

  /** Workers of a master that ended are waited for as soon as they can come. */
  #restore(restored: RestoredRun): void {
    restoreCrew(this.#crew, restored);
    this.#beginning.lastTest = restored.test;
    const { running } = restored;
    if (running === undefined) return;
    if (this.options.isHeld !== true) this.#roster.watch();
    this.#want(running.load);
    this.#enter('start');
    if (running.isSpawned) this.#enter('allSpawned');
    this.#beginning.restore(running);
  }

  #checkStart(load: Load, wait: boolean): void {
    if (this.#quitting !== undefined) throw new TsloadError('MISUSE', 'the runner has quit: make another environment');
    if (this.#state === 'stopping') {
      throw new TsloadError('MISUSE', 'the test is still being stopped: await runner.stop() before the next start');
    }
    if (wait) checkOneStep(load, this.#current?.ramps);
  }

  #want(load: Load): void {
    this.#load = load;
    this.targetUserCount = load.userCount;
    this.spawnRate = load.spawnRate;
    if (!isTesting(this.#state)) this.targetUserClassesCount = {};
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

  /** What cannot begin is over: nobody would end it. */
  #guardBeginning(work: Promise<void>): void {
    work.catch((thrown: unknown) => {
      this.#fail(`the test cannot begin: ${thrown instanceof TsloadError ? thrown.message : describeThrown(thrown)}`);
      this.#endByItself();
    });
  }

  #fail(message: string): void {
    log.critical(message);
    this.hasFault = true;
  }

  async #spawned(isAgreed: boolean): Promise<void> {
    const current = this.#current;
    this.targetUserClassesCount = current?.ramps?.classTotals() ?? {};
    if (current === undefined) return;
    const isNews = this.#enter('allSpawned');
    this.#crew.tellSpawned(current.number, isNews);
    if (!isNews) return;
    log.info(spawnedLine(this.workers.userClassesCount(Object.keys(this.targetUserClassesCount)), isAgreed));
    const userCount = this.workers.userCount;
    this.options.journal?.spawned();
    if (this.options.resetStats) this.resetStats();
    await this.#events.spawningComplete(userCount);
    this.#endIfSpent();
  }

  /** Ends the test when no worker has anything left to do. */
  #endIfSpent(): void {
    if (this.#state !== 'running' && this.#state !== 'spawning') return;
    if (!this.#crew.grants.isDone && !areAllSpent(this.workers, this.#current?.ramps)) return;
    log.info('All iterations are done: ending the test');
    this.#endByItself();
  }

  #endByItself(): void {
    this.#guard(this.options.quitAtEnd ? this.quit() : this.stop());
  }

  async #endTest(): Promise<void> {
    const current = this.#current;
    await this.#events.testStopping();
    // not released yet, it would wait for who is missing without a limit
    if (this.options.isDistributed) this.#roster.watch();
    if (current !== undefined) await this.#ending.run(current);
    this.#clock.stop();
    this.#crew.reports.tick(this.workers.userCount);
    if (current !== undefined) this.options.journal?.testStopped(current.number);
    this.#current = undefined;
    this.#enter('allStopped');
    await this.#events.testStop();
  }

  async #leave(): Promise<void> {
    this.#roster.dismiss();
    const isEmpty = () => this.workers.present.length === 0;
    await this.#crew.facts.until(isEmpty, this.#isHurried ? 1 : leaveSeconds);
    this.#roster.close();
    for (const { link } of this.workers) link.close();
    this.#resolveEnded();
  }

  #stopTest(reason: string): void {
    if (this.#state === 'stopping' || !isTesting(this.#state)) return;
    if (reason !== '') log.error(reason);
    log.warning('stopping the test');
    this.#endByItself();
  }

  #stopTestOf(worker: WorkerNode, { test, reason, isBadSetup, isHopeless }: StopWish): void {
    if (test !== this.#current?.number) return;
    this.hasBadSetup ||= isBadSetup;
    if (isHopeless === true && this.#roster.doWithout(worker, test, reason)) return;
    this.#stopTest(reason);
  }

  /** Once for each interval: of several reports, the last has what listeners added. */
  #reported({ id }: WorkerNode, { data, hasMore = false }: ReportMessage): void {
    const { environment, isDistributed } = this.options;
    if (isDistributed && !hasMore) environment.events.workerReport.fire({ clientId: id, data: { ...data } });
  }

  /** Without any worker that has users, or may get some, there is no test. */
  #emptied(why: string): void {
    if (this.#quitting !== undefined || !isTesting(this.#state) || this.#state === 'stopping') return;
    log.error(`${why}: stopping the test`);
    this.hasFault = true; // the test is not the one that was asked for
    this.#endByItself();
  }
}
