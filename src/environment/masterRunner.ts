/**
 * A master in this process, whose workers are other processes: they join over the network.
 */
import { randomBytes } from 'node:crypto';
import type { MessageListener, RunState, StartOptions, StatisticsView } from '../events/index.js';
import {
  type LinkServer,
  MessageListeners,
  openLinkServer,
  type ServerTls,
  type UserClassUpdate,
} from '../link/index.js';
import { type Journal, Master, type RestoredRun } from '../master/index.js';
import type { RunStatistics } from '../stats/index.js';
import { StopTest } from '../users/index.js';
import { readVersion } from '../version.js';
import type { Environment } from './environment.js';
import type { TestRunner } from './testRunner.js';
import { bindShape, prepareTest, runSetup, testSettings } from './testSettings.js';

const clientId = 'master';
/** Seconds that a plan is sent before its time, so that it has reached every worker by then. */
const defaultLeadSeconds = 0.2;
/** Seconds after which a worker that cannot hear its master stops its users, where they are given to others. */
const defaultLeaseSeconds = 8;

export interface MasterRunnerOptions {
  /** Address to listen on; `*`: all of this machine. Default `*`. Locust: `master_bind_host`. */
  readonly bindHost?: string;
  /** 0: any free one, see `port`. Default 5557. Locust: `master_bind_port`. */
  readonly bindPort?: number;
  /** What a worker must know to join. Default: `TSLOAD_TOKEN` of the environment variables, else one that is made. */
  readonly token?: string;
  readonly tls?: ServerTls;
  /** The package of the locustfile, for workers that have none. Default: they are told that there is none. */
  readonly locustfile?: () => Promise<Uint8Array>;
  /** Whether users of a worker that is not heard of are given to others. Default false. Locust: `--enable-rebalancing`. */
  readonly enableRebalancing?: boolean;
  /** What is to be kept for a master that goes on after this one. Default: nothing. */
  readonly journal?: Journal;
  /** The run of a master that ended: this one goes on with it. The statistics are restored by then. */
  readonly restored?: RestoredRun;
  /** Seconds that a plan is sent before its time. Default 0.2. */
  readonly leadSeconds?: number;
}

export class MasterRunner implements TestRunner {
  readonly workerIndex = -1;
  readonly clientId = clientId;
  /** What a worker must know to join. */
  readonly token: string;
  readonly #master: Master;
  readonly #listeners = new MessageListeners();
  #server: LinkServer | undefined;

  /** For `MasterRunner.open`. */
  private constructor(
    readonly environment: Environment,
    statistics: RunStatistics,
    options: MasterRunnerOptions,
  ) {
    this.token = options.token ?? process.env['TSLOAD_TOKEN'] ?? randomBytes(24).toString('base64url');
    const leaseSeconds = options.enableRebalancing ? defaultLeaseSeconds : undefined;
    this.#master = new Master({
      environment,
      statistics,
      setup: runSetup(environment),
      classes: () => environment.userClasses.map(({ name, weight, fixedCount }) => ({ name, weight, fixedCount })),
      prepare: () => prepareTest(environment),
      settings: () => ({ ...testSettings(environment), leaseSeconds }),
      shape: environment.shape,
      resetStats: environment.options.resetStats,
      quitAtEnd: environment.options.quitAtEnd,
      isDistributed: true,
      leadSeconds: options.leadSeconds ?? defaultLeadSeconds,
      isStopTest: (thrown) => thrown instanceof StopTest,
      customMessage: (message) => this.#listeners.deliver(message, environment),
    });
    void this.#master.ended.then(() => this.#server?.close());
  }

  /** Listens for workers. Throws `ConnectionError` when it cannot. For `Environment.createMasterRunner`. */
  static async open(
    environment: Environment,
    statistics: RunStatistics,
    options: MasterRunnerOptions,
  ): Promise<MasterRunner> {
    const runner = new MasterRunner(environment, statistics, options);
    runner.#server = await openLinkServer({
      host: options.bindHost ?? '*',
      port: options.bindPort ?? 5557,
      token: runner.token,
      version: readVersion(),
      onWorker: (hello, link) => runner.#master.addWorker(hello, link),
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      ...(options.locustfile === undefined ? {} : { locustfile: options.locustfile }),
    });
    return runner;
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
    return this.#master.workers.size;
  }

  /** Workers that are there and run no users. */
  get readyWorkerCount(): number {
    return this.#master.workers.size;
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#server?.port ?? 0;
  }

  /** For example `ws://192.0.2.7:5557`. */
  get url(): string {
    return this.#server?.url ?? '';
  }

  get ended(): Promise<void> {
    return this.#master.ended;
  }

  get hasCpuWarning(): boolean {
    return false;
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
    const quit = this.#master.quit().then(() => this.#server?.close());
    return this.#master.isTellingEnd ? Promise.resolve() : quit;
  }

  /** For tsload's own use: as `stop`, for callers that no listener waits for. */
  stopWithListeners(): Promise<void> {
    return this.#master.stop();
  }

  hurry(): void {}

  /** Sets the statistics to zero, here and on all workers, and fires `resetStats`. */
  resetStats(): void {
    const { environment } = this;
    environment.events.resetStats.fire({ environment });
    this.#master.resetStats();
  }

  /** For tsload's own use: a user class was changed here, and is to be changed on all workers. */
  userClassUpdated(_update: UserClassUpdate): void {}

  /** `concurrent` makes no difference: a listener that awaits keeps no other message from coming. */
  registerMessage(type: string, listener: MessageListener): void {
    this.#listeners.register(type, listener);
  }

  /** To one worker, or to all, those that are missing included. */
  sendMessage(type: string, data?: unknown, toClientId?: string): void {
    this.#master.sendMessage(type, data, toClientId);
  }
}
