/**
 * A worker as its master knows it: what it was told, and what it said last.
 */
import { epochSeconds } from '../clock.js';
import type { WorkerHealth } from '../events/index.js';
import type { MasterEnd, WorkerHello } from '../link/index.js';

/** Locust's words. `missing`: not heard of, and it may come back. */
export type WorkerState = 'ready' | 'spawning' | 'running' | 'missing';

/** What is shown of a worker, as on a web page. */
export interface WorkerStatus {
  readonly id: string;
  readonly index: number;
  readonly state: WorkerState;
  /** Live users; 0 while it is missing. */
  readonly userCount: number;
  /** Percent of one core. */
  readonly cpuUsage: number;
  /** Resident bytes. */
  readonly memoryUsage: number;
  /** Milliseconds; absent before the first heartbeat was answered. */
  readonly roundTripMillis: number | undefined;
  /** Seconds that the clock of this master is ahead of the worker's, which counts in this master's time; absent as above. */
  readonly clockOffsetSeconds: number | undefined;
  /** Its measurements contained its own delay in so many reports of this test. */
  readonly saturatedReports: number;
}

export class WorkerNode implements WorkerStatus {
  /** As it says, or as follows from what it was told. */
  reported: Exclude<WorkerState, 'missing'> = 'ready';
  isMissing = false;
  /** When it was told of the test, seconds since 1970: what it measures in it, it measures later. */
  enteredAt = 0;
  /** End of what it has reported, seconds since 1970. */
  reportedUntil = 0;
  /** Live users by class, as reported. */
  userCounts: Readonly<Record<string, number>> = {};
  health: WorkerHealth | undefined;
  cpuUsage = 0;
  memoryUsage = 0;
  roundTripMillis: number | undefined;
  clockOffsetSeconds: number | undefined;
  /** The last step of which it said that all is done. */
  doneStep = 0;
  /** The test that it was told of; whose `testStart` listeners are done here; whose users are gone for good. */
  toldTest = 0;
  startedTest = 0;
  stoppedTest = 0;
  /** The test of which it can start no user. */
  hopelessTest = 0;
  /** The test of which it was told that all users are there. */
  completedTest = 0;
  isSpent = false;
  /** It says good-bye: nothing of it is lost. */
  hasQuit = false;
  /** Its users were given to others while it was missing. */
  isReplaced = false;
  saturatedReports = 0;
  /** It came without a token. Undefined: it is one of a former master, and has not come yet. */
  isForeign: boolean | undefined;

  constructor(
    readonly id: string,
    readonly index: number,
    /** Seconds that it goes on without its master. */
    readonly graceSeconds: number,
    readonly link: MasterEnd,
    /** Seconds since 1970, when a former master heard of it last; undefined: it has joined this one. */
    private readonly formerlyHeardAt?: number,
  ) {}

  /** Seconds since 1970. */
  get heardAt(): number {
    return this.formerlyHeardAt ?? epochSeconds() - (performance.now() - this.link.vitals.provenAt) / 1000;
  }

  get state(): WorkerState {
    return this.isMissing ? 'missing' : this.reported;
  }

  get userCount(): number {
    if (this.isMissing) return 0;
    return Object.values(this.userCounts).reduce((sum, count) => sum + count, 0);
  }

  /** It takes part in that test: it was told of it, and has not stopped its users for good. */
  isIn(test: number): boolean {
    return this.toldTest === test && this.stoppedTest !== test;
  }

  beginTest(): void {
    this.enteredAt = epochSeconds();
    this.userCounts = {};
    this.doneStep = 0;
    this.isSpent = false;
    this.isReplaced = false;
    this.saturatedReports = 0;
  }

  /** It goes on with this test, as it says of itself. */
  adopt({ standing }: WorkerHello): void {
    if (standing === undefined) return;
    this.toldTest = standing.test;
    this.startedTest = standing.test;
    this.completedTest = standing.test;
    this.doneStep = standing.step;
    this.userCounts = standing.userCounts;
    this.isSpent = standing.isSpent;
    this.reported = 'running';
  }
}
