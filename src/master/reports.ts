/**
 * What workers measured, on its way into the statistics: each report once, and none of a time that counts no more.
 *
 * Reports are merged by second and applied together, once a second; only then are they acknowledged, so that a worker keeps
 * what would be lost with this process.
 */
import { epochSeconds } from '../clock.js';
import type { ReportMessage } from '../link/index.js';
import { getLogger } from '../log.js';
import { type RunStatistics, SecondMerger, type UserException } from '../stats/index.js';
import type { WorkerNode } from './workerNode.js';
import type { Workers } from './workers.js';

/** A second now and then is marked and no more; so many make a line in the log. */
const reportsUntilWarning = 3;
/** What has not been applied by a tick until then is applied all the same: between tests there is no tick. */
const longestWaitMillis = 1500;

const log = getLogger('tsload.runners');

export class Reports {
  /** Changes with each test and each reset. */
  period = 0;
  #warmupEnd = 0;
  readonly #merger: SecondMerger;
  #exceptions: (UserException & { readonly count: number })[] = [];
  /** Reports up to this one are counted: by worker, those that are gone included, as they may come back. */
  readonly #counted = new Map<string, number>();
  /** Workers with reports that are not acknowledged, and the last one of each. */
  #unacknowledged = new Map<WorkerNode, number>();
  #flushTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly statistics: RunStatistics,
    private readonly workers: Workers,
    maxNames: number,
  ) {
    this.#merger = new SecondMerger(maxNames);
  }

  /** A new test: nothing measured so far counts. */
  beginTest(startTime: number): void {
    this.flush();
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
    this.flush();
    this.period++;
    this.statistics.resetAll();
    this.workers.send({ kind: 'reset', period: this.period });
  }

  /** Takes in a report, unless it was counted before or is of an older period. It is counted by the next `tick` or `flush`. */
  receive(worker: WorkerNode, report: ReportMessage): void {
    this.#acknowledgeLater(worker, report.sequence);
    if (report.sequence <= (this.#counted.get(worker.id) ?? 0)) return;
    this.#counted.set(worker.id, report.sequence);
    worker.userCounts = report.userCounts;
    worker.health = report.health;
    if (report.period !== this.period) return;
    this.#noteHealth(worker, report);
    const { interval, health } = report;
    const { startTime, seconds, isWarmup } = interval;
    const { id, userCount } = worker;
    this.#merger.add(interval, { worker: id, startTime, seconds, isWarmup, userCount, health });
    for (const exception of report.exceptions) this.#exceptions.push({ ...exception, node: id });
  }

  /** Counts what has come, and acknowledges it. */
  flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    for (const { interval, workers } of this.#merger.take()) this.statistics.apply(interval, workers);
    for (const exception of this.#exceptions) this.statistics.addException(exception);
    this.#exceptions = [];
    const unacknowledged = this.#unacknowledged;
    this.#unacknowledged = new Map();
    for (const [worker, sequence] of unacknowledged) worker.link.send({ kind: 'acknowledge', sequence });
  }

  /** Counts what has come, and makes one point of the history. */
  tick(userCount: number): void {
    this.flush();
    const now = epochSeconds();
    this.statistics.tick({ now, userCount, isWarmup: now < this.#warmupEnd });
  }

  #acknowledgeLater(worker: WorkerNode, sequence: number): void {
    this.#unacknowledged.set(worker, sequence);
    this.#flushTimer ??= setTimeout(() => this.flush(), longestWaitMillis);
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
