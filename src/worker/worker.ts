/**
 * Runs users as its master tells it, and reports what they measured.
 *
 * It knows its master only as the other end of a link. Everything that is decided for the whole test (how many users, when
 * the test ends) is decided there; everything about single users is decided here. What it decides by itself is what to do while
 * it cannot hear its master: see `lease.ts`.
 */
import type { UserRuntime } from '../events/index.js';
import type { MasterMessage, RunSetup, WorkerMessage, WorkerStanding } from '../link/index.js';
import { describeThrown, getLogger } from '../log.js';
import { BadSetup, preloadKey } from '../users/index.js';
import { HealthMonitor } from './health.js';
import { Heartbeats } from './heartbeats.js';
import type { Expiry } from './lease.js';
import { Leash } from './leash.js';
import { LogForwarder } from './logForwarder.js';
import { ReportOutbox } from './reportOutbox.js';
import { StallWatch } from './stallWatch.js';
import { UsageMonitor } from './usageMonitor.js';
import { UserRunner } from './userRunner.js';
import { defaultGraceSeconds, defaultWorkerTimes, type WorkerEnding, type WorkerOptions } from './workerOptions.js';
import { WorkerRuntime } from './workerRuntime.js';
import { WorkerTest } from './workerTest.js';

const log = getLogger('tsload.runners');

export class Worker {
  /** Index among the workers of the master; -1 before it is known. */
  index = -1;
  /** Something failed here that is neither a request nor a task. */
  hasFault = false;
  /** A user class could not run here as it is set up. */
  hasBadSetup = false;
  readonly usage: UsageMonitor;
  readonly #runtime: WorkerRuntime;
  readonly #users: UserRunner;
  readonly #test: WorkerTest;
  readonly #outbox: ReportOutbox;
  readonly #leash: Leash;
  readonly #health = new HealthMonitor();
  readonly #heartbeats: Heartbeats;
  readonly #logs: LogForwarder | undefined;
  readonly #lastReportsSeconds: number;
  #run: string | undefined;
  /** The connection is to a master that was started anew and has not said yet which run it conducts. */
  #isRenewed = false;
  /** What a master that was started anew has to hear again. */
  #fault: (WorkerMessage & { readonly kind: 'fault' }) | undefined;
  #stopTestWish: (WorkerMessage & { readonly kind: 'stopTest' }) | undefined;
  #leaving: Promise<void> | undefined;
  #ending: WorkerEnding | undefined;
  #isClosed = false;
  /** What the master said while it was not to be heard yet: some messages, as it waits for the first answer. */
  #held: MasterMessage[] | undefined;

  constructor(private readonly options: WorkerOptions) {
    const { environment, recorder, link } = options;
    const times = { ...defaultWorkerTimes, ...options.times };
    this.#lastReportsSeconds = times.lastReportsSeconds;
    if (options.holdsMessages) this.#held = [];
    for (const userClass of options.userClasses.values()) userClass[preloadKey]();
    this.#leash = new Leash({
      vitals: () => link.vitals,
      graceSeconds: options.graceSeconds ?? defaultGraceSeconds,
      tickMillis: times.watchSeconds * 1000,
      expired: (what) => this.#expired(what),
    });
    this.#runtime = this.#makeRuntime();
    this.#users = this.#makeUsers();
    this.#outbox = new ReportOutbox({ send: (report) => link.send(report), limits: times.keptReports });
    this.usage = new UsageMonitor(environment, options.usageLimits);
    this.#test = this.#makeTest();
    this.#heartbeats = new Heartbeats({
      clientId: options.id,
      environment,
      link,
      seconds: times.heartbeatSeconds,
      state: () => heartbeatState(this.#test.state),
      before: () => this.#leash.check(),
    });
    this.#logs = this.#makeLogs();
    environment.events.request.recordInto(recorder);
    link.listen({
      message: (message) => this.#receive(message),
      interrupted: (reason) => this.#interrupted(reason),
      resumed: () => this.#resumed(),
      renewed: () => this.#renewed(),
      closed: (reason) => this.#linkClosed(reason),
    });
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

  get state(): WorkerTest['state'] {
    return this.#test.state;
  }

  /** Listeners of `testStopping` or `testStop` are being waited for: one of them must not wait for the end of the stop. */
  get isTellingEnd(): boolean {
    return this.#test.isTellingEnd;
  }

  /** For a master that does not know this worker: what it is doing; undefined before it has been with one. */
  get standing(): WorkerStanding | undefined {
    return this.#run === undefined ? undefined : this.#test.standing(this.#run, this.index);
  }

  /** A message of the locustfile to the master. */
  sendMessage(type: string, data: unknown): void {
    this.options.link.send({ kind: 'custom', type, data, nodeId: this.options.id });
  }

  /** Something failed that is neither a request nor a task: the exit code says so. */
  fault(message: string): void {
    this.hasFault = true;
    this.#fault = { kind: 'fault', message };
    this.options.link.send(this.#fault);
  }

  /** Stops the users of this worker, and no others. Resolves when listeners of `testStop` are done. */
  stop(): Promise<void> {
    return this.#test.stop(this.#test.number, false);
  }

  /** Stops, lets the master have the last reports, and leaves it. Resolves when the connection is closed. */
  leave(why: WorkerEnding['why'] = 'left', reason = ''): Promise<void> {
    this.#leaving ??= this.#leave(why, reason);
    return this.#leaving;
  }

  #makeRuntime(): WorkerRuntime {
    return new WorkerRuntime({
      recorder: this.options.recorder,
      workerIndex: () => this.index,
      stopTest: (reason) => this.#stopTest(reason),
      needIterations: () => this.#test.needIterations(),
      isHeld: () => this.#leash.isHeld(),
    });
  }

  #makeUsers(): UserRunner {
    const { environment, userClasses } = this.options;
    return new UserRunner({
      environment,
      userClasses,
      created: (user, userClass) => this.#runtime.introduce(user, userClass),
      ended: (user) => this.#runtime.dismiss(user),
      changed: () => this.#test.usersChanged(),
      constructionFailed: (message) => this.fault(message),
      nobodyCanStart: () => this.#stopTest('no users can be started: the constructor of every class threw'),
      stopTest: (reason) => this.#stopTest(reason),
    });
  }

  #makeTest(): WorkerTest {
    return new WorkerTest({
      options: this.options,
      runtime: this.#runtime,
      users: this.#users,
      outbox: this.#outbox,
      leash: this.#leash,
      health: this.#health,
      usage: this.usage,
      stallWatch: new StallWatch({
        stallSeconds: this.options.stallSeconds,
        beforeBreak: () => this.#runtime.refuseTasks(),
        broken: (message) => this.#stalled(message),
      }),
      stopTest: (reason) => this.#stopTest(reason),
    });
  }

  #makeLogs(): LogForwarder | undefined {
    const { formatLog: format, link } = this.options;
    if (format === undefined) return undefined;
    return new LogForwarder({ format, batchMillis: 1000, send: (lines) => link.send({ kind: 'logs', lines }) });
  }

  /** From now on the master is heard, if `holdsMessages` was set. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of held) this.#receive(message);
  }

  /** What cannot be used concerns that message alone. */
  #receive(message: MasterMessage): void {
    if (this.#held !== undefined && !isOfTheLink(message)) {
      this.#held.push(message);
      return;
    }
    try {
      this.#take(message);
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  #take(message: MasterMessage): void {
    switch (message.kind) {
      case 'welcome':
        this.#welcome(message.index, message.setup);
        return;
      case 'heartbeat':
        this.#heartbeats.answered();
        return;
      case 'testStart':
        this.#stopTestWish = undefined;
        this.#guard(this.#test.begin(message));
        return;
      case 'spawn':
        this.#test.spawn(message);
        return;
      case 'spawningComplete':
        if (message.test === this.#test.number) this.#test.spawningComplete(message.userCount);
        return;
      case 'reset':
        this.#test.reset(message.period);
        return;
      case 'grant':
        this.#test.grant(message);
        return;
      case 'acknowledge':
        this.#outbox.acknowledge(message.sequence);
        return;
      case 'stop':
        this.#guard(this.#test.stop(message.test, message.isHurried));
        return;
      case 'quit':
        this.#guard(this.leave('quit'));
        return;
      case 'updateUserClass':
        this.options.updateUserClass?.(message.update);
        return;
      case 'custom':
        this.options.customMessage?.(message);
        return;
      default:
        message satisfies never;
    }
  }

  /** Owner of what goes on after a message was received. */
  #guard(work: Promise<void>): void {
    work.catch((thrown: unknown) => this.#failed(thrown));
  }

  #failed(thrown: unknown): void {
    log.critical(`worker ${this.options.id} failed: ${describeThrown(thrown)}`);
    this.fault(String(thrown));
  }

  #welcome(index: number, setup: RunSetup): void {
    const isOther = this.#run !== undefined && this.#run !== setup.run;
    this.#run = setup.run;
    this.index = index;
    if (isOther) this.#guard(this.#beginAnew());
    else this.#goOnSending(this.#isRenewed);
    this.#isRenewed = false;
    this.options.applySetup?.(setup);
  }

  /** The master conducts another run, so nothing of the one before is of use to it. */
  async #beginAnew(): Promise<void> {
    log.error('the master was started anew for another run: the users of the run before are stopped');
    this.#fault = undefined;
    this.#stopTestWish = undefined;
    await this.#test.forget();
    this.#sayUnreported(this.#outbox.drop());
    this.#goOnSending(false);
  }

  #interrupted(reason: string): void {
    log.debug(`the connection to the master is lost (${reason}): users go on`);
    this.#leash.interrupted();
    this.#outbox.hold();
    this.#logs?.hold(true);
  }

  #resumed(): void {
    this.#leash.resumed();
    this.#goOnSending(false);
  }

  /** The welcome that follows says which run it is. */
  #renewed(): void {
    this.#leash.resumed();
    this.#outbox.hold();
    this.#isRenewed = true;
  }

  #goOnSending(isNew: boolean): void {
    const { link } = this.options;
    this.#outbox.open(isNew);
    this.#logs?.hold(false);
    this.#test.resumed(isNew);
    if (!isNew) return;
    if (this.#fault !== undefined) link.send(this.#fault);
    if (this.#stopTestWish !== undefined) link.send(this.#stopTestWish);
  }

  #expired(what: Expiry): void {
    switch (what) {
      case 'lease':
        log.warning('the master has not been heard for too long, and gives the users to other workers: they stop here');
        this.#guard(this.#test.yieldUsers());
        return;
      case 'runTime':
        log.warning('the run time is over and the master cannot be heard: the test ends here');
        this.#guard(this.stop());
        return;
      case 'grace':
        this.#guard(this.leave('lost', `it could not be reached for ${this.#graceSeconds} seconds`));
        return;
      default:
        what satisfies never;
    }
  }

  get #graceSeconds(): number {
    return this.options.graceSeconds ?? defaultGraceSeconds;
  }

  #stopTest(reason: unknown): void {
    const text = reason instanceof Error ? reason.message : String(reason ?? '');
    const isBadSetup = reason instanceof BadSetup;
    this.hasBadSetup ||= isBadSetup;
    this.#stopTestWish = { kind: 'stopTest', test: this.#test.number, reason: text, isBadSetup };
    this.options.link.send(this.#stopTestWish);
  }

  #stalled(message: string): void {
    log.critical(message);
    this.fault(message);
    this.#stopTest('');
  }

  async #leave(why: WorkerEnding['why'], reason: string): Promise<void> {
    const { link } = this.options;
    if (why === 'lost') log.error(`the master is lost: ${reason}. The users of this worker are stopped`);
    await this.stop();
    if (link.vitals.isUp && !this.#isClosed) await this.#outbox.settled(this.#lastReportsSeconds);
    this.#ending = { why, reason, unreportedRequests: this.#outbox.drop() };
    this.#logs?.close();
    link.send({ kind: 'quit' });
    link.close();
    if (this.#isClosed) this.#over();
  }

  #linkClosed(reason: Error | undefined): void {
    this.#isClosed = true;
    this.#outbox.giveUp();
    this.#leash.close();
    this.#heartbeats.close();
    if (this.#ending !== undefined) this.#over();
    else this.#guard(this.leave('lost', reason?.message ?? 'it closed the connection'));
  }

  #sayUnreported(requests: number): void {
    if (requests === 0) return;
    log.error(`${requests} requests of this worker were not reported: no master has acknowledged them`);
  }

  #over(): void {
    const ending = this.#ending ?? { why: 'lost', reason: '', unreportedRequests: 0 };
    this.#sayUnreported(ending.unreportedRequests);
    this.#test.close();
    this.#logs?.close();
    this.#health.close();
    this.usage.close();
    this.options.environment.events.request.recordInto(undefined);
    this.options.ended?.(ending);
  }
}

/** Concerns the connection and no test. */
function isOfTheLink({ kind }: MasterMessage): boolean {
  return kind === 'welcome' || kind === 'heartbeat' || kind === 'acknowledge';
}

function heartbeatState(state: WorkerTest['state']): 'ready' | 'spawning' | 'running' {
  return state === 'spawning' || state === 'running' ? state : 'ready';
}
