/**
 * A master in this process, whose workers are other processes: they join over the network.
 */
import { randomBytes } from 'node:crypto';
import type { MessageListener, RunState, StartOptions, StatisticsView } from '../events/index.js';
import {
  type LinkServer,
  type LocustServer,
  type LocustServerOptions,
  type MasterEnd,
  MessageListeners,
  openLinkServer,
  openLocustServer,
  type ServerTls,
  type UserClassUpdate,
  type WorkerHello,
} from '../link/index.js';
import { type Journal, Master, type Patience, type RestoredRun, type WorkerStatus } from '../master/index.js';
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
  /**
   * Whether this process starts workers itself. Where there is `tls`, they get a port of their own, unencrypted on 127.0.0.1
   * (`ownPort`): the certificate is for another name, and they may have none of their own. Default false.
   */
  readonly startsWorkers?: boolean;
  /** The package of the locustfile, for workers that have none. Default: they are told that there is none. */
  readonly locustfile?: () => Promise<Uint8Array>;
  /**
   * Workers of Locust, boomer and others of that protocol may join too, at an address and port of their own: it has no token.
   * Default: they may not. Command line `--protocol locust`.
   */
  readonly locust?: Omit<LocustServerOptions, 'onWorker' | 'userClasses'>;
  /** Whether users of a worker that is not heard of are given to others. Default false. Locust: `--enable-rebalancing`. */
  readonly enableRebalancing?: boolean;
  /** What is to be kept for a master that goes on after this one. Default: nothing. */
  readonly journal?: Journal;
  /** The run of a master that ended: this one goes on with it. The statistics are restored by then. */
  readonly restored?: RestoredRun;
  /** Whether warnings of workers are repeated in this process's log. Default true. */
  readonly repeatsWarnings?: boolean;
  /** Seconds that a plan is sent before its time. Default 0.2. */
  readonly leadSeconds?: number;
  /** Seconds after which a worker that cannot hear its master stops its users, with rebalancing. Default 8. */
  readonly leaseSeconds?: number;
  /** How long silent workers are waited for. */
  readonly patience?: Partial<Patience>;
}

export class MasterRunner implements TestRunner {
  readonly workerIndex = -1;
  readonly clientId = clientId;
  /** What a worker must know to join. */
  readonly token: string;
  readonly #master: Master;
  readonly #listeners = new MessageListeners();
  /** The first is for everybody, a second one for workers that this process starts. */
  readonly #servers: LinkServer[] = [];
  #locustServer: LocustServer | undefined;

  /** For `MasterRunner.open`. */
  private constructor(
    readonly environment: Environment,
    statistics: RunStatistics,
    options: MasterRunnerOptions,
  ) {
    this.token = options.token ?? process.env['TSLOAD_TOKEN'] ?? randomBytes(24).toString('base64url');
    const leaseSeconds = options.enableRebalancing ? (options.leaseSeconds ?? defaultLeaseSeconds) : undefined;
    const { restored } = options;
    this.#master = new Master({
      environment,
      statistics,
      setup: restored?.setup ?? runSetup(environment),
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
      journal: options.journal,
      restored,
      repeatsWarnings: options.repeatsWarnings ?? true,
      ...(options.patience === undefined ? {} : { patience: options.patience }),
    });
    void this.#master.ended.then(() => this.#closeServers());
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
      await runner.#listen(options);
    } catch (thrown) {
      await runner.#closeServers();
      throw thrown;
    }
    return runner;
  }

  async #listen(options: MasterRunnerOptions): Promise<void> {
    const { tls, locustfile } = options;
    const server = {
      token: this.token,
      version: readVersion(),
      onWorker: (hello: WorkerHello, link: MasterEnd) => this.#master.addWorker(hello, link),
      ...(locustfile === undefined ? {} : { locustfile }),
    };
    const [host, port] = [options.bindHost ?? '*', options.bindPort ?? 5557];
    this.#servers.push(await openLinkServer({ ...server, host, port, ...(tls === undefined ? {} : { tls }) }));
    if (options.locust !== undefined) await this.#listenToLocust(options.locust);
    if (tls === undefined || !options.startsWorkers) return;
    this.#servers.push(await openLinkServer({ ...server, host: '127.0.0.1', port: 0 }));
  }

  async #listenToLocust(options: NonNullable<MasterRunnerOptions['locust']>): Promise<void> {
    this.#locustServer = await openLocustServer({
      ...options,
      userClasses: () => this.environment.userClasses.map(({ name }) => name),
      onWorker: (hello, link) => this.#master.addWorker(hello, link),
    });
  }

  async #closeServers(): Promise<void> {
    await Promise.all([...this.#servers, this.#locustServer].map((server) => server?.close()));
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
    return this.#servers[0]?.port ?? 0;
  }

  /** Where workers that this process starts reach it, without encryption. */
  get ownPort(): number {
    return this.#servers.at(-1)?.port ?? 0;
  }

  /** For example `ws://192.0.2.7:5557`. */
  get url(): string {
    return this.#servers[0]?.url ?? '';
  }

  /** The port at which workers of Locust's protocol join; 0 when they may not. */
  get locustPort(): number {
    return this.#locustServer?.port ?? 0;
  }

  get ended(): Promise<void> {
    return this.#master.ended;
  }

  get hasCpuWarning(): boolean {
    return this.#master.hasCpuWarning;
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
    const quit = this.#master.quit().then(() => this.#closeServers());
    return this.#master.isTellingEnd ? Promise.resolve() : quit;
  }

  /** For tsload's own use: as `stop`, for callers that no listener waits for. */
  stopWithListeners(): Promise<void> {
    return this.#master.stop();
  }

  hurry(): void {
    this.#master.hurry();
  }

  /** A worker is gone for good, as whoever started it knows: nobody waits for it. */
  loseWorker(id: string, reason: string): void {
    this.#master.loseWorker(id, reason);
  }

  /** Sets the statistics to zero, here and on all workers, and fires `resetStats`. */
  resetStats(): void {
    const { environment } = this;
    environment.events.resetStats.fire({ environment });
    this.#master.resetStats();
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
