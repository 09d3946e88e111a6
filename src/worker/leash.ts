/**
 * Watches how long the master has not been heard, and says what that ends. Its one timer runs while there is something to
 * watch: a master that is not heard, or a test with a lease.
 */
import { epochSeconds } from '../clock.js';
import type { LinkVitals } from '../link/index.js';
import { type Expiry, expired, type TestTimes } from './lease.js';

export interface LeashOptions {
  /** Asked again each time: a link may give a new object. */
  vitals(): LinkVitals;
  readonly graceSeconds: number;
  /** Milliseconds between two looks. */
  readonly tickMillis: number;
  /** Once for the grace, and until the next `begin` once for lease and run time. */
  expired(what: Expiry): void;
}

export class Leash {
  #interruptedAt: number | undefined;
  #isHeard = true;
  #test: TestTimes | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Until then the lease holds without another look: milliseconds of `performance.now()`. */
  #heldUntil = 0;
  /** When something was said, or could be said again, that the master answers by telling of the test once more. */
  #saidAt = Number.NEGATIVE_INFINITY;
  /** The master knew this worker after this moment, whatever the heartbeats say. */
  #vouchedAt = Number.NEGATIVE_INFINITY;
  readonly #told = new Set<Expiry>();

  constructor(private readonly options: LeashOptions) {}

  /** There is a connection, and the master knows this worker. */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  /** The users had to stop because the lease was over, and the master does not count on this worker yet. */
  get isLeaseOver(): boolean {
    return this.#told.has('lease');
  }

  interrupted(): void {
    this.#interruptedAt ??= performance.now();
    this.#isHeard = false;
    this.#arm();
  }

  resumed(): void {
    this.renewed();
    this.welcomed();
  }

  /** There is a connection again, to a master that has not let this worker in yet. */
  renewed(): void {
    this.check();
    this.#interruptedAt = undefined;
    this.#saidAt = performance.now();
  }

  /** The master knows this worker. It did so before now: the lease is not counted from here. */
  welcomed(): void {
    this.check();
    this.#isHeard = true;
    this.#arm();
  }

  /** The master is told that the lease was over. */
  said(): void {
    this.#saidAt = performance.now();
  }

  /**
   * A test begins, or the master counts on this worker again: then it has heard what was said last, also if the next heartbeat is
   * not answered yet.
   */
  begin(test: TestTimes): void {
    if (this.isLeaseOver) this.#vouchedAt = this.#saidAt;
    this.#test = test;
    this.#told.delete('runTime');
    this.#told.delete('lease');
    this.#heldUntil = 0;
    this.#arm();
  }

  end(): void {
    this.#test = undefined;
    this.#told.delete('lease');
    this.#arm();
  }

  /** Hot: before each task of a test with a lease. Whether users may run. */
  isHeld(): boolean {
    if (this.isLeaseOver) return false;
    const now = performance.now();
    if (now <= this.#heldUntil) return true;
    this.#heldUntil = this.#provenAt + (this.#test?.leaseSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    if (now <= this.#heldUntil) return true;
    this.#expire('lease');
    return false;
  }

  /** To be called before a heartbeat is sent too: its answer must not hide that the lease had been over. */
  check(): void {
    const contact = {
      now: performance.now(),
      provenAt: this.#provenAt,
      interruptedAt: this.#interruptedAt,
      isHeard: this.#isHeard,
      epoch: epochSeconds(),
    };
    for (const what of expired(contact, this.options.graceSeconds, this.#test)) this.#expire(what);
  }

  /** Nothing expires any more. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#interruptedAt = undefined;
    this.#isHeard = true;
    this.#test = undefined;
  }

  get #provenAt(): number {
    return Math.max(this.options.vitals().provenAt, this.#vouchedAt);
  }

  #expire(what: Expiry): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    this.options.expired(what);
  }

  #arm(): void {
    const isNeeded = !this.#isHeard || this.#test?.leaseSeconds !== undefined;
    if (isNeeded) {
      this.#timer ??= setInterval(() => this.check(), this.options.tickMillis);
      return;
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
