/**
 * The workers of a master and what they say: takes each message into what is known of its worker, and tells the master of what
 * concerns the test. What goes wrong with one worker's message is logged, and concerns no other worker.
 */
import { LinkError } from '../errors.js';
import type { CustomMessage, Events } from '../events/index.js';
import {
  fields,
  type MasterEnd,
  type ReportMessage,
  type RunSetup,
  type StopWish,
  type TestSettings,
  type WorkerHello,
  type WorkerMessage,
} from '../link/index.js';
import { describeThrown, getLogger } from '../log.js';
import type { RunStatistics } from '../stats/index.js';
import { Departed } from './departed.js';
import { Facts } from './facts.js';
import { Grants } from './grants.js';
import { Heartbeats } from './heartbeats.js';
import { Identities } from './identities.js';
import type { Journal } from './journal.js';
import { Reports } from './reports.js';
import { WorkerLogs } from './workerLogs.js';
import { WorkerNode } from './workerNode.js';
import { Workers } from './workers.js';

/** Ends of processes that are known before their workers are missed: each waits for that, and most do not wait long. */
const keptEnds = 10_000;

const log = getLogger('tsload.runners');

export interface CrewListener {
  /** Users of a worker ended or are all there, or iterations are finished. */
  usersChanged(): void;
  /** A `StopTest` was thrown on a worker, or it can start no user. */
  stopTest(worker: WorkerNode, wish: StopWish): void;
  /** Something failed that is neither a request nor a task. */
  fault(): void;
  reported(worker: WorkerNode, report: ReportMessage): void;
  customMessage(message: CustomMessage): void;
  /** The connection to a worker is lost, or nothing is heard of it. */
  missing(worker: WorkerNode, reason: string): void;
  /** A missing worker is heard of again, with all that it had to say. */
  returned(worker: WorkerNode): void;
  /** A worker has no users of that test any more, and has reported everything. */
  stopped(worker: WorkerNode, test: number, givenUp: string | undefined): void;
  /** A worker is gone, with its users. */
  lost(worker: WorkerNode, reason: string): void;
}

export interface CrewOptions {
  readonly events: Events;
  readonly statistics: RunStatistics;
  readonly journal: Journal | undefined;
  /** Asked for each worker that joins. */
  setup(): RunSetup;
  readonly maxNames: number;
  readonly isDistributed: boolean;
  readonly repeatsWarnings: boolean;
  /** SHA-256 of this master's locustfile, as a bundle; undefined: nothing is compared. */
  readonly locustfileSha256: string | undefined;
}

export class Crew {
  readonly workers = new Workers();
  /** What is waited for of the workers. */
  readonly facts = new Facts();
  readonly reports: Reports;
  readonly logs: WorkerLogs;
  readonly grants: Grants;
  readonly identities = new Identities();
  readonly departed = new Departed();
  readonly heartbeats: Heartbeats;
  /** How processes ended that whoever started them has seen end, by identity. */
  readonly #ends = new Map<string, string>();

  constructor(
    private readonly options: CrewOptions,
    private readonly listener: CrewListener,
  ) {
    this.reports = new Reports(options.statistics, this.workers, options.maxNames, options.journal);
    this.logs = new WorkerLogs(options.repeatsWarnings);
    this.grants = new Grants(this.workers, options.isDistributed);
    this.heartbeats = new Heartbeats(options.isDistributed ? options.events : undefined);
  }

  /**
   * Takes in a worker that is at the other end of this link. One of the same id makes room for it. Throws `LinkError` for one
   * that came without a token and says that it is one that has shown it.
   */
  add({ worker: id, graceSeconds, locustfile, isForeign = false }: WorkerHello, link: MasterEnd): WorkerNode {
    const former = this.workers.get(id);
    if (isForeign && former?.isForeign === false) {
      throw new LinkError(`it has the name of the worker ${id} of tsload, whose place it cannot take`);
    }
    this.departed.returned(id);
    const { index, isNew } = this.identities.of(id);
    if (isNew) {
      this.options.journal?.worker(id, index, graceSeconds);
      warnOfLocustfile(id, locustfile, this.options.locustfileSha256);
    }
    const worker = new WorkerNode(id, index, graceSeconds, link);
    worker.isForeign = isForeign;
    if (isForeign) this.reports.numbersAnew(id);
    if (former !== undefined) {
      this.workers.remove(former);
      this.grants.leave(former);
      former.link.close();
    }
    this.workers.add(worker);
    link.listen({
      message: (message) => this.#receive(worker, message),
      interrupted: (reason) => this.miss(worker, `the connection is lost: ${reason}`),
      resumed: () => this.#hear(worker),
      closed: (reason) => this.lose(worker, reason === undefined ? 'it closed the connection' : reason.message),
    });
    link.send({ kind: 'welcome', index, setup: this.options.setup() });
    return worker;
  }

  beginTest(): void {
    this.heartbeats.beginTest();
    for (const worker of this.workers) worker.beginTest();
  }

  /** What holds for a test, once for each worker; not with every spawn. */
  tellTest(worker: WorkerNode, test: number, startTime: number, settings: TestSettings): void {
    worker.link.send({ kind: 'testStart', test, period: this.reports.period, startTime, settings });
    worker.toldTest = test; // once it is sent: who cannot be told is not waited for
  }

  /** All users are there. Said to all workers; if it is no news, to those that joined since. */
  tellSpawned(test: number, isNews: boolean): void {
    const { userCount } = this.workers;
    for (const worker of this.workers) {
      if (!worker.isIn(test) || (!isNews && worker.completedTest === test)) continue;
      worker.completedTest = test;
      worker.link.send({ kind: 'spawningComplete', test, userCount });
    }
  }

  /** Nothing is heard of a worker any more, for now. */
  miss(worker: WorkerNode, reason: string): void {
    if (worker.isMissing || this.workers.get(worker.id) !== worker) return;
    const end = this.#ends.get(identityOf(worker));
    if (end !== undefined) {
      this.lose(worker, end);
      return;
    }
    worker.isMissing = true;
    this.grants.pause(worker);
    this.listener.missing(worker, reason);
    this.facts.check();
  }

  /**
   * Nobody waits for the worker with this identity once nothing is heard of it. Until then it may have more to say: it has ended,
   * and what it said last is still on its way.
   */
  processEnded(identity: string, how: string): void {
    this.#ends.set(identity, how);
    const [oldest] = this.#ends.keys();
    if (this.#ends.size > keptEnds && oldest !== undefined) this.#ends.delete(oldest);
    for (const worker of this.workers) if (worker.isMissing && identityOf(worker) === identity) this.lose(worker, how);
  }

  /** Nobody waits for a worker any more. */
  lose(worker: WorkerNode, reason: string): void {
    if (!this.workers.remove(worker)) return;
    worker.link.close();
    this.grants.leave(worker);
    this.listener.lost(worker, reason);
    this.options.journal?.workerGone(worker.id);
    this.#part(worker);
    this.facts.check();
  }

  #part(worker: WorkerNode): void {
    const now = performance.now();
    this.#ends.delete(identityOf(worker));
    this.logs.left(worker.id);
    this.departed.left(worker.id, worker.graceSeconds, now);
    this.departed.trim(now, (id) => this.#forget(id));
  }

  /** Who comes with this id from now on is somebody new. */
  #forget(id: string): boolean {
    if (!this.grants.forget(id) || !this.identities.forget(id)) return false;
    this.reports.forget(id);
    this.logs.forget(id);
    this.heartbeats.forget(id);
    this.options.journal?.workerForgotten(id);
    return true;
  }

  #hear(worker: WorkerNode): void {
    if (!worker.isMissing || this.workers.get(worker.id) !== worker) return;
    worker.isMissing = false;
    this.listener.returned(worker);
    this.facts.check();
  }

  #receive(worker: WorkerNode, message: WorkerMessage): void {
    if (this.workers.get(worker.id) !== worker) return;
    if (worker.isMissing && worker.link.vitals.isUp) this.#hear(worker);
    try {
      this.#take(worker, message);
    } catch (thrown) {
      log.error(`a ${message.kind} of worker ${worker.id} could not be used: ${describeThrown(thrown)}`);
      this.listener.fault();
    }
    this.facts.check();
  }

  #take(worker: WorkerNode, message: WorkerMessage): void {
    switch (message.kind) {
      case 'heartbeat':
        this.heartbeats.take(worker, message);
        return;
      case 'iterations':
        if (message.test === worker.toldTest) this.grants.take(worker, message.state, false);
        return;
      case 'logs':
        this.logs.take(worker.id, message.lines);
        return;
      case 'started':
        worker.startedTest = message.test;
        return;
      case 'report':
        this.#report(worker, message);
        return;
      case 'users':
        this.#takeUsers(worker, message);
        return;
      case 'stopped':
        worker.reported = 'ready';
        worker.userCounts = {};
        this.listener.stopped(worker, message.test, message.givenUp);
        return;
      case 'stopTest':
        this.listener.stopTest(worker, message);
        return;
      case 'fault':
        this.listener.fault();
        return;
      case 'quit':
        worker.hasQuit = true;
        this.lose(worker, 'it quit');
        return;
      case 'custom':
        this.listener.customMessage(message);
        return;
      default:
        message satisfies never;
    }
  }

  #report(worker: WorkerNode, report: ReportMessage): void {
    this.reports.receive(worker, report);
    const { iterations } = report;
    if (iterations !== undefined && report.period === this.reports.period) this.grants.take(worker, iterations, true);
    this.listener.reported(worker, report);
    if (this.grants.isDone) this.listener.usersChanged();
  }

  #takeUsers(worker: WorkerNode, message: WorkerMessage & { readonly kind: 'users' }): void {
    if (message.test !== worker.toldTest) return;
    worker.userCounts = message.userCounts;
    worker.isSpent = message.isSpent;
    worker.doneStep = Math.max(worker.doneStep, message.step);
    if (message.step > 0) worker.reported = 'running';
    this.listener.usersChanged();
  }
}

/** The bundle of the same sources is the same on every machine; one that differs may be meant to. */
function warnOfLocustfile(id: string, its: string | undefined, own: string | undefined): void {
  if (its === undefined || own === undefined || its === own) return;
  const hashes = `SHA-256 of the bundles: ${fields.shown(its.slice(0, 12))} there, "${own.slice(0, 12)}" here`;
  log.warning(
    `worker ${id} runs a locustfile of its own that differs from this master's (${hashes}): start it without -f to have it take this one`,
  );
}

/** Ids are the name of a machine, `_`, and this. */
function identityOf({ id }: WorkerNode): string {
  return id.slice(id.lastIndexOf('_') + 1);
}
