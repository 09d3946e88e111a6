/**
 * The reports of our worker, one a second, as a Locust master gets them, every three: also while nothing happens.
 */
import { epochSeconds } from '../../clock.js';
import { LinkError } from '../../errors.js';
import { getLogger } from '../../log.js';
import type { ReportMessage } from '../messages.js';
import { ownKeys } from './readStats.js';
import { StatsMessage } from './statsMessage.js';
import { toWire } from './values.js';

/** Locust wants a message for each exception: so many of one report are sent, and of the rest one line of the log tells. */
const maxExceptions = 1000;
/** Milliseconds between two looks at whether statistics are due. */
const tickMillis = 1000;

const log = getLogger('tsload.link');

export class WorkerReports {
  readonly #stats = new StatsMessage(epochSeconds());
  readonly #none: Readonly<Record<string, number>>;
  #counts: Readonly<Record<string, number>>;
  /** What listeners of `reportToMaster` added. */
  #data: Record<string, unknown> = {};
  #exceptions: { readonly msg: string; readonly traceback: string }[] = [];
  #lastTime = performance.now();
  readonly #refusedKeys = new Set<string>();

  constructor(
    userClasses: readonly string[],
    private readonly seconds: number,
  ) {
    this.#none = Object.fromEntries(userClasses.map((name) => [name, 0]));
    this.#counts = this.#none;
  }

  get isDue(): boolean {
    return performance.now() - this.#lastTime > this.seconds * 1000 - tickMillis / 2;
  }

  /** Users by class, all classes. */
  get users(): { readonly user_classes_count: Readonly<Record<string, number>>; readonly user_count: number } {
    const userCount = Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
    return { user_classes_count: this.#counts, user_count: userCount };
  }

  noteUsers(counts: Readonly<Record<string, number>>): void {
    this.#counts = { ...this.#none, ...counts };
  }

  /** What listeners added may be counts since the last report, which nobody else can add up: two do not go into one message. */
  hasRoomFor({ data }: ReportMessage): boolean {
    return Object.keys(data).length === 0 || Object.keys(this.#data).length === 0;
  }

  add({ interval, userCounts, exceptions, data }: ReportMessage): void {
    this.#stats.add(interval);
    this.noteUsers(userCounts);
    for (const [key, value] of Object.entries(data)) this.#addData(key, value);
    for (const { message, traceback, count } of exceptions) this.#addException(message, traceback, count);
  }

  takeExceptions(): readonly { readonly msg: string; readonly traceback: string }[] {
    const taken = this.#exceptions;
    this.#exceptions = [];
    return taken;
  }

  /** The data of a `stats` message. */
  take(): Record<string, unknown> {
    this.#lastTime = performance.now();
    const data = this.#data;
    this.#data = {};
    return { ...this.#stats.take(epochSeconds()), ...this.users, ...data };
  }

  /** A new test: what was measured before does not belong to it. */
  reset(): void {
    this.#stats.reset(epochSeconds());
  }

  #addData(key: string, value: unknown): void {
    if (ownKeys.has(key)) return;
    try {
      toWire(new Map([[key, value]]));
      this.#data[key] = value;
    } catch (thrown) {
      if (!(thrown instanceof LinkError)) throw thrown;
      if (!this.#refusedKeys.has(key))
        log.error(
          `what a listener of reportToMaster adds as ${key} is not sent to the Locust master: ${thrown.message}`,
        );
      this.#refusedKeys.add(key);
    }
  }

  #addException(msg: string, traceback: string, count: number): void {
    const sent = Math.min(count, maxExceptions - this.#exceptions.length);
    for (let i = 0; i < sent; i++) this.#exceptions.push({ msg, traceback });
    if (sent < count)
      log.warning(`${count - sent} more exceptions "${msg.slice(0, 100)}" are not sent to the Locust master`);
  }
}
