/**
 * What workers measured, on its way into the statistics: each report once, and none of a time that counts no more.
 *
 * Reports are merged by second and applied together, once a second, and written to the journal if there is one; only then are
 * they acknowledged, so that a worker keeps what would be lost with this process.
 */
import { epochSeconds } from '../clock.js';
import type { IterationState, ReportMessage } from '../link/index.js';
import { getLogger } from '../log.js';
import {
  type RunStatistics,
  SecondMerger,
  type Tick,
  type UserException,
  type WorkerInterval,
} from '../stats/index.js';
import type { RestoredRun, StatisticsJournal } from './journal.js';
import type { WorkerNode } from './workerNode.js';
import type { Workers } from './workers.js';

/** A second now and then is marked and no more; so many make a line in the log. */
const reportsUntilWarning = 3;
/** What has not been applied by a tick until then is applied all the same: between tests there is no tick. */
const longestWaitMillis = 1500;

const log = getLogger('tsload.runners');

/** A second may end so much before the whole one, by a clock that has just been set. */
const slackSeconds = 0.1;
/** Acknowledgements in one turn of the event loop: each is a message, and heartbeats come between. */
const acknowledgedAtOnce = 50;

/** A worker with reports that are not acknowledged. */
interface Waiting {
  readonly sequence: number;
  readonly iterations: IterationState | undefined;
}

export class Reports {
  /** Changes with each test and each reset. */
  period = 0;
  #warmupEnd = 0;
  readonly #merger: SecondMerger;
  #exceptions: UserException[] = [];
  /** Reports up to this one are counted: by worker, those that are gone included as long as they may come back. */
  readonly #counted = new Map<string, number>();
  #waiting = new Map<WorkerNode, Waiting>();
  /** Reports that are safe, of which their workers have to hear. */
  #unsaid: [WorkerNode, Waiting][] = [];
  #isSaying = false;
  #flushTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly statistics: RunStatistics,
    private readonly workers: Workers,
    maxNames: number,
    private readonly journal?: StatisticsJournal,
  ) {
    this.#merger = new SecondMerger(maxNames);
  }

  /** Goes on where an ended master was. Its statistics are restored already. */
  restore({ period, workers }: Pick<RestoredRun, 'period' | 'workers'>): void {
    this.period = period;
    for (const { id, sequence } of workers) this.#counted.set(id, sequence);
  }

  /** A new test: nothing measured so far counts. */
  beginTest(startTime: number): void {
    this.flush();
    this.period++;
    this.#warmupEnd = 0;
    this.statistics.clearAll(startTime);
    this.journal?.cleared(this.period, startTime);
  }

  beginWarmup(endTime: number): void {
    this.#warmupEnd = endTime;
    this.statistics.beginTotals(endTime);
    this.journal?.totalsBegun(endTime);
  }

  /** What was measured so far counts no more. */
  reset(): void {
    this.flush();
    this.period++;
    const now = epochSeconds();
    this.statistics.resetAll(now);
    this.journal?.reset(this.period, now);
    this.workers.send({ kind: 'reset', period: this.period });
  }

  /** The reports of this worker, if more come, begin with number 1: none of them was counted. */
  numbersAnew(worker: string): void {
    this.#counted.delete(worker);
  }

  /** Nobody of that id is expected any more: who comes with it is somebody new. */
  forget(worker: string): void {
    this.flush(); // nothing of it may come later
    this.#counted.delete(worker);
    this.statistics.workerForgotten(worker);
  }

  /** Nothing is to come of the time before that second: all workers that have reported the second before have reported it, too. */
  isAllIn(second: number): boolean {
    return this.workers.every((worker) => !isAwaited(worker, second));
  }

  /** Takes in a report, unless it was counted before or is of an older period. It is counted by the next `tick` or `flush`. */
  receive(worker: WorkerNode, report: ReportMessage): void {
    const { sequence } = report;
    const counted = this.#counted.get(worker.id);
    const isOfNow = report.period === this.period && sequence > (counted ?? 0);
    this.#wait(worker, Math.max(sequence, counted ?? 0), isOfNow ? report.iterations : undefined);
    if (counted !== undefined && sequence <= counted) return;
    if (counted !== undefined && sequence > counted + 1) warnOfGap(worker.id, counted, sequence);
    this.#counted.set(worker.id, sequence);
    worker.userCounts = report.userCounts;
    worker.health = report.health;
    if (!isOfNow) return;
    this.#merger.add(report.interval, report.hasMore === true ? undefined : noted(worker, report));
    for (const exception of report.exceptions) this.#exceptions.push({ ...exception, node: worker.id });
  }

  /**
   * A worker is gone without having said so. `heardAt`: seconds since 1970, when it was last heard of. Returns until when what it
   * measured is counted; undefined: nothing is.
   */
  workerLost({ id, enteredAt }: WorkerNode, heardAt: number): number | undefined {
    this.flush();
    const until = this.statistics.workerLost(id, heardAt, enteredAt);
    this.journal?.workerLost(id, heardAt, enteredAt);
    return until;
  }

  /** A lost worker is there again; its reports follow. */
  workerFound({ id }: WorkerNode): void {
    this.statistics.workerFound(id);
    this.journal?.workerFound(id);
  }

  /** Counts what has come, and acknowledges it when it is safe. */
  flush(): void {
    if (this.#waiting.size > 0) this.#apply();
  }

  /** Counts what has come, and makes one point of the history. */
  tick(userCount: number): void {
    const now = epochSeconds();
    this.#apply({ now, userCount, isWarmup: now < this.#warmupEnd });
  }

  #wait(worker: WorkerNode, sequence: number, iterations: IterationState | undefined): void {
    this.#waiting.set(worker, { sequence, iterations: iterations ?? this.#waiting.get(worker)?.iterations });
    this.#flushTimer ??= setTimeout(() => this.flush(), longestWaitMillis);
  }

  #apply(tick?: Tick): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    const [seconds, exceptions, waiting] = [this.#merger.take(), this.#exceptions, this.#waiting];
    this.#exceptions = [];
    this.#waiting = new Map();
    for (const { interval, workers } of seconds) this.statistics.apply(interval, workers);
    for (const exception of exceptions) this.statistics.addException(exception);
    if (tick !== undefined) this.statistics.tick(tick);
    if (this.journal === undefined) {
      this.#safe(waiting);
      return;
    }
    const counted = Array.from(waiting, ([{ id }, { sequence, iterations }]) => {
      return { worker: id, sequence, ...(iterations && { iterations }) };
    });
    const safe = this.journal.applied({ seconds, exceptions, counted, ...(tick && { tick }) });
    safe.then(
      () => this.#safe(waiting),
      (thrown: unknown) => log.error(`the journal failed: ${String(thrown)}`),
    );
  }

  #safe(waiting: ReadonlyMap<WorkerNode, Waiting>): void {
    this.#unsaid.push(...waiting);
    if (!this.#isSaying) this.#acknowledge();
  }

  #acknowledge(): void {
    for (const [{ link }, { sequence }] of this.#unsaid.splice(0, acknowledgedAtOnce)) {
      link.send({ kind: 'acknowledge', sequence });
    }
    this.#isSaying = this.#unsaid.length > 0;
    if (this.#isSaying) setImmediate(() => this.#acknowledge());
  }
}

/** It reports each second, as workers of Locust don't, and has not reported up to this one. */
function isAwaited(
  { reportedUntil, isForeign, isMissing, toldTest, stoppedTest }: WorkerNode,
  second: number,
): boolean {
  if (isForeign === true || isMissing || stoppedTest === toldTest) return false;
  return reportedUntil < second - slackSeconds && reportedUntil >= second - 1 - slackSeconds;
}

/** Only where what was acknowledged was not kept after all, as by a master whose journal could not be written. */
function warnOfGap(worker: string, counted: number, sequence: number): void {
  log.warning(
    `reports ${counted + 1} to ${sequence - 1} of worker ${worker} are in no number: they came to a master that did not keep them`,
  );
}

/** An interval of a worker is complete: notes so, and returns what there is to say of the worker in it. */
function noted(worker: WorkerNode, report: ReportMessage): WorkerInterval {
  noteHealth(worker, report);
  const { interval, health } = report;
  const { startTime, seconds, isWarmup } = interval;
  worker.reportedUntil = Math.max(worker.reportedUntil, startTime + seconds);
  const { id, userCount, roundTripMillis, clockOffsetSeconds } = worker;
  const isKnown = roundTripMillis !== undefined && clockOffsetSeconds !== undefined;
  const link = isKnown ? { link: { roundTripMillis, clockOffsetSeconds } } : {};
  return { worker: id, startTime, seconds, isWarmup, userCount, health, ...link };
}

function noteHealth(worker: WorkerNode, { health }: ReportMessage): void {
  if (!health.isSaturated) return;
  worker.saturatedReports++;
  if (worker.saturatedReports !== reportsUntilWarning) return;
  const busy = Math.round(health.loopUtilisation * 100);
  log.warning(
    `the load generator ${worker.id} is saturated: its event loop was busy ${busy} % of a second and ${Math.round(health.loopDelayMillis)} ms late; response times of such seconds are marked, as they contain its own delay`,
  );
}
