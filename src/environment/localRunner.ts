/**
 * A master and one worker in this process, joined by the memory link. Each event of a test is fired once, by the master.
 */
import type { MessageListener, RunState, StartOptions, StatisticsView, UserRuntime } from '../events/index.js';
import { createMemoryLink, MessageListeners } from '../link/index.js';
import { Master } from '../master/index.js';
import { IntervalRecorder, type RunStatistics } from '../stats/index.js';
import { StopTest } from '../users/index.js';
import { Worker } from '../worker/index.js';
import type { Environment } from './environment.js';
import type { TestRunner } from './testRunner.js';
import { bindShape, prepareTest, runSetup, testSettings } from './testSettings.js';

const clientId = 'local';

export class LocalRunner implements TestRunner {
  readonly workerIndex = 0;
  readonly workerCount = 1;
  readonly clientId = clientId;
  readonly #master: Master;
  readonly #worker: Worker;
  readonly #listeners = new MessageListeners();

  /** For `Environment.createLocalRunner`. */
  constructor(
    readonly environment: Environment,
    statistics: RunStatistics,
  ) {
    const link = createMemoryLink();
    const { shape, options } = environment;
    this.#master = new Master({
      environment,
      statistics,
      setup: runSetup(environment),
      classes: () => environment.userClasses.map(({ name, weight, fixedCount }) => ({ name, weight, fixedCount })),
      prepare: () => prepareTest(environment),
      settings: () => testSettings(environment),
      shape,
      resetStats: options.resetStats,
      quitAtEnd: options.quitAtEnd,
      isDistributed: false,
      leadSeconds: 0,
      isStopTest: (thrown) => thrown instanceof StopTest,
    });
    this.#worker = new Worker({
      id: clientId,
      environment,
      userClasses: new Map(environment.userClasses.map((userClass) => [userClass.name, userClass])),
      link: link.worker,
      recorder: new IntervalRecorder({ maxNames: options.maxNames }),
      firesTestEvents: false,
      usageLimits: options.usageLimits,
      stallSeconds: options.stallSeconds,
      times: { heartbeatSeconds: 0 },
    });
    this.#master.addWorker({ worker: clientId, version: 'local', graceSeconds: 0 }, link.master);
  }

  get state(): RunState {
    return this.#master.state === 'stopping' ? 'cleanup' : this.#master.state;
  }

  get userCount(): number {
    return this.#worker.userCount;
  }

  get userClassesCount(): Readonly<Record<string, number>> {
    const none = this.environment.userClasses.map(({ name }) => [name, 0] as const);
    return { ...Object.fromEntries(none), ...this.#worker.users.pool.counts() };
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

  get ended(): Promise<void> {
    return this.#master.ended;
  }

  /** What users and clients need of the worker. */
  get runtime(): UserRuntime {
    return this.#worker.runtime;
  }

  /** CPU usage was above 90 % at least once in this test. Locust: `cpu_warning_emitted`. */
  get hasCpuWarning(): boolean {
    return this.#worker.usage.hasWarned;
  }

  /** Something failed that is neither a failed request nor an exception of a task: exit code 2. */
  get hasFault(): boolean {
    return this.#master.hasFault;
  }

  /** A user class could not run as it is set up, having no host: exit code 1. */
  get hasBadSetup(): boolean {
    return this.#master.hasBadSetup;
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

  /** Resolves when the runner has quit; at once for a call from a listener of `testStopping` or `testStop`. */
  quit(): Promise<void> {
    const quit = this.#master.quit();
    return this.#master.isTellingEnd ? Promise.resolve() : quit;
  }

  /** For tsload's own use: as `stop`, for callers that no listener waits for. */
  stopWithListeners(): Promise<void> {
    return this.#master.stop();
  }

  /** The stop timeout of a stop that is under way, or comes, is over at once: for whoever does not want to wait for it. */
  hurry(): void {
    this.#worker.users.hurry();
  }

  /** Sets the statistics to zero and fires `resetStats`. */
  resetStats(): void {
    const { environment } = this;
    environment.events.resetStats.fire({ environment });
    this.#master.resetStats();
  }

  /** `concurrent` makes no difference in one process. */
  registerMessage(type: string, listener: MessageListener): void {
    this.#listeners.register(type, listener);
  }

  /** There is one node, so the message comes back to it, a turn of the event loop later. */
  sendMessage(type: string, data?: unknown, _clientId?: string): void {
    setImmediate(() => this.#listeners.deliver({ type, data, nodeId: clientId }, this.environment));
  }
}
