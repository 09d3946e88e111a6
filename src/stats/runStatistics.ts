/**
 * The statistics of a run: the sum of the intervals of all workers. Lives in the master.
 *
 * Intervals may come late, in any order and with boundaries of their own; whatever the split over workers and intervals, the
 * sums and percentiles are those of all samples. What is done each second is bounded by the entries with traffic.
 */
import { epochSeconds } from '../clock.js';
import type {
  EntryView,
  ErrorView,
  ExceptionView,
  ForgottenLost,
  HistoryPoint,
  StatisticsView,
  WorkerView,
} from '../events/index.js';
import { EntryLine } from './entryLine.js';
import { EntryTable } from './entryTable.js';
import { EntryTotals } from './entryTotals.js';
import { ErrorTable } from './errorTotals.js';
import { ExceptionTable, type UserException } from './exceptionTable.js';
import { GeneratorWatch } from './generatorWatch.js';
import { History } from './history.js';
import { defaultMaxNames } from './intervalRecorder.js';
import { type EntryStats, type IntervalStats, samplesOf, type WorkerInterval } from './intervalStats.js';
import { LimitWarnings } from './limitWarnings.js';
import { type Spread, spreadOf, type TimeWindow, windowSeconds } from './recentSeconds.js';
import { Scratch } from './scratch.js';
import type { EntrySnapshot, StatisticsSnapshot } from './snapshot.js';
import { WorkerTable } from './workerTable.js';

export interface RunStatisticsOptions {
  /** Distinct pairs of request type and name; what comes beyond is counted as `(other)`. Default 10,000. */
  readonly maxNames?: number;
  /** Quantiles kept in the history, each above 0 and below 1. Default 0.5 and 0.95. */
  readonly chartPercentiles?: readonly number[];
  /** Seconds between two reports of a worker: current numbers wait that long for the last of them. Default 1. */
  readonly reportSeconds?: number;
  /** Seconds since 1970. Default: the process's clock. */
  readonly now?: () => number;
}

export interface Tick {
  /** Seconds since 1970. */
  readonly now: number;
  readonly userCount: number;
  readonly isWarmup: boolean;
}

export type IntervalListener = (interval: IntervalStats, workers: readonly WorkerInterval[]) => void;

export class RunStatistics implements StatisticsView {
  readonly #warnings: LimitWarnings;
  readonly #now: () => number;
  readonly #chartPercentiles: readonly number[];
  readonly #reportSeconds: number;
  readonly #frame: { totalSeconds: number; window: TimeWindow; version: number; readonly scratch: Scratch };
  readonly #entries: EntryTable;
  readonly #errors = new ErrorTable();
  readonly #exceptions = new ExceptionTable();
  readonly #history = new History();
  readonly #generator = new GeneratorWatch();
  readonly #workers = new WorkerTable();
  readonly #listeners = new Set<IntervalListener>();
  /** Entries with traffic in the last seconds. */
  readonly #recent = new Set<EntryTotals>();
  readonly #totals: EntryTotals;
  readonly #total: EntryLine;
  /** When the run began; the totals begin later when there is a warm-up, or after a reset. */
  #runStart: number;
  #lastTick: number;
  #cutOff = 0;
  #warmupRequests = 0;
  #saturatedSeconds = 0;

  constructor(options: RunStatisticsOptions = {}) {
    const maxNames = options.maxNames ?? defaultMaxNames;
    this.#warnings = new LimitWarnings(maxNames);
    this.#now = options.now ?? epochSeconds;
    this.#chartPercentiles = options.chartPercentiles ?? [0.5, 0.95];
    this.#reportSeconds = options.reportSeconds ?? 1;
    this.#frame = { totalSeconds: 0, window: { from: 0, to: 0 }, version: 0, scratch: new Scratch() };
    this.#entries = new EntryTable(maxNames, this.#frame);
    this.#runStart = this.#now();
    this.#lastTick = this.#runStart;
    this.#totals = new EntryTotals('', 'Aggregated', this.#runStart, true);
    this.#total = new EntryLine(this.#totals, this.#frame);
  }

  /**
   * Adds what workers measured, and how they did meanwhile. Intervals may come late and in any order; each must come once.
   * An interval of the warm-up is in the history and in no total.
   */
  apply(interval: IntervalStats, workers: readonly WorkerInterval[] = []): void {
    this.#frame.version++;
    for (const worker of workers) {
      this.#generator.note(worker);
      this.#workers.note(worker);
    }
    this.#cutOff += interval.cutOff;
    if (interval.isWarmup) this.#applyWarmup(interval);
    else this.#applyTotals(interval);
    if (interval.overflowingNames.length > 0) this.#entries.overflow(interval.overflowingNames);
    this.#warnings.names(this.#entries.overflowing);
    for (const listener of this.#listeners) listener(interval, workers);
  }

  /** Calls the listener with each interval that is applied, those of the warm-up included. Returns what ends it. */
  onInterval(listener: IntervalListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Counts an exception of user code. */
  addException(exception: UserException): void {
    this.#exceptions.add(exception);
  }

  /**
   * A worker is gone without having said so. `at`: seconds since 1970, when it was last heard of. Returns until when, in such
   * seconds, what it measured is in the numbers; undefined: nothing of it is.
   */
  workerLost(worker: string, at: number, since: number): number | undefined {
    return this.#workers.lost(worker, at, since);
  }

  /** A lost worker is there again. */
  workerFound(worker: string): void {
    this.#workers.found(worker);
  }

  /** A worker that is gone is not expected any more, and has no line of its own from now on. */
  workerForgotten(worker: string): void {
    this.#workers.forget(worker);
  }

  /** Once a second while a test runs: moves the current window on and adds to the history. */
  tick(tick: Tick): void {
    const { now, isWarmup } = tick;
    const seconds = now - this.#lastTick;
    this.#frame.version++;
    this.#frame.window = this.#windowAt(now);
    for (const totals of this.#recent) {
      if (!totals.recent.forgetBefore(this.#frame.window.to - windowSeconds)) this.#recent.delete(totals);
    }
    if (isWarmup) this.beginTotals(now);
    if (seconds <= 0) return;
    const { generator, isSaturated, saturatedSeconds } = this.#generator.take();
    this.#saturatedSeconds += saturatedSeconds;
    this.#history.add({
      time: this.#lastTick,
      seconds,
      userCount: tick.userCount,
      currentRps: this.#total.currentRps,
      currentFailPerSec: this.#total.currentFailPerSec,
      totalAvgResponseTime: this.#total.avgResponseTime,
      percentiles: Object.fromEntries(this.#chartPercentiles.map((q) => [q, this.#total.currentPercentile(q) ?? 0])),
      generator,
      isSaturated,
      isWarmup,
    });
    this.#lastTick = now;
  }

  /** Sets all numbers to zero. Entries stay listed, and exceptions. Locust: `reset_all`. */
  resetAll(now = this.#now()): void {
    for (const totals of this.#entries.all()) totals.reset(now);
    this.#restart(now);
  }

  /** Forgets everything, entries and exceptions too: for the start of a test. Locust: `clear_all`. */
  clearAll(startTime: number): void {
    this.#entries.clear();
    this.#exceptions.clear();
    this.#workers.clear();
    this.#warnings.hasWarnedOfNames = false;
    this.#warmupRequests = 0;
    this.#restart(startTime);
  }

  /**
   * Total rates are over the time from here on, unless they begin later already: for the moment when users start, or when the
   * warm-up ends. `time`: seconds since 1970.
   */
  beginTotals(time: number): void {
    this.#totals.startTime = Math.max(this.#totals.startTime, time);
    this.#updateTotalSeconds();
  }

  /** Everything there is to know but the numbers of the entries, as plain data that nothing changes later. */
  snapshot(): StatisticsSnapshot {
    return {
      runStart: this.#runStart,
      lastTick: this.#lastTick,
      window: this.#frame.window,
      cutOff: this.#cutOff,
      warmupRequests: this.#warmupRequests,
      saturatedSeconds: this.#saturatedSeconds,
      hasWarnedOfNames: this.#warnings.hasWarnedOfNames,
      hasWarnedOfOverlong: this.#warnings.hasWarnedOfOverlong,
      total: this.#totals.snapshot(),
      entries: Array.from(this.#entries.all(), ({ method, name, startTime }) => ({ method, name, startTime })),
      overflowing: [...this.#entries.overflowing],
      errors: this.#errors.snapshot(),
      exceptions: this.#exceptions.snapshot(),
      history: this.#history.snapshot(),
      generator: this.#generator.snapshot(),
      workers: this.#workers.snapshot(),
      forgottenLost: this.#workers.forgottenLost,
    };
  }

  /** The numbers of the entries that there are when the first one is taken: of each as they are when it is taken. */
  *entrySnapshots(): IterableIterator<EntrySnapshot> {
    for (const totals of this.#entries.all()) yield totals.snapshot();
  }

  /**
   * Takes on the numbers of other statistics with the same options; those of their entries follow one by one, also between what is
   * applied later. Who listens for intervals hears of nothing.
   */
  restore(snapshot: StatisticsSnapshot): void {
    this.clearAll(snapshot.runStart);
    this.#lastTick = snapshot.lastTick;
    this.#frame.window = snapshot.window;
    this.#cutOff = snapshot.cutOff;
    this.#warmupRequests = snapshot.warmupRequests;
    this.#saturatedSeconds = snapshot.saturatedSeconds;
    this.#warnings.hasWarnedOfNames = snapshot.hasWarnedOfNames;
    this.#warnings.hasWarnedOfOverlong = snapshot.hasWarnedOfOverlong;
    this.#totals.restore(snapshot.total);
    this.#entries.restore(snapshot.entries, snapshot.overflowing);
    for (const error of snapshot.errors) {
      this.#errors.add(this.#entries.totals(error.requestType, error.name, snapshot.runStart), error);
    }
    this.#exceptions.restore(snapshot.exceptions);
    this.#history.restore(snapshot.history);
    this.#generator.restore(snapshot.generator);
    this.#workers.restore(snapshot.workers, snapshot.forgottenLost);
    if (!this.#totals.recent.isEmpty) this.#recent.add(this.#totals);
    this.#updateTotalSeconds();
  }

  /** An entry has these numbers now, whatever it had before. */
  restoreEntry(snapshot: EntrySnapshot): void {
    this.#frame.version++;
    const totals = this.#entries.totals(snapshot.method, snapshot.name, snapshot.startTime);
    totals.restore(snapshot);
    if (totals.recent.isEmpty) this.#recent.delete(totals);
    else this.#recent.add(totals);
  }

  /** The time until `now` had nobody to watch it: the history has a gap there, and not one long second. */
  skipTo(now: number): void {
    this.#lastTick = Math.max(this.#lastTick, now);
  }

  entries(): readonly EntryView[] {
    return this.#entries.sorted();
  }

  entry(name: string, method: string): EntryView | undefined {
    return this.#entries.get(method, name);
  }

  get total(): EntryView {
    return this.#total;
  }

  /** In the order in which they were first seen. */
  get errors(): readonly ErrorView[] {
    return this.#errors.all;
  }

  get exceptions(): readonly ExceptionView[] {
    return this.#exceptions.all;
  }

  get history(): readonly HistoryPoint[] {
    return this.#history.points;
  }

  get cutOff(): number {
    return this.#cutOff;
  }

  get warmupRequests(): number {
    return this.#warmupRequests;
  }

  get saturatedSeconds(): number {
    return this.#saturatedSeconds;
  }

  get workers(): readonly WorkerView[] {
    return this.#workers.all;
  }

  get forgottenLost(): ForgottenLost {
    return this.#workers.forgottenLost;
  }

  get isNameCapReached(): boolean {
    return this.#entries.overflowing.length > 0;
  }

  #applyWarmup(interval: IntervalStats): void {
    const spread = spreadOf(interval);
    this.beginTotals(interval.startTime + interval.seconds);
    for (const stats of interval.entries) {
      this.#warmupRequests += samplesOf(stats.ok) + samplesOf(stats.failed);
      this.#addRecent(this.#totals, stats, spread);
    }
  }

  #applyTotals(interval: IntervalStats): void {
    const spread = spreadOf(interval);
    const startTime = Math.max(interval.startTime, this.#totals.startTime);
    for (const stats of interval.entries) {
      const totals = this.#entries.totals(stats.requestType, stats.name, startTime);
      for (const target of [totals, this.#totals]) {
        target.add(stats);
        this.#addRecent(target, stats, spread);
      }
      this.#warnings.overlong(stats);
    }
    for (const stats of interval.errors) {
      this.#errors.add(this.#entries.totals(stats.requestType, stats.name, startTime), stats);
    }
    this.#updateTotalSeconds();
  }

  #addRecent(totals: EntryTotals, stats: EntryStats, spread: Spread): void {
    totals.recent.add(stats, spread);
    this.#recent.add(totals);
  }

  /** The last ten whole seconds that all workers have reported, or those since the run began; empty before the first. */
  #windowAt(now: number): TimeWindow {
    const to = Math.floor(now - this.#reportSeconds);
    const from = Math.max(to - windowSeconds, this.#runStart);
    return to - from < 1 ? { from: to, to } : { from, to };
  }

  #updateTotalSeconds(): void {
    const last = this.#totals.lastRequestTimestamp;
    this.#frame.totalSeconds = last === null ? 0 : Math.max(0, last - this.#totals.startTime);
  }

  #restart(startTime: number): void {
    this.#frame.version++;
    this.#frame.totalSeconds = 0;
    this.#frame.window = { from: 0, to: 0 };
    this.#errors.clear();
    this.#history.clear();
    this.#generator.clear();
    this.#workers.reset();
    this.#recent.clear();
    this.#totals.reset(startTime);
    this.#runStart = startTime;
    this.#lastTick = startTime;
    this.#cutOff = 0;
    this.#saturatedSeconds = 0;
  }
}
