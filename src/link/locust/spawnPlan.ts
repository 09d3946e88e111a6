/**
 * Our spawns as Locust's. Ours say at which moment each user starts; Locust's workers start at once whatever is missing from
 * absolute counts. So the starts wait here, and the counts grow with them. Pure: time is an argument.
 */
import type { SpawnMessage } from '../messages.js';

interface PendingStart {
  /** Seconds since 1970. */
  readonly time: number;
  readonly userClass: string;
}

export class SpawnPlan {
  /** How many users of a class there shall be when nothing is pending. */
  readonly #wanted = new Map<string, number>();
  /** Ascending by time. */
  #pending: PendingStart[] = [];

  /** `userClasses` are in all counts, with zero if nothing else. */
  constructor(userClasses: Iterable<string>) {
    for (const name of userClasses) this.#wanted.set(name, 0);
  }

  /** Seconds since 1970 of the next start; `undefined` when there is none. */
  get nextTime(): number | undefined {
    return this.#pending[0]?.time;
  }

  /** Users that leave are gone at once, those not started yet before any other; users that come wait for their moment. */
  take({ counts, starts, startTime, spacingSeconds }: SpawnMessage): void {
    const added: PendingStart[] = [];
    for (const [userClass, count] of Object.entries(counts)) {
      const before = this.#wanted.get(userClass) ?? 0;
      const ranks = starts.find((planned) => planned.userClass === userClass)?.ranks ?? [];
      const coming = ranks.slice(0, count);
      this.#takeBack(userClass, before + coming.length - count);
      for (const rank of coming) added.push({ time: startTime + rank * spacingSeconds, userClass });
      this.#wanted.set(userClass, count);
    }
    if (added.length > 0) this.#pending = [...this.#pending, ...added].sort((a, b) => a.time - b.time);
  }

  /** Users whose moment has come count from now on. Returns whether there were any. */
  advance(now: number): boolean {
    const due = this.#pending.findIndex(({ time }) => time > now);
    const count = due < 0 ? this.#pending.length : due;
    this.#pending = this.#pending.slice(count);
    return count > 0;
  }

  /** How many users of each class there shall be now, zeros included. */
  counts(): Map<string, number> {
    const counts = new Map(this.#wanted);
    for (const { userClass } of this.#pending) counts.set(userClass, (counts.get(userClass) ?? 0) - 1);
    return counts;
  }

  #takeBack(userClass: string, count: number): void {
    let left = count;
    for (let at = this.#pending.length - 1; left > 0 && at >= 0; at--) {
      if (this.#pending[at]?.userClass !== userClass) continue;
      this.#pending.splice(at, 1);
      left--;
    }
  }
}
