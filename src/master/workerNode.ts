/**
 * A worker as its master knows it: what it was told, and what it said last.
 */
import type { WorkerHealth } from '../events/index.js';
import type { MasterEnd } from '../link/index.js';

export class WorkerNode {
  /** Live users by class, as reported. */
  userCounts: Readonly<Record<string, number>> = {};
  health: WorkerHealth | undefined;
  /** The last step of which it said that all is done. */
  doneStep = 0;
  /** The test that it was told of; whose `testStart` listeners are done here; whose users are gone. */
  toldTest = 0;
  startedTest = 0;
  stoppedTest = 0;
  isSpent = false;
  /** Reports of this test in which it was. */
  saturatedReports = 0;

  constructor(
    readonly id: string,
    readonly index: number,
    readonly link: MasterEnd,
  ) {}

  get userCount(): number {
    return Object.values(this.userCounts).reduce((sum, count) => sum + count, 0);
  }

  beginTest(): void {
    this.userCounts = {};
    this.doneStep = 0;
    this.isSpent = false;
    this.saturatedReports = 0;
  }
}
