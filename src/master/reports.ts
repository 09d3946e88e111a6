/**
 * What workers measured, on its way into the statistics: each report once, and none of a time that counts no more.
 */
import { epochSeconds } from '../clock.js';
import type { ReportMessage } from '../link/index.js';
import { getLogger } from '../log.js';
import type { RunStatistics } from '../stats/index.js';
import type { WorkerNode } from './workerNode.js';
import type { Workers } from './workers.js';

/** A second now and then is marked and no more; so many make a line in the log. */
const reportsUntilWarning = 3;

const log = getLogger('tsload.runners');

export class Reports {
  /** Changes with each test and each reset. */
  period = 0;
  #warmupEnd = 0;

  constructor(
    private readonly statistics: RunStatistics,
    private readonly workers: Workers,
  ) {}

  /** A new test: nothing measured so far counts. */
  beginTest(startTime: number): void {
    this.period++;
    this.#warmupEnd = 0;
    this.statistics.clearAll(startTime);
  }

  beginWarmup(endTime: number): void {
    this.#warmupEnd = endTime;
    this.statistics.beginTotals(endTime);
  }

  /** What was measured so far counts no more. */
  reset(): void {
    this.period++;
    this.statistics.resetAll();
    this.workers.send({ kind: 'reset', period: this.period });
  }

  /** Counts a report, unless it was counted before or is of an older period; acknowledges it in any case. */
  receive(worker: WorkerNode, report: ReportMessage): void {
    worker.link.send({ kind: 'acknowledge', sequence: report.sequence });
    if (!worker.accepts(report.sequence)) return;
    worker.userCounts = report.userCounts;
    worker.health = report.health;
    if (report.period !== this.period) return;
    this.#noteHealth(worker, report);
    this.statistics.apply(report.interval, worker.id, { userCount: worker.userCount, health: report.health });
    for (const { message, traceback, count } of report.exceptions) {
      for (let i = 0; i < count; i++) this.statistics.addException({ message, traceback, node: worker.id });
    }
  }

  /** One point of the history. */
  tick(userCount: number): void {
    const now = epochSeconds();
    this.statistics.tick({ now, userCount, isWarmup: now < this.#warmupEnd });
  }

  #noteHealth(worker: WorkerNode, { health }: ReportMessage): void {
    if (!health.isSaturated) return;
    worker.saturatedReports++;
    if (worker.saturatedReports !== reportsUntilWarning) return;
    const busy = Math.round(health.loopUtilisation * 100);
    log.warning(
      `the load generator ${worker.id} is saturated: its event loop was busy ${busy} % of a second and ${Math.round(health.loopDelayMillis)} ms late; response times of such seconds are marked, as they contain its own delay`,
    );
  }
}
