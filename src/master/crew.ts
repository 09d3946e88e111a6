/**
 * The workers of a master and what they say: takes each message into what is known of its worker, and tells the master of what
 * concerns the test. What goes wrong with one worker's message is logged, and concerns no other worker.
 */
import type { CustomMessage } from '../events/index.js';
import type { MasterEnd, ReportMessage, RunSetup, TestSettings, WorkerHello, WorkerMessage } from '../link/index.js';
import { describeThrown, getLogger } from '../log.js';
import type { RunStatistics } from '../stats/index.js';
import { Facts } from './facts.js';
import { Reports } from './reports.js';
import { shareOf } from './sharedIterations.js';
import { WorkerNode } from './workerNode.js';
import { Workers } from './workers.js';

const log = getLogger('tsload.runners');

export interface CrewListener {
  /** Users of a worker ended or are all there. */
  usersChanged(): void;
  /** A `StopTest` was thrown on a worker, in that test. */
  stopTest(test: number, reason: string, isBadSetup: boolean): void;
  /** Something failed that is neither a request nor a task. */
  fault(): void;
  reported(worker: WorkerNode, report: ReportMessage): void;
  customMessage(message: CustomMessage): void;
  /** A worker is gone, with its users. */
  lost(worker: WorkerNode): void;
}

export class Crew {
  readonly workers = new Workers();
  /** What is waited for of the workers. */
  readonly facts = new Facts();
  readonly reports: Reports;
  #nextIndex = 0;

  constructor(
    statistics: RunStatistics,
    private readonly setup: RunSetup,
    private readonly listener: CrewListener,
  ) {
    this.reports = new Reports(statistics, this.workers, setup.maxNames);
  }

  /** Takes in a worker that is at the other end of this link. */
  add({ worker: id }: WorkerHello, link: MasterEnd): WorkerNode {
    const worker = new WorkerNode(id, this.#nextIndex++, link);
    this.workers.add(worker);
    link.listen({ message: (message) => this.#receive(worker, message), closed: () => this.#lose(worker) });
    link.send({ kind: 'welcome', index: worker.index, setup: this.setup });
    return worker;
  }

  /** What holds for a test, once for each worker; not with every spawn. */
  sendTestStart(test: number, startTime: number, settings: TestSettings): void {
    let place = 0;
    for (const worker of this.workers) {
      const iterations = shareOf(settings.iterations, place++, this.workers.size);
      this.#tellTest(worker, test, startTime, { ...settings, iterations });
    }
  }

  /** For a worker that joins a running test: of a total of iterations the others have everything. */
  sendTestJoin(worker: WorkerNode, test: number, startTime: number, settings: TestSettings): void {
    const { iterations } = settings;
    const rest = iterations?.kind === 'total' ? { ...iterations, count: 0 } : iterations;
    this.#tellTest(worker, test, startTime, { ...settings, iterations: rest });
  }

  #tellTest(worker: WorkerNode, test: number, startTime: number, settings: TestSettings): void {
    worker.toldTest = test;
    worker.link.send({ kind: 'testStart', test, period: this.reports.period, startTime, settings });
    const { iterations } = settings;
    if (iterations?.kind === 'total') worker.link.send({ kind: 'grant', test, count: iterations.count, isLast: true });
  }

  #receive(worker: WorkerNode, message: WorkerMessage): void {
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
      case 'iterations':
      case 'logs':
        return;
      case 'started':
        worker.startedTest = message.test;
        return;
      case 'report':
        this.reports.receive(worker, message);
        this.listener.reported(worker, message);
        return;
      case 'users':
        this.#takeUsers(worker, message);
        return;
      case 'stopped':
        worker.stoppedTest = message.test;
        worker.userCounts = {};
        return;
      case 'stopTest':
        this.listener.stopTest(message.test, message.reason, message.isBadSetup);
        return;
      case 'fault':
        this.listener.fault();
        return;
      case 'quit':
        this.#lose(worker);
        return;
      case 'custom':
        this.listener.customMessage(message);
        return;
      default:
        message satisfies never;
    }
  }

  #takeUsers(worker: WorkerNode, message: WorkerMessage & { readonly kind: 'users' }): void {
    if (message.test !== worker.toldTest) return;
    worker.userCounts = message.userCounts;
    worker.isSpent = message.isSpent;
    worker.doneStep = Math.max(worker.doneStep, message.step);
    this.listener.usersChanged();
  }

  #lose(worker: WorkerNode): void {
    if (!this.workers.remove(worker)) return;
    worker.link.close();
    this.listener.lost(worker);
    this.facts.check();
  }
}
