/**
 * What a worker records into, one interval at a time. Recording costs some ten nanoseconds and allocates nothing; taking an
 * interval costs by the entries that had samples in it, and nothing for the others.
 */
import { epochSeconds } from '../clock.js';
import type { Recorder, RecorderEntry } from '../events/index.js';
import { bounded, otherText, textLimits } from './boundedText.js';
import { type EntryHome, EntryRecorder } from './entryRecorder.js';
import { ErrorBudget } from './errorRecorder.js';
import type { ErrorStats, IntervalStats } from './intervalStats.js';
import { CounterPool } from './outcomeRecorder.js';

/** Distinct pairs of request type and name unless set otherwise. */
export const defaultMaxNames = 10_000;
const overflowExamples = 5;
const exampleLength = 100;

export interface IntervalRecorderOptions {
  /** Distinct pairs of request type and name; what comes beyond is counted as `(other)`. Default 10,000. */
  readonly maxNames?: number;
  /** Seconds since 1970. Default: the process's clock. */
  readonly now?: () => number;
}

export class IntervalRecorder implements Recorder {
  #maxNames: number;
  readonly #home: EntryHome;
  readonly #byType = new Map<string, Map<string, EntryRecorder>>();
  readonly #other: EntryRecorder;
  #names = 0;
  #cutOff = 0;
  #overflowing: string[] = [];
  #startTime: number;

  constructor(options: IntervalRecorderOptions = {}) {
    const now = options.now ?? epochSeconds;
    this.#maxNames = options.maxNames ?? defaultMaxNames;
    this.#home = { pool: new CounterPool(), errorBudget: new ErrorBudget(), active: [], now };
    this.#other = new EntryRecorder('', otherText, this.#home);
    this.#startTime = now();
  }

  /** Hot: once per request where the call site does not keep the entry; allocates nothing for a known name. */
  entry(requestType: string, name: string): RecorderEntry {
    return this.#byType.get(requestType)?.get(name) ?? this.#addEntry(requestType, name);
  }

  /** Another cap, for names that come from now on. */
  limitNames(maxNames: number): void {
    this.#maxNames = maxNames;
  }

  cutOff(count: number): void {
    this.#cutOff += count;
  }

  /** What was measured since the last call, the construction or the last reset; then begins the next interval. */
  takeInterval(options: { readonly isWarmup: boolean }): IntervalStats {
    const endTime = this.#home.now();
    const errors: ErrorStats[] = [];
    const entries = this.#home.active.map((entry) => entry.take(endTime, errors));
    const taken: IntervalStats = {
      startTime: this.#startTime,
      seconds: Math.max(0, endTime - this.#startTime),
      isWarmup: options.isWarmup,
      entries,
      errors,
      cutOff: this.#cutOff,
      overflowingNames: this.#overflowing,
    };
    this.#beginInterval(endTime);
    return taken;
  }

  /** Of each kind of error the first samples are wanted again. To be called between two intervals. */
  forgetErrors(): void {
    this.#home.errorBudget = new ErrorBudget();
  }

  /**
   * Forgets the running interval, the names and the kinds of errors: for a new test, and for a reset of the statistics.
   * Entries that somebody holds stay valid.
   */
  reset(): void {
    for (const entry of this.#home.active) entry.forget();
    this.forgetErrors();
    this.#byType.clear();
    this.#names = 0;
    this.#beginInterval(this.#home.now());
  }

  #beginInterval(startTime: number): void {
    this.#home.active = [];
    this.#cutOff = 0;
    this.#overflowing = [];
    this.#startTime = startTime;
  }

  #addEntry(longType: string, longName: string): RecorderEntry {
    const requestType = bounded(longType, textLimits.name);
    const name = bounded(longName, textLimits.name);
    const known = this.#byType.get(requestType);
    const same = known?.get(name);
    if (same !== undefined) return same;
    if (this.#names >= this.#maxNames) return this.#overflow(requestType, name);
    const entry = new EntryRecorder(requestType, name, this.#home);
    if (known === undefined) this.#byType.set(requestType, new Map([[name, entry]]));
    else known.set(name, entry);
    this.#names++;
    return entry;
  }

  #overflow(requestType: string, name: string): RecorderEntry {
    if (this.#overflowing.length < overflowExamples) {
      const example = bounded(`${requestType} ${name}`, exampleLength);
      if (!this.#overflowing.includes(example)) this.#overflowing.push(example);
    }
    return this.#other;
  }
}
