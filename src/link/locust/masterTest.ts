/**
 * The tests of a Locust master as one of its workers goes through them: what its spawns and stops mean to our worker, and what
 * Locust's master hears of them.
 *
 * Locust numbers neither tests nor steps: a spawn to a worker that runs nothing begins a test, and of two spawns the one with the later
 * time counts. Each names all users that this worker shall have.
 */
import { epochSeconds } from '../../clock.js';
import { getLogger } from '../../log.js';
import type { MasterMessage, WorkerMessage } from '../messages.js';
import { type ForeignSpawn, readSpawn } from './workerProtocol.js';
import type { WorkerReports } from './workerReports.js';

/** Asks the master not to compare versions. */
export const anyVersion = -1;

const log = getLogger('tsload.link');

export interface MasterTestOptions {
  readonly userClasses: readonly string[];
  /** See `LocustMasterOptions`. */
  readonly missedSeconds: number;
  readonly rejoinSeconds: number;
  readonly reports: WorkerReports;
  deliver(message: MasterMessage): void;
  /** Sent now, or when there is a master. */
  post(type: string, data: unknown): void;
  /** Sent now or never. */
  postIfKnown(type: string, data: unknown): void;
  sendStats(): void;
}

export class MasterTest {
  /** Of the test that goes on, or of the last one; 0 before the first. */
  number = 0;
  /** From the first spawn to the worker's word that it has stopped. */
  #isOn = false;
  /** The master does not know of the stop: this worker's users ended the test. */
  #isOwnStop = false;
  /** The master has asked for the stop that is going on. */
  #isStopping = false;
  /** A spawn that came during a stop: Locust's workers read no message until they have stopped. */
  #afterStop: ForeignSpawn | undefined;
  /** When a worker that was missed joins anew: milliseconds of `performance.now()`. */
  #rejoinAt = Number.POSITIVE_INFINITY;
  #isRebalancing = false;
  #step = 0;
  #lastTimestamp = 0;
  readonly #classes: ReadonlySet<string>;
  readonly #unknownClasses = new Set<string>();

  constructor(private readonly options: MasterTestOptions) {
    this.#classes = new Set(options.userClasses);
  }

  /** Throws `LinkError` for what is no spawn. */
  spawn(data: unknown): void {
    const spawn = readSpawn(data);
    if (this.#isStopping) this.#afterStop = spawn;
    else this.#begin(spawn);
  }

  /** What the master said meanwhile is on its way, but others may have the users. */
  stoodStill(seconds: number): void {
    if (this.#isRebalancing) this.resumed(seconds);
  }

  /** There is a connection again. */
  resumed(silentSeconds: number): void {
    const { missedSeconds, rejoinSeconds } = this.options;
    if (silentSeconds >= missedSeconds && this.#isOn) this.#rejoinAt = performance.now() + rejoinSeconds * 1000;
  }

  /**
   * A master that has missed a worker may have ended the test, or dealt its users anew, and what it said of that went to nobody.
   * If its test goes on, it sends a spawn to a worker that is back. If not, it would never stop the users that are still here.
   */
  rejoinIfDue(): void {
    if (!this.#isOn || this.#isStopping || performance.now() < this.#rejoinAt) return;
    log.warning('the master has missed this worker, and has not told it to go on: its users stop, and it joins anew');
    this.stop();
  }

  stop(): void {
    this.#rejoinAt = Number.POSITIVE_INFINITY;
    if (!this.#isOn) {
      this.#tellStopped();
      return;
    }
    this.#isStopping = true;
    this.#deliverStop();
  }

  spawningComplete(userCount: number): void {
    this.options.deliver({ kind: 'spawningComplete', test: this.number, userCount });
  }

  /** The worker says which users it has. */
  users({ test, step, userCounts }: WorkerMessage & { readonly kind: 'users' }): void {
    if (test !== this.number || !this.#isOn) return;
    this.options.reports.noteUsers(userCounts);
    if (step === 0 || step < this.#step) return;
    this.options.postIfKnown('spawning_complete', this.options.reports.users);
  }

  /** The worker says that nobody is left. A worker that leaves says `quit` and no more: at each word the master starts users anew. */
  stopped(): void {
    const { reports, sendStats } = this.options;
    this.#isOn = false;
    this.#isOwnStop = false;
    reports.noteUsers({});
    sendStats();
    if (!this.#isStopping) return;
    this.#isStopping = false;
    this.#tellStopped();
    const spawn = this.#afterStop;
    this.#afterStop = undefined;
    if (spawn !== undefined) this.#begin(spawn);
  }

  /** A user wants the test to end. Locust has no way for that: the users stop here, and the master sees why. */
  end(reason: string): void {
    if (!this.#isOn || this.#isOwnStop || this.#isStopping) return;
    this.#isOwnStop = true;
    const shown = reason === '' ? 'a user ended the test' : reason;
    if (reason !== '')
      this.options.post('exception', { msg: reason, traceback: `the test was ended by a user: ${reason}` });
    log.error(`${shown}: the users of this worker stop; a Locust master cannot be told to end the test`);
    this.#deliverStop();
  }

  /** A master counts on the first answer, also to a spawn that is too old to be obeyed. */
  #begin({ timestamp, counts, isRebalancing, settings }: ForeignSpawn): void {
    this.options.post('spawning', null);
    if (timestamp <= this.#lastTimestamp) {
      log.info('a spawn that is no newer than the one before is discarded');
      return;
    }
    this.#lastTimestamp = timestamp;
    this.#isRebalancing = isRebalancing;
    this.#rejoinAt = Number.POSITIVE_INFINITY;
    const startTime = epochSeconds();
    if (!this.#isOn) {
      this.#isOn = true;
      this.number++;
      this.#step = 0;
      this.options.reports.reset();
      this.options.deliver({ kind: 'testStart', test: this.number, startTime, period: this.number, settings });
    }
    const known = Object.entries(counts).filter(([name, count]) => this.#knows(name, count));
    const times = { test: this.number, step: ++this.#step, startTime, spacingSeconds: 0, isLast: true };
    this.options.deliver({ kind: 'spawn', ...times, counts: Object.fromEntries(known), starts: [] });
  }

  #knows(name: string, count: number): boolean {
    if (this.#classes.has(name)) return true;
    if (count > 0 && !this.#unknownClasses.has(name)) {
      this.#unknownClasses.add(name);
      log.error(
        `the master wants users of class ${name}, and this locustfile has none: both must have the same classes`,
      );
    }
    return false;
  }

  #deliverStop(): void {
    this.options.deliver({ kind: 'stop', test: this.number, isHurried: false });
  }

  /** First gone, then there again: Locust's master forgets a worker at the first and takes it in at the second. */
  #tellStopped(): void {
    this.options.post('client_stopped', null);
    this.options.post('client_ready', anyVersion);
  }
}
