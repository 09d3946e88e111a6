/**
 * Decides from how long nothing was heard of a worker what becomes of it. Pure: the caller ticks and says what time it is.
 *
 * Time counts in ticks that came when they should: while this process itself stood still it heard of nobody, which says nothing
 * about the workers. What is counted is never more than the time that really passed, so a lease is not broken.
 */

export interface Patience {
  /** Seconds of silence after which a worker is missing. */
  readonly silenceSeconds: number;
  /** Seconds between two ticks. */
  readonly tickSeconds: number;
  /** Seconds beyond a worker's own grace for which it is waited for. */
  readonly extraGraceSeconds: number;
  /** Seconds beyond the end of a lease and the stop timeout after which users are given to others. */
  readonly extraLeaseSeconds: number;
}

export const defaultPatience: Patience = {
  silenceSeconds: 5,
  tickSeconds: 1,
  extraGraceSeconds: 5,
  extraLeaseSeconds: 2,
};

/** What is known of a worker. */
export interface Silent {
  /** Milliseconds of the process's clock: the last sign of it. */
  readonly heardAt: number;
  readonly graceSeconds: number;
  readonly isMissing: boolean;
  /** Its users have been given to others. */
  readonly isReplaced: boolean;
}

export type Verdict = 'missing' | 'replace' | 'remove';

interface Heard {
  at: number;
  /** Seconds counted when it was heard. */
  counted: number;
}

export class Silence {
  #last: number;
  /** Seconds that this process was awake, in ticks. */
  #counted = 0;
  readonly #heard = new WeakMap<object, Heard>();

  constructor(
    private readonly patience: Patience,
    now: number,
  ) {
    this.#last = now;
  }

  /** To be called each `tickSeconds`. `now`: milliseconds. */
  tick(now: number): void {
    const passed = (now - this.#last) / 1000;
    this.#last = now;
    this.#counted += Math.min(passed, this.patience.tickSeconds * 1.5);
  }

  /** Seconds for which nothing was heard, as of the last tick. `worker` is a key and nothing else. */
  of(worker: object, { heardAt }: Silent): number {
    const heard = this.#heard.get(worker);
    if (heard !== undefined && heard.at === heardAt) return this.#counted - heard.counted;
    this.#heard.set(worker, { at: heardAt, counted: this.#counted });
    return 0;
  }

  /** What is due; `undefined`: nothing. `leaseEndSeconds`: lease and stop timeout; `undefined`: users are not given away. */
  judge(worker: object, silent: Silent, leaseEndSeconds: number | undefined): Verdict | undefined {
    const seconds = this.of(worker, silent);
    const { silenceSeconds, extraGraceSeconds, extraLeaseSeconds } = this.patience;
    if (!silent.isMissing) return seconds > silenceSeconds ? 'missing' : undefined;
    if (seconds > silent.graceSeconds + extraGraceSeconds) return 'remove';
    if (silent.isReplaced || leaseEndSeconds === undefined) return undefined;
    return seconds > leaseEndSeconds + extraLeaseSeconds ? 'replace' : undefined;
  }

  /** Seconds until nobody waits for a missing worker any more. */
  patienceLeft(worker: object, silent: Silent): number {
    return Math.max(0, silent.graceSeconds + this.patience.extraGraceSeconds - this.of(worker, silent));
  }
}
