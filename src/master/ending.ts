/**
 * The end of a test on all workers: each says that its users are gone and that it has reported everything. Who is missing is
 * waited for as long as it may come back, for what it measured meanwhile; unless somebody is in a hurry.
 */
import { epochSeconds, localTimeOfDay } from '../clock.js';
import { getLogger } from '../log.js';
import type { Crew } from './crew.js';
import type { CurrentTest } from './currentTest.js';
import type { Roster } from './roster.js';
import type { WorkerNode } from './workerNode.js';

/** Seconds that a worker gets to end its users, beyond the stop timeout. */
const stoppedWaitSeconds = 60;
/** Milliseconds between two looks at the time. */
const lookMillis = 250;

const log = getLogger('tsload.runners');

export class Ending {
  #isHurried = false;
  #current: CurrentTest | undefined;
  /** Until when each worker has to answer, in milliseconds of the process's clock: from when it could hear of the stop. */
  #deadlines = new WeakMap<WorkerNode, number>();

  constructor(
    private readonly crew: Crew,
    private readonly roster: Roster,
  ) {}

  /** Tells all workers, and resolves when all of them that can have answered. */
  async run(current: CurrentTest): Promise<void> {
    this.#current = current;
    this.#deadlines = new WeakMap();
    this.#tell();
    for (const worker of this.#unstopped()) if (worker.isMissing) this.#announce(worker);
    const timer = setInterval(() => this.crew.facts.check(), lookMillis);
    await this.crew.facts.until(() => this.#isOver(current), Number.POSITIVE_INFINITY);
    clearInterval(timer);
    this.#current = undefined;
    for (const worker of this.#unstoppedOf(current)) this.#giveUp(worker, current);
    this.#isHurried = false;
    this.#tellExcess();
  }

  /** The stop timeout is over at once, in this stop, or in the next one if there is none, and nobody is waited for who is not there. */
  hurry(): void {
    this.#isHurried = true;
    if (this.#current !== undefined) this.#tell();
    this.crew.facts.check();
  }

  /** A worker is missing now: to be called while a test is being stopped. */
  missing(worker: WorkerNode): void {
    if (this.#current !== undefined && this.#unstopped().includes(worker)) this.#announce(worker);
  }

  #tell(): void {
    const current = this.#current;
    if (current === undefined) return;
    for (const worker of this.#unstopped()) {
      worker.link.send({ kind: 'stop', test: current.number, isHurried: this.#isHurried });
    }
  }

  #announce(worker: WorkerNode): void {
    // a worker of Locust's protocol keeps nothing for later: its link gives it up in seconds
    if (this.#isHurried || worker.isForeign === true) return;
    const until = localTimeOfDay(epochSeconds() + this.roster.patienceLeft(worker));
    log.warning(`the end waits for worker ${worker.id}, which is missing, until ${until}: it may have more to report`);
  }

  #isOver(current: CurrentTest): boolean {
    return this.#unstoppedOf(current).every((worker) => this.#isTooLate(worker, current));
  }

  #isTooLate(worker: WorkerNode, { settings }: CurrentTest): boolean {
    if (worker.isMissing) {
      this.#deadlines.delete(worker);
      return this.#isHurried;
    }
    const now = performance.now();
    const deadline = this.#deadlines.get(worker) ?? now + (settings.stopTimeoutSeconds + stoppedWaitSeconds) * 1000;
    this.#deadlines.set(worker, deadline);
    return now >= deadline;
  }

  #giveUp(worker: WorkerNode, { settings }: CurrentTest): void {
    if (worker.isMissing) {
      this.crew.lose(worker, 'it is not waited for any longer');
      return;
    }
    const seconds = settings.stopTimeoutSeconds + stoppedWaitSeconds;
    log.error(`worker ${worker.id} has not stopped its users within ${seconds} seconds`);
  }

  /** The numbers have them, as they were run; the total that was asked for has not. */
  #tellExcess(): void {
    const { excess } = this.crew.grants;
    if (excess === 0) return;
    const what = excess === 1 ? '1 iteration has' : `${excess} iterations have`;
    log.warning(
      `${what} run beyond the total: workers that had been given up came back with what others had been granted instead`,
    );
  }

  #unstopped(): WorkerNode[] {
    return this.#current === undefined ? [] : this.#unstoppedOf(this.#current);
  }

  #unstoppedOf({ number }: CurrentTest): WorkerNode[] {
    return [...this.crew.workers].filter((worker) => worker.isIn(number));
  }
}
