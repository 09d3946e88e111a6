/**
 * Who belongs to the test: workers join, are missing for a while, come back, or are lost. Says what each of them has to know, and
 * where its users go.
 */
import { epochSeconds, localTimeOfDay } from '../clock.js';
import { ConnectionError } from '../errors.js';
import type { Events } from '../events/index.js';
import type { MasterEnd, WorkerHello, WorkerStanding } from '../link/index.js';
import { getLogger } from '../log.js';
import type { Crew } from './crew.js';
import type { CurrentTest } from './currentTest.js';
import { type Patience, Silence, type Silent } from './silence.js';
import type { WorkerNode } from './workerNode.js';

const log = getLogger('tsload.runners');

export interface RosterOptions {
  readonly events: Events;
  readonly isDistributed: boolean;
  readonly patience: Patience;
  /** Name of the run. */
  run(): string;
  current(): CurrentTest | undefined;
  /** Nobody is left who could run users, and nobody is waited for. */
  emptied(why: string): void;
}

export class Roster {
  readonly #silence: Silence;
  #timer: NodeJS.Timeout | undefined;
  /** Workers that are said to be lost: that they are gone as well is no news. */
  readonly #saidLost = new WeakSet<WorkerNode>();
  #isDismissing = false;
  #isClosed = false;

  constructor(
    private readonly crew: Crew,
    private readonly options: RosterOptions,
  ) {
    this.#silence = new Silence(options.patience, performance.now());
  }

  /** Takes in a worker that is at the other end of this link. Throws `ConnectionError` when the runner has quit. */
  join(hello: WorkerHello, link: MasterEnd): void {
    if (this.#isClosed) throw new ConnectionError('the master is quitting and takes no more workers');
    if (this.options.isDistributed) this.watch();
    const worker = this.crew.add(hello, link);
    if (this.options.isDistributed) {
      log.info(`worker ${worker.id} has joined: ${this.crew.workers.present.length} in all`);
      this.options.events.workerConnect.fire({ clientId: worker.id });
    }
    if (this.#isDismissing) link.send({ kind: 'quit' });
    else this.#place(worker, hello, link);
    this.crew.facts.check();
  }

  /** Lets all workers go, those too that still come. */
  dismiss(): void {
    this.#isDismissing = true;
    this.crew.workers.send({ kind: 'quit' });
  }

  /** Says to a worker that has joined what it has to do. */
  #place(worker: WorkerNode, hello: WorkerHello, link: MasterEnd): void {
    const current = this.options.current();
    const { standing } = hello;
    if (standing !== undefined && current !== undefined && this.#isOf(current, standing)) {
      this.#takeBack(worker, hello, standing, current);
    } else {
      if (standing !== undefined && standing.test > 0) {
        link.send({ kind: 'stop', test: standing.test, isHurried: false });
      }
      if (current !== undefined && !current.isStopping) this.#enter(worker, current);
    }
  }

  /** It keeps its users and is waited for. */
  missing(worker: WorkerNode, reason: string): void {
    const current = this.options.current();
    log.warning(
      `worker ${worker.id} is missing (${reason}); it is waited for until ${localTimeOfDay(epochSeconds() + this.patienceLeft(worker))}`,
    );
    current?.ramps?.suspendWorker(worker.id);
    const isAlone = this.crew.workers.present.length === 0;
    if (isAlone && current?.isStopping === false)
      log.warning('all workers are missing: the test goes on when one comes back');
  }

  /** It is there again over the same link: what was sent to it meanwhile has reached it. */
  returned(worker: WorkerNode): void {
    log.info(`worker ${worker.id} is back`);
    this.#found(worker);
    const current = this.options.current();
    if (current === undefined || current.isStopping) return;
    if (worker.toldTest !== current.number) this.#enter(worker, current);
    else if (worker.isIn(current.number)) current.ramps?.resumeWorker(worker.id);
  }

  /** Its users are gone: because it was told so, or without being asked, as its lease or its run time was over, or by `stop()` there. */
  stopped(worker: WorkerNode, test: number, givenUp?: string): void {
    const current = this.options.current();
    this.#saidLost.delete(worker);
    if (givenUp !== undefined && current?.number === test) this.#noteLoss(worker, givenUp);
    if (current === undefined || current.number !== test || current.isStopping) {
      worker.stoppedTest = test;
      return;
    }
    const isForGood = worker.startedTest !== test || worker.hopelessTest === test;
    if (current.settings.leaseSeconds === undefined || isForGood) {
      worker.stoppedTest = test;
      this.crew.grants.leave(worker);
      current.ramps?.removeWorker(worker.id);
      this.#checkHope();
      return;
    }
    worker.startedTest = 0; // until it says that the test goes on there: else it says once more that its users are gone
    // spawns that are on their way to it it ignores until it hears of the test once more
    this.crew.tellTest(worker, current.number, current.startTime, current.settings);
    current.ramps?.resumeWorker(worker.id);
  }

  lost(worker: WorkerNode, reason: string): void {
    const current = this.options.current();
    const isInTest = current !== undefined && worker.isIn(current.number);
    if (isInTest && !worker.hasQuit) this.#noteLoss(worker, reason);
    else if (this.options.isDistributed && !this.#saidLost.has(worker))
      log.info(`worker ${worker.id} is gone: ${reason}`);
    current?.ramps?.removeWorker(worker.id);
    if (this.crew.workers.size === 0) this.options.emptied('the last worker is gone');
    else this.#checkHope();
  }

  /** It can start no user of this test: others get those that were for it. Returns false when there are no others. */
  doWithout(worker: WorkerNode, test: number, reason: string): boolean {
    const isNews = worker.hopelessTest !== test;
    worker.hopelessTest = test;
    if (!this.#isThereHope(test)) return false;
    if (isNews) log.error(`${reason}; other workers get its users`);
    worker.link.send({ kind: 'stop', test, isHurried: false }); // what it says then is `stopped`
    return true;
  }

  /** A worker has users of this test, or may get some; also one that is waited for. */
  #isThereHope(test: number): boolean {
    return !this.crew.workers.every((worker) => worker.hopelessTest === test || worker.stoppedTest === test);
  }

  /** Workers that can start nobody may be the last ones. Where all have only stopped their users, somebody may still join. */
  #checkHope(): void {
    const current = this.options.current();
    if (current === undefined || this.#isThereHope(current.number)) return;
    if (this.crew.workers.every(({ hopelessTest }) => hopelessTest !== current.number)) return;
    this.options.emptied('no worker is left that can start users');
  }

  /** Seconds until nobody waits for a missing worker any more. */
  patienceLeft(worker: WorkerNode): number {
    return this.#silence.patienceLeft(worker, silent(worker));
  }

  /** What it measured after its last report is in no number. */
  #noteLoss(worker: WorkerNode, reason: string): void {
    this.#saidLost.add(worker);
    const until = this.crew.reports.workerLost(worker, worker.heardAt);
    const since = until === undefined ? 'all that it measured' : `what it measured after ${localTimeOfDay(until)}`;
    log.error(`worker ${worker.id} is lost (${reason}): ${since} is in no number`);
  }

  #found(worker: WorkerNode): void {
    worker.isReplaced = false;
    this.#saidLost.delete(worker);
    this.crew.reports.workerFound(worker);
  }

  #isOf({ number }: CurrentTest, { run, test }: WorkerStanding): boolean {
    return run === this.options.run() && test === number;
  }

  /** A worker that nobody knew any more, or that a former master had, goes on with the test in which it is. */
  #takeBack(worker: WorkerNode, hello: WorkerHello, standing: WorkerStanding, current: CurrentTest): void {
    log.info(`worker ${worker.id} is back with ${userCountOf(standing)} users`);
    worker.adopt(hello);
    worker.enteredAt = current.startTime;
    this.#found(worker);
    this.crew.tellTest(worker, current.number, current.startTime, current.settings);
    this.crew.grants.adopt(worker, standing.iterations);
    if (current.isStopping) worker.link.send({ kind: 'stop', test: current.number, isHurried: false });
    else current.ramps?.resumeWorker(worker.id);
  }

  #enter(worker: WorkerNode, { number, startTime, settings, ramps }: CurrentTest): void {
    worker.beginTest();
    this.crew.tellTest(worker, number, startTime, settings);
    this.crew.grants.join(worker);
    ramps?.addWorker(worker.id);
  }

  /** Looks for workers that are silent, from now on. */
  watch(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    this.#silence.tick(performance.now());
    this.#timer = setInterval(() => this.#look(), this.options.patience.tickSeconds * 1000);
    this.#timer.unref();
  }

  #look(): void {
    this.#silence.tick(performance.now());
    const settings = this.options.current()?.settings;
    const leaseEnd =
      settings?.leaseSeconds === undefined ? undefined : settings.leaseSeconds + settings.stopTimeoutSeconds;
    for (const worker of [...this.crew.workers]) this.#act(worker, leaseEnd);
    this.crew.facts.check();
  }

  #act(worker: WorkerNode, leaseEnd: number | undefined): void {
    const verdict = this.#silence.judge(worker, silent(worker), leaseEnd);
    const { silenceSeconds } = this.options.patience;
    if (verdict === 'missing') this.crew.miss(worker, `nothing was heard of it for ${silenceSeconds} seconds`);
    else if (verdict === 'remove') this.crew.lose(worker, 'it did not come back in time');
    else if (verdict === 'replace') this.#replace(worker);
  }

  /**
   * Its lease is over, so it has stopped its users: others may have them. It may still come back, with iterations that it finished
   * and could not report: those are not for others before it is given up.
   */
  #replace(worker: WorkerNode): void {
    worker.isReplaced = true;
    const current = this.options.current();
    if (current?.ramps === undefined || current.isStopping || !worker.isIn(current.number)) return;
    log.warning(`the users of worker ${worker.id}, which is missing, are given to other workers`);
    current.ramps.removeWorker(worker.id);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }
}

function silent({ link, graceSeconds, isMissing, isReplaced }: WorkerNode): Silent {
  return { heardAt: link.vitals.provenAt, graceSeconds, isMissing, isReplaced };
}

function userCountOf({ userCounts }: WorkerStanding): number {
  return Object.values(userCounts).reduce((sum, count) => sum + count, 0);
}
