/**
 * Runs users as its master tells it, and reports what they measured.
 *
 * It knows its master only as the other end of a link. Everything that is decided for the whole test (how many users, when
 * the test ends) is decided there; everything about single users is decided here. What it decides by itself is what to do while
 * it cannot hear its master: see `lease.ts`.
 */
import type { UserRuntime } from '../events/index.js';
import type { WorkerStanding } from '../link/index.js';
import { describeThrown, getLogger } from '../log.js';
import { BadSetup, preloadKey } from '../users/index.js';
import { Farewell, sayUnreported } from './farewell.js';
import { HealthMonitor } from './health.js';
import type { Expiry } from './lease.js';
import { MasterContact, type TestMessage } from './masterContact.js';
import { StallWatch } from './stallWatch.js';
import { WorkerTestEvents } from './testEvents.js';
import { UsageMonitor } from './usageMonitor.js';
import { UserRunner } from './userRunner.js';
import {
  completeTimes,
  defaultGraceSeconds,
  type WorkerEnding,
  type WorkerOptions,
  type WorkerTimes,
} from './workerOptions.js';
import { WorkerRuntime } from './workerRuntime.js';
import { WorkerTest } from './workerTest.js';

const log = getLogger('tsload.runners');

export class Worker {
  /** Something failed here that is neither a request nor a task. */
  hasFault = false;
  /** A user class could not run here as it is set up. */
  hasBadSetup = false;
  readonly usage: UsageMonitor;
  readonly users: UserRunner;
  readonly #health = new HealthMonitor();
  readonly #contact: MasterContact;
  readonly #runtime: WorkerRuntime;
  readonly #events: WorkerTestEvents;
  readonly #test: WorkerTest;
  readonly #farewell: Farewell;

  constructor(private readonly options: WorkerOptions) {
    const { environment, recorder } = options;
    const times = completeTimes(options.times);
    for (const userClass of options.userClasses.values()) userClass[preloadKey]();
    this.usage = new UsageMonitor(environment, options.usageLimits);
    this.#contact = this.#makeContact(times);
    this.#runtime = this.#makeRuntime();
    this.users = this.#makeUsers();
    this.#events = new WorkerTestEvents(environment, options.firesTestEvents, (reason) => this.#stopTest(reason));
    this.#test = this.#makeTest();
    this.#farewell = this.#makeFarewell(times);
    environment.events.request.recordInto(recorder);
    this.#contact.listen();
  }

  /** Index among the workers of the master; -1 before it is known. */
  get index(): number {
    return this.#contact.index;
  }

  /** What users and clients of this worker need of it. */
  get runtime(): UserRuntime {
    return this.#runtime;
  }

  get userCount(): number {
    return this.users.pool.size;
  }

  get state(): WorkerTest['state'] {
    return this.#test.state;
  }

  /** Listeners of `testStopping` or `testStop` are being waited for: one of them must not wait for the end of the stop. */
  get isTellingEnd(): boolean {
    return this.#events.isTellingEnd;
  }

  /** For a master that does not know this worker: what it is doing; undefined before it has been with one. */
  get standing(): WorkerStanding | undefined {
    const { run, index } = this.#contact;
    return run === undefined ? undefined : this.#test.standing(run, index);
  }

  /** A message of the locustfile to the master. */
  sendMessage(type: string, data: unknown): void {
    this.options.link.send({ kind: 'custom', type, data, nodeId: this.options.id });
  }

  /** Something failed that is neither a request nor a task: the exit code says so. */
  fault(message: string): void {
    this.hasFault = true;
    this.#contact.fault(message);
  }

  /** Stops the users of this worker, and no others. Resolves when listeners of `testStop` are done. */
  stop(): Promise<void> {
    return this.#test.stop(this.#test.number, false);
  }

  /** Stops, lets the master have the last reports, and leaves it. Resolves when the connection is closed. */
  leave(why: WorkerEnding['why'] = 'left', reason = ''): Promise<void> {
    return this.#farewell.leave(why, reason);
  }

  /** From now on the master is heard, if `holdsMessages` was set. */
  release(): void {
    this.#contact.release();
  }

  #makeRuntime(): WorkerRuntime {
    return new WorkerRuntime({
      recorder: this.options.recorder,
      workerIndex: () => this.index,
      stopTest: (reason) => this.#stopTest(reason),
      needIterations: () => this.#test.needIterations(),
      isHeld: () => this.#contact.leash.isHeld(),
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
      nobodyCanStart: (why) => this.#cannotRun(`no users can be started ${this.#place}: ${why}`),
      stopTest: (reason) => this.#stopTest(reason),
    });
  }

  /** For what the master says of it: that reads `here` where there is one process. */
  get #place(): string {
    const { firesTestEvents, id } = this.options;
    return firesTestEvents ? `on worker ${id}` : 'here';
  }

  #makeTest(): WorkerTest {
    return new WorkerTest({
      options: this.options,
      runtime: this.#runtime,
      users: this.users,
      outbox: this.#contact.outbox,
      leash: this.#contact.leash,
      health: this.#health,
      usage: this.usage,
      stallWatch: new StallWatch({
        stallSeconds: this.options.stallSeconds,
        beforeBreak: () => this.#runtime.refuseTasks(),
        broken: (message) => this.#stalled(message),
      }),
      events: this.#events,
    });
  }

  #makeContact(times: WorkerTimes): MasterContact {
    return new MasterContact({
      worker: this.options,
      times,
      state: () => heartbeatState(this.#test.state),
      expired: (what) => this.#expired(what),
      message: (message) => this.#take(message),
      resumed: (isNew) => this.#test.resumed(isNew),
      otherRun: async () => {
        await this.#test.forget();
        sayUnreported(this.#contact.outbox.drop());
      },
      closed: (reason) => this.#guard(this.#farewell.linkClosed(reason)),
      failed: (thrown) => this.#failed(thrown),
    });
  }

  #makeFarewell({ lastReportsSeconds }: WorkerTimes): Farewell {
    const { outbox, logs } = this.#contact;
    return new Farewell({
      link: this.options.link,
      outbox,
      logs,
      lastReportsSeconds,
      stop: () => this.stop(),
      over: (ending) => this.#over(ending),
    });
  }

  #take(message: TestMessage): void {
    switch (message.kind) {
      case 'testStart':
        this.#guard(this.#test.begin(message));
        return;
      case 'spawn':
        this.#test.spawn(message);
        return;
      case 'spawningComplete':
        if (message.test === this.#test.number) this.#guard(this.#events.spawningComplete(message.userCount));
        return;
      case 'reset':
        this.#test.reset(message.period);
        return;
      case 'grant':
        this.#test.grant(message);
        return;
      case 'revoke':
        this.#test.revoke(message);
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
        this.#guard(
          this.leave('lost', `it could not be reached for ${this.options.graceSeconds ?? defaultGraceSeconds} seconds`),
        );
        return;
      default:
        what satisfies never;
    }
  }

  #stopTest(reason: unknown): void {
    const text = reason instanceof Error ? reason.message : String(reason ?? '');
    const isBadSetup = reason instanceof BadSetup;
    this.hasBadSetup ||= isBadSetup;
    this.#contact.wishStop({ test: this.#test.number, reason: text, isBadSetup });
  }

  /** Others may be able to: whether the test ends is for the master to say. */
  #cannotRun(reason: string): void {
    this.#contact.wishStop({ test: this.#test.number, reason, isBadSetup: false, isHopeless: true });
  }

  #stalled(message: string): void {
    log.critical(message);
    this.fault(message);
    this.#stopTest('');
  }

  #over(ending: WorkerEnding): void {
    this.#test.close();
    this.#health.close();
    this.usage.close();
    this.options.environment.events.request.recordInto(undefined);
    this.options.ended?.(ending);
  }
}

function heartbeatState(state: WorkerTest['state']): 'ready' | 'spawning' | 'running' {
  return state === 'spawning' || state === 'running' ? state : 'ready';
}
