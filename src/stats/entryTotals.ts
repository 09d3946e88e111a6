/**
 * The sums of one entry over the run, successes and failures apart. What is shown of them is decided in `entryLine.ts`.
 */
import type { Outcome } from '../events/index.js';
import { Counts } from './counts.js';
import type { EntryStats, OutcomeStats } from './intervalStats.js';
import { RecentSeconds } from './recentSeconds.js';
import type { EntrySnapshot, SumsSnapshot } from './snapshot.js';

/** Everything about the samples of an outcome but their histogram. */
export class Sums {
  timed = 0;
  untimed = 0;
  totalMicros = 0;
  bytes = 0;
  min = Infinity;
  max = 0;

  get samples(): number {
    return this.timed + this.untimed;
  }

  add(stats: OutcomeStats): void {
    this.timed += stats.timed;
    this.untimed += stats.untimed;
    this.totalMicros += stats.totalMicros;
    this.bytes += stats.bytes;
    if (stats.timed === 0) return;
    this.min = Math.min(this.min, stats.minMicros);
    this.max = Math.max(this.max, stats.maxMicros);
  }

  snapshot(): SumsSnapshot {
    const { timed, untimed, totalMicros, bytes, min, max } = this;
    return { timed, untimed, totalMicros, bytes, min: timed === 0 ? 0 : min, max };
  }

  /** Adds the sums of another. */
  addAll({ timed, untimed, totalMicros, bytes, min, max }: SumsSnapshot): void {
    this.timed += timed;
    this.untimed += untimed;
    this.totalMicros += totalMicros;
    this.bytes += bytes;
    if (timed === 0) return;
    this.min = Math.min(this.min, min);
    this.max = Math.max(this.max, max);
  }
}

function newSums() {
  return { all: new Sums(), ok: new Sums(), failed: new Sums() };
}

export class EntryTotals {
  lastRequestTimestamp: number | null = null;
  /** Some response times are known to two digits only. */
  isCoarse = false;
  readonly recent = new RecentSeconds();
  #sums = newSums();
  /** The response times of all samples; and of the failures, undefined while there are none. */
  #all: Counts;
  #failed: Counts | undefined;

  constructor(
    readonly method: string,
    readonly name: string,
    /** Seconds since 1970. */
    public startTime: number,
    private readonly isAggregate = false,
  ) {
    this.#all = new Counts(isAggregate);
  }

  get all(): Counts {
    return this.#all;
  }

  get failed(): Counts | undefined {
    return this.#failed;
  }

  snapshot(): EntrySnapshot {
    const { method, name, startTime, lastRequestTimestamp, isCoarse } = this;
    return {
      method,
      name,
      startTime,
      lastRequestTimestamp,
      ok: this.#sums.ok.snapshot(),
      failed: this.#sums.failed.snapshot(),
      all: this.#all.snapshot(),
      ...(this.#failed !== undefined && { allFailed: this.#failed.snapshot() }),
      recent: this.recent.snapshot(),
      isCoarse,
    };
  }

  /** Takes on the numbers of another one. */
  restore(snapshot: EntrySnapshot): void {
    this.reset(snapshot.startTime);
    this.lastRequestTimestamp = snapshot.lastRequestTimestamp;
    this.isCoarse = snapshot.isCoarse;
    for (const outcome of ['ok', 'failed'] as const) {
      this.#sums[outcome].addAll(snapshot[outcome]);
      this.#sums.all.addAll(snapshot[outcome]);
    }
    this.#all.add(snapshot.all);
    if (snapshot.allFailed !== undefined) {
      this.#failed = new Counts(this.isAggregate);
      this.#failed.add(snapshot.allFailed);
    }
    this.recent.restore(snapshot.recent);
  }

  add(stats: EntryStats): void {
    this.lastRequestTimestamp = Math.max(this.lastRequestTimestamp ?? -Infinity, stats.lastRequestTimestamp);
    if (stats.isCoarse === true) this.isCoarse = true;
    if (stats.ok) this.#addOutcome('ok', stats.ok);
    if (stats.failed) this.#addOutcome('failed', stats.failed);
  }

  reset(startTime: number): void {
    this.startTime = startTime;
    this.lastRequestTimestamp = null;
    this.isCoarse = false;
    this.recent.clear();
    this.#sums = newSums();
    this.#all = new Counts(this.isAggregate);
    this.#failed = undefined;
  }

  sums(outcome: Outcome): Sums {
    return this.#sums[outcome];
  }

  #addOutcome(outcome: 'ok' | 'failed', stats: OutcomeStats): void {
    this.#sums.all.add(stats);
    this.#sums[outcome].add(stats);
    this.#all.add(stats.histogram);
    if (outcome === 'ok') return;
    this.#failed ??= new Counts(this.isAggregate);
    this.#failed.add(stats.histogram);
  }
}
