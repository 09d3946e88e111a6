/**
 * A worker in this process, whose master is another process: it is joined over the network.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setClockOffset } from '../clock.js';
import { TsloadError } from '../errors.js';
import type { MessageListener, RunState, StatisticsView, UserRuntime } from '../events/index.js';
import {
  type ClientTls,
  MessageListeners,
  type WorkerEnd,
  type WorkerHello,
  type WorkerStanding,
} from '../link/index.js';
import type { LogRecord } from '../log.js';
import { IntervalRecorder } from '../stats/index.js';
import { readVersion } from '../version.js';
import { defaultGraceSeconds, Worker, type WorkerEnding, type WorkerTimes } from '../worker/index.js';
import type { Environment } from './environment.js';
import { joinMaster, untilAborted } from './joining.js';
import type { TestRunner } from './testRunner.js';
import { WorkerSettings } from './workerSettings.js';

export interface WorkerRunnerOptions {
  /** Default `127.0.0.1`. Locust: `master_host`. */
  readonly masterHost?: string;
  /** Default 5557. Locust: `master_port`. */
  readonly masterPort?: number;
  /** What the master demands. Default: `TSLOAD_TOKEN` of the environment variables. Locust's protocol has none. */
  readonly token?: string;
  /** Default: not encrypted. */
  readonly tls?: ClientTls;
  /** What the master speaks: `locust` for a master of Locust itself. Default `tsload`. */
  readonly protocol?: 'tsload' | 'locust';
  /**
   * Seconds that users go on without the master, while it is looked for. When they are over, the worker stops them and ends.
   * 0 or above. Default 60. Command line `--master-grace`.
   */
  readonly graceSeconds?: number;
  /**
   * What makes this worker's name, which begins with that of its machine, a name of its own: 32 hex digits that no other worker
   * has ever had. For whoever starts workers and wants to know which of them is which. Default: made by chance.
   */
  readonly identity?: string;
  /** Seconds for the first connection. Default 300. */
  readonly connectSeconds?: number;
  /**
   * Ends the wait for the first connection and for the master's welcome, which comes when the `init` there is over:
   * `createWorkerRunner` then leaves the master and rejects with the signal's reason.
   */
  readonly signal?: AbortSignal;
  /** SHA-256 of the locustfile's bundle: a master that has another one warns of it. Default: nothing is compared. */
  readonly locustfileSha256?: string;
  /** A log line as it is shown here, for the lines that the master gets. Default: level, logger and message. */
  readonly formatLog?: (record: LogRecord) => string;
  /** Whether tests and messages of the master wait for `release`. Default false: they come at once. */
  readonly isHeld?: boolean;
  /** A connection that is there already, in place of one that is made. For tests. */
  connect?(hello: () => WorkerHello): Promise<WorkerEnd>;
  /** For tests. */
  readonly times?: Partial<WorkerTimes>;
}

export class WorkerRunner implements TestRunner {
  readonly workerCount = 1;
  readonly ended: Promise<void>;
  /** Resolves when the master has said how the run is set up and which index this worker has, or when there is no master any more. */
  readonly #joined: Promise<void>;
  readonly #listeners = new MessageListeners();
  readonly #worker: Worker;
  #ending: WorkerEnding | undefined;

  /** For `WorkerRunner.open`. */
  private constructor(
    readonly environment: Environment,
    link: WorkerEnd,
    /** The name of this host, `_`, 32 hexadecimal digits. */
    readonly clientId: string,
    options: WorkerRunnerOptions,
  ) {
    let resolveEnded: () => void = () => {};
    this.ended = new Promise((resolve) => {
      resolveEnded = resolve;
    });
    let resolveWelcomed: () => void = () => {};
    const welcomed = new Promise<void>((resolve) => {
      resolveWelcomed = resolve;
    });
    this.#joined = Promise.race([welcomed, this.ended]);
    const recorder = new IntervalRecorder({ maxNames: environment.options.maxNames });
    const settings = new WorkerSettings(environment, recorder, (message) => this.#worker.fault(message));
    this.#worker = new Worker({
      id: clientId,
      environment,
      userClasses: new Map(environment.userClasses.map((userClass) => [userClass.name, userClass])),
      link,
      recorder,
      firesTestEvents: true,
      holdsMessages: options.isHeld ?? false,
      applySetup: (setup) => {
        settings.applySetup(setup);
        resolveWelcomed();
      },
      applySettings: (test) => settings.applyTest(test),
      updateUserClass: (update) => settings.update(update),
      customMessage: (message) => this.#listeners.deliver(message, environment),
      ended: (ending) => {
        this.#ending = ending;
        resolveEnded();
      },
      usageLimits: environment.options.usageLimits,
      stallSeconds: environment.options.stallSeconds,
      graceSeconds: options.graceSeconds ?? defaultGraceSeconds,
      formatLog: options.formatLog ?? formatLog,
      ...(options.times === undefined ? {} : { times: options.times }),
    });
    // the master's exit code tells of all nodes; once is enough, as a listener of request may fail with each
    environment.events.onFailedListener = () => {
      if (!this.#worker.hasFault) this.#worker.fault('a listener failed');
    };
  }

  /** Joins the master; knows its index then. Throws `ConnectionError` when it cannot, and the reason of `signal`. For `Environment.createWorkerRunner`. */
  static async open(environment: Environment, options: WorkerRunnerOptions): Promise<WorkerRunner> {
    const clientId = `${hostname()}_${options.identity ?? randomBytes(16).toString('hex')}`;
    let runner: WorkerRunner | undefined;
    const link = await joinMaster(environment, options, () => {
      const standing = runner === undefined ? undefined : runner.standing;
      return {
        worker: clientId,
        version: readVersion(),
        graceSeconds: options.graceSeconds ?? defaultGraceSeconds,
        ...(options.locustfileSha256 === undefined ? {} : { locustfile: options.locustfileSha256 }),
        ...(standing === undefined ? {} : { standing }),
      };
    });
    setClockOffset(link.vitals.clockOffsetSeconds); // before anything begins to count seconds
    runner = new WorkerRunner(environment, link, clientId, options);
    await runner.#untilJoined(options.signal);
    return runner;
  }

  async #untilJoined(signal: AbortSignal | undefined): Promise<void> {
    if (signal === undefined) return await this.#joined;
    using ending = untilAborted(signal);
    await Promise.race([this.#joined, ending.aborted]);
    if (!signal.aborted) return;
    await this.quit(); // a master that is not told would wait for this worker to come back
    throw signal.reason;
  }

  /** From now on the master is heard: for a runner that was made with `isHeld`, when listeners of `init` are done. */
  release(): void {
    this.#worker.release();
  }

  /** What this worker is doing, for a master that does not know it; undefined before it has been with one. */
  get standing(): WorkerStanding | undefined {
    return this.#worker.standing;
  }

  get workerIndex(): number {
    return this.#worker.index;
  }

  get state(): RunState {
    return this.#worker.state;
  }

  /** Users of this worker. */
  get userCount(): number {
    return this.#worker.userCount;
  }

  get userClassesCount(): Readonly<Record<string, number>> {
    return { ...this.#noUsers, ...this.#worker.users.pool.counts() };
  }

  /** How many users the master wants here. */
  get targetUserCount(): number {
    return Object.values(this.#worker.users.wanted).reduce((sum, count) => sum + count, 0);
  }

  get targetUserClassesCount(): Readonly<Record<string, number>> {
    return { ...this.#noUsers, ...this.#worker.users.wanted };
  }

  /** 0: the rate is the master's affair, which says when each user starts. */
  get spawnRate(): number {
    return 0;
  }

  /** Empty: what this worker measures is with its master. */
  get stats(): StatisticsView {
    return this.environment.stats;
  }

  /** What users and clients need of the worker. */
  get runtime(): UserRuntime {
    return this.#worker.runtime;
  }

  get hasCpuWarning(): boolean {
    return this.#worker.usage.hasWarned;
  }

  get hasFault(): boolean {
    return this.#worker.hasFault;
  }

  get hasBadSetup(): boolean {
    return this.#worker.hasBadSetup;
  }

  /** How it ended; undefined while it has not. */
  get ending(): WorkerEnding | undefined {
    return this.#ending;
  }

  /** It ended because it lost its master, or what it measured last did not reach it: the process must not exit with 0. */
  get lossOfMaster(): boolean {
    return this.#ending !== undefined && (this.#ending.why === 'lost' || this.#ending.unreportedRequests > 0);
  }

  /** Refused: a worker starts what its master says. Throws `TsloadError` MISUSE. */
  start(): never {
    throw new TsloadError('MISUSE', 'a worker starts no test by itself: call runner.start() on the master');
  }

  /** Refused, as `start`. */
  startShape(): never {
    throw new TsloadError('MISUSE', 'a worker has no load shape of its own: call runner.startShape() on the master');
  }

  /** Stops the users of this worker; those of others go on. At once for a call from a listener of its end. */
  stop(): Promise<void> {
    const stopped = this.stopWithListeners();
    return this.#worker.isTellingEnd ? Promise.resolve() : stopped;
  }

  /** Stops, lets the master have the last reports, and leaves it. At once for a call from a listener of its end. */
  quit(): Promise<void> {
    const left = this.#worker.leave().then(() => this.ended);
    return this.#worker.isTellingEnd ? Promise.resolve() : left;
  }

  stopWithListeners(): Promise<void> {
    return this.#worker.stop();
  }

  hurry(): void {
    this.#worker.users.hurry();
  }

  /** Refused: the statistics are the master's. Throws `TsloadError` MISUSE. */
  resetStats(): never {
    throw new TsloadError('MISUSE', 'a worker has no statistics to reset: call runner.resetStats() on the master');
  }

  /** `concurrent` makes no difference: a listener that awaits keeps no other message from coming. */
  registerMessage(type: string, listener: MessageListener): void {
    this.#listeners.register(type, listener);
  }

  /** To the master; workers cannot send to each other. */
  sendMessage(type: string, data?: unknown): void {
    this.#worker.sendMessage(type, data);
  }

  get #noUsers(): Record<string, number> {
    return Object.fromEntries(this.environment.userClasses.map(({ name }) => [name, 0]));
  }
}

function formatLog({ level, logger, message }: LogRecord): string {
  return `${level}/${logger}: ${message}`;
}
