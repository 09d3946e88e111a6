/**
 * How many peers of Locust's port may be workers, and how fast new ones may come. Nothing there tells a worker from a stranger, and
 * each new one is remembered for the run, has users dealt to it and makes lines in the log. Pure.
 *
 * Two bounds: how many there are at a time, and a stock of beginnings that fills again slowly. A peer that is refused gets no answer:
 * a worker of Locust asks again each five seconds, and is let in when there is room.
 */

export interface AdmissionLimits {
  /** Workers at a time. Default 2,000. */
  readonly maxWorkers: number;
  /** So many may begin at once, those that begin anew included. Default 2,000. */
  readonly beginningsAtOnce: number;
  /** So many of them are added again each second. Default 2. */
  readonly beginningsPerSecond: number;
}

export const admissionLimits: AdmissionLimits = { maxWorkers: 2_000, beginningsAtOnce: 2_000, beginningsPerSecond: 2 };

export class Admission {
  #stock: number;
  #countedAt: number;

  /** Seconds by any clock that runs evenly. */
  constructor(
    private readonly limits: AdmissionLimits,
    now: number,
  ) {
    this.#stock = limits.beginningsAtOnce;
    this.#countedAt = now;
  }

  /** Lets one begin, while there are `present` others, or says why not. */
  refusal(present: number, now: number): string | undefined {
    const { maxWorkers, beginningsAtOnce, beginningsPerSecond } = this.limits;
    this.#stock = Math.min(beginningsAtOnce, this.#stock + (now - this.#countedAt) * beginningsPerSecond);
    this.#countedAt = now;
    if (present >= maxWorkers) return `there are ${maxWorkers} workers of Locust's protocol already`;
    if (this.#stock < 1) {
      return `more than ${beginningsAtOnce} workers of Locust's protocol have begun, and faster than ${beginningsPerSecond} a second`;
    }
    this.#stock--;
    return undefined;
  }
}
