/**
 * What the statistics say of each worker: for how long it was saturated, and whether it was lost and what is missing of it. Of workers
 * that the master has forgotten only the lost ones are told, all together.
 */
import type { ForgottenLost, WorkerView } from '../events/index.js';
import type { WorkerInterval } from './intervalStats.js';
import type { WorkerSnapshot } from './snapshot.js';

const noneLost: ForgottenLost = { count: 0, lastLostAt: null, unreportedSeconds: 0 };

class WorkerLine implements WorkerView {
  saturatedSeconds = 0;
  lostAt: number | null = null;

  constructor(
    readonly id: string,
    /** End of its last interval; when it began to measure, before there is any. */
    public reportedUntil: number,
  ) {}

  get unreportedSeconds(): number {
    return this.lostAt === null ? 0 : Math.max(0, this.lostAt - this.reportedUntil);
  }
}

export class WorkerTable {
  readonly #byId = new Map<string, WorkerLine>();
  #forgottenLost: ForgottenLost = noneLost;

  /** In the order in which they were first heard of. */
  get all(): readonly WorkerView[] {
    return [...this.#byId.values()];
  }

  get forgottenLost(): ForgottenLost {
    return this.#forgottenLost;
  }

  /** A worker that goes on after it was lost is lost no more. */
  note({ worker, startTime, seconds, isWarmup, health }: WorkerInterval): void {
    const line = this.#lineOf(worker, startTime);
    line.reportedUntil = Math.max(line.reportedUntil, startTime + seconds);
    if (health.isSaturated && !isWarmup) line.saturatedSeconds += seconds;
    if (line.lostAt !== null && startTime >= line.lostAt) line.lostAt = null;
  }

  /**
   * `at`: when it was last heard of; `since`: when it began to measure, at the earliest. Returns until when its intervals reach;
   * undefined: there is none.
   */
  lost(worker: string, at: number, since: number): number | undefined {
    const until = this.#byId.get(worker)?.reportedUntil;
    this.#lineOf(worker, Math.min(since, at)).lostAt = at;
    return until;
  }

  /** It is there again, with all that it measured. */
  found(worker: string): void {
    const line = this.#byId.get(worker);
    if (line !== undefined) line.lostAt = null;
  }

  /** There is no line of it any more: who comes with this id is somebody new. */
  forget(worker: string): void {
    const line = this.#byId.get(worker);
    this.#byId.delete(worker);
    if (line === undefined || line.lostAt === null) return;
    const { count, lastLostAt, unreportedSeconds } = this.#forgottenLost;
    this.#forgottenLost = {
      count: count + 1,
      lastLostAt: Math.max(lastLostAt ?? line.lostAt, line.lostAt),
      unreportedSeconds: unreportedSeconds + line.unreportedSeconds,
    };
  }

  /** Numbers begin again; who is lost stays lost. */
  reset(): void {
    for (const line of this.#byId.values()) line.saturatedSeconds = 0;
  }

  clear(): void {
    this.#byId.clear();
    this.#forgottenLost = noneLost;
  }

  snapshot(): readonly WorkerSnapshot[] {
    return Array.from(this.#byId.values(), ({ id, reportedUntil, saturatedSeconds, lostAt }) => {
      return { id, reportedUntil, saturatedSeconds, lostAt };
    });
  }

  restore(workers: readonly WorkerSnapshot[], forgottenLost: ForgottenLost): void {
    this.clear();
    this.#forgottenLost = forgottenLost;
    for (const { id, reportedUntil, saturatedSeconds, lostAt } of workers) {
      Object.assign(this.#lineOf(id, reportedUntil), { saturatedSeconds, lostAt });
    }
  }

  #lineOf(worker: string, reportedUntil: number): WorkerLine {
    let line = this.#byId.get(worker);
    if (line === undefined) {
      line = new WorkerLine(worker, reportedUntil);
      this.#byId.set(worker, line);
    }
    return line;
  }
}
