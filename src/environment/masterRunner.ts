/**
 * A master in this process, whose workers are other processes: they join over the network.
 */
import { randomBytes } from 'node:crypto';
import { LinkError, TsloadError } from '../errors.js';
import type { MessageListener, RunState, StartOptions, StatisticsView } from '../events/index.js';
import { checkSendable, MessageListeners, type UserClassUpdate } from '../link/index.js';
import { Master, type WorkerStatus } from '../master/index.js';
import type { RunStatistics } from '../stats/index.js';
import { tokenOfVariables } from '../token.js';
import { StopTest } from '../users/index.js';
import { UsageMonitor } from '../worker/index.js';
import type { Environment } from './environment.js';
import type { MasterRunnerOptions } from './masterRunnerOptions.js';
import { MasterServers } from './masterServers.js';
import type { TestRunner } from './testRunner.js';
import { bindShape, prepareTest, runSetup, testSettings } from './testSettings.js';

const clientId = 'master';
/** Seconds that a plan is sent before its time, so that it has reached every worker by then. */
const defaultLeadSeconds = 0.2;
/** Seconds after which a worker that cannot hear its master stops its users, where they are given to others. */
const defaultLeaseSeconds = 8;
/** What a busy processor means here. */
const lateReports = 'reports of workers are counted late, and users started late; use fewer workers or request names';

export class MasterRunner implements TestRunner {
  readonly workerIndex = -1;
  readonly clientId = clientId;
  /** What a worker must know to join. */
  readonly token: string;
  readonly #master: Master;
  readonly #listeners = new MessageListeners();
  readonly #servers = new MasterServers();
  readonly #usage: UsageMonitor;

  /** For `MasterRunner.open`. */
  private constructor(
    readonly environment: Environment,
    statistics: RunStatistics,
    options: MasterRunnerOptions,
  ) {
    this.token = options.token ?? tokenOfVariables(process.env) ?? randomBytes(24).toString('base64url');
    const leaseSeconds = options.enableRebalancing ? (options.leaseSeconds ?? defaultLeaseSeconds) : undefined;
    const { restored } = options;
    this.#master = new Master({
      environment,
      statistics,
      setup: restored?.setup ?? runSetup(environment),
      classes: () => environment.userClasses.map(({ name, weight, fixedCount }) => ({ name, weight, fixedCount })),
      prepare: () => {
        prepareTest(environment);
        this.#usage.beginTest();
      },
      settings: () => ({ ...testSettings(environment), leaseSeconds }),
      shape: environment.shape,
      resetStats: environment.options.resetStats,
      quitAtEnd: environment.options.quitAtEnd,
      isDistributed: true,
      leadSeconds: options.leadSeconds ?? defaultLeadSeconds,
      isStopTest: (thrown) => thrown instanceof StopTest,
      customMessage: (message) => this.#listeners.deliver(message, environment),
      journal: options.journal,
      restored,
      isHeld: options.isHeld ?? false,
      repeatsWarnings: options.repeatsWarnings ?? true,
      locustfileSha256: options.locustfileSha256,
      ...(options.patience === undefined ? {} : { patience: options.patience }),
    });
    this.#usage = new UsageMonitor(environment, environment.options.usageLimits, lateReports);
    void this.#master.ended.then(() => this.#close());
  }

  /** Listens for workers. Throws `ConnectionError` when it cannot. For `Environment.createMasterRunner`. */
  static async open(
    environment: Environment,
    statistics: RunStatistics,
    options: MasterRunnerOptions,
  ): Promise<MasterRunner> {
    for (const { userClass, values } of options.restored?.setup.userConfigs ?? []) {
      environment.configureUserClass(userClass, values);
    }
    const runner = new MasterRunner(environment, statistics, options);
    try {
      await runner.#servers.open(options, {
        token: runner.token,
        userClasses: () => environment.userClasses.map(({ name }) => name),
        onWorker: (hello, link) => runner.#master.addWorker(hello, link),
      });
    } catch (thrown) {
      await runner.#close();
      throw thrown;
    }
    return runner;
  }

  /** From now on workers are let in: for a runner that was made with `isHeld`, when listeners of `init` are done. */
  release(): void {
    this.#master.release();
    this.#servers.release();
  }

  async #close(): Promise<void> {
    this.#usage.close();
    await this.#servers.close();
  }

  get state(): RunState {
    return this.#master.state;
  }

  /** Users on all workers that are heard of, as they reported last. */
  get userCount(): number {
    return this.#master.workers.userCount;
  }

  get userClassesCount(): Readonly<Record<string, number>> {
    return this.#master.workers.userClassesCount(this.environment.userClasses.map(({ name }) => name));
  }

  get targetUserCount(): number {
    return this.#master.targetUserCount;
  }

  get targetUserClassesCount(): Readonly<Record<string, number>> {
    return this.#master.targetUserClassesCount;
  }

  get spawnRate(): number {
    return this.#master.spawnRate;
  }

  get stats(): StatisticsView {
    return this.environment.stats;
  }

  /** Workers that are heard of. */
  get workerCount(): number {
    return this.#master.workers.present.length;
  }

  /** Workers that are there and have nothing to do. */
  get readyWorkerCount(): number {
    return this.#master.workers.readyCount;
  }

  /** All workers, those that are missing included until nobody waits for them any more. */
  get workers(): readonly WorkerStatus[] {
    return [...this.#master.workers];
  }

  /** Seconds since 1970: the run time of the test that is going on counts from here. */
  get testStartTime(): number | undefined {
    return this.#master.testStartTime;
  }

  /** The last log lines of a worker, the oldest first; also of one that is gone. */
  logsOf(worker: string): readonly string[] {
    return this.#master.logsOf(worker);
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#servers.port;
  }

  /** Where workers that this process starts reach it, without encryption. */
  get ownPort(): number {
    return this.#servers.ownPort;
  }

  /** For example `ws://192.0.2.7:5557`. */
  get url(): string {
    return this.#servers.url;
  }

  /** The port at which workers of Locust's protocol join; 0 when they may not. */
  get locustPort(): number {
    return this.#servers.locustPort;
  }

  get ended(): Promise<void> {
    return this.#master.ended;
  }

  /** A processor core was busy at least once in this test, here or on a worker. */
  get hasCpuWarning(): boolean {
    return this.#master.hasCpuWarning || this.#usage.hasWarned;
  }

  get hasFault(): boolean {
    return this.#master.hasFault;
  }

  get hasBadSetup(): boolean {
    return this.#master.hasBadSetup;
  }

  /**
   * Resolves with true as soon as so many workers are ready, with false after `seconds`; 0: waits for ever. Locust:
   * `--expect-workers`, `--expect-workers-max-wait`.
   */
  untilWorkers(count: number, seconds = 0): Promise<boolean> {
    return this.#master.untilWorkers(count, seconds);
  }

  start(userCount: number, spawnRate: number, options?: StartOptions): void {
    this.#master.start(userCount, spawnRate, options);
  }

  /**
   * Goes on with the test of the master that ended, if it had one: to be called instead of `start` when listeners are there.
   * Returns whether there is one.
   */
  resume(): boolean {
    bindShape(this.environment);
    return this.#master.resume();
  }

  startShape(): void {
    bindShape(this.environment);
    this.#master.startShape();
  }

  /** Resolves when listeners of `testStop` are done; at once for a call from one of them, which would wait for itself. */
  stop(): Promise<void> {
    const stopped = this.stopWithListeners();
    return this.#master.isTellingEnd ? Promise.resolve() : stopped;
  }

  /** Stops, lets all workers go and listens no more; at once for a call from a listener of `testStopping` or `testStop`. */
  quit(): Promise<void> {
    const quit = this.#master.quit().then(() => this.#close());
    return this.#master.isTellingEnd ? Promise.resolve() : quit;
  }

  /** For tsload's own use: as `stop`, for callers that no listener waits for. */
  stopWithListeners(): Promise<void> {
    return this.#master.stop();
  }

  hurry(): void {
    this.#master.hurry();
  }

  /** For tsload's own use: the process ends with this call. */
  abandon(): void {
    this.#master.abandon();
  }

  /**
   * The process of the worker that was started with this `identity` has ended, as whoever started it knows: when its connection
   * breaks it is not waited for. `how` follows `its process` in the log: `was ended by SIGKILL`.
   */
  workerEnded(identity: string, how: string): void {
    this.#master.workerEnded(identity, `its process ${how}`);
  }

  /** Sets the statistics to zero, here and on all workers, and fires `resetStats`. */
  resetStats(): void {
    const { environment } = this;
    environment.events.resetStats.fire({ environment });
    this.#master.resetStats();
  }

  /** For tsload's own use: throws `TsloadError` BAD_OPTION for an update that workers could not be sent. */
  checkUserClassUpdate(update: UserClassUpdate): void {
    try {
      checkSendable({ kind: 'updateUserClass', update });
    } catch (thrown) {
      if (!(thrown instanceof LinkError)) throw thrown;
      throw new TsloadError('BAD_OPTION', `class ${update.userClass} is not changed: ${thrown.message}`, {
        cause: thrown,
      });
    }
  }

  /** For tsload's own use: a user class was changed here, and is to be changed on all workers. */
  userClassUpdated(update: UserClassUpdate): void {
    this.#master.updateUserClass(update);
  }

  /** `concurrent` makes no difference: a listener that awaits keeps no other message from coming. */
  registerMessage(type: string, listener: MessageListener): void {
    this.#listeners.register(type, listener);
  }

  /** To one worker, or to all, those that are missing included. */
  sendMessage(type: string, data?: unknown, toClientId?: string): void {
    this.#master.sendMessage(type, data, toClientId);
  }
}
