/**
 * The samples of one outcome of one entry in the running interval.
 *
 * A histogram of 23,552 counters for each entry would cost 94 kB, and an interval of a second rarely fills it. So the slots
 * of the samples are written one after the other into a log, which grows with the traffic; only an entry with more samples
 * in one interval than the longest log takes gets an array of counters, lent by the recorder until the interval is taken.
 */
import { maxMicros, slotCount, slotOf } from './histogramLayout.js';
import type { OutcomeStats, SparseCounts } from './intervalStats.js';

/** Samples that the first log of an entry takes; then it doubles. */
const firstLogLength = 16;
const longestLogLength = 4096;
/** Up to this many samples are sorted to count them; more are counted in an array of counters and read off it. */
const sortedUpTo = 256;
/** Arrays of counters kept for the next interval: 94 kB each. */
const sparePool = 16;

/** Microseconds, or bytes, of one sample: user code may say anything, and a master refuses a report with more. */
const mostOfSample = Number.MAX_SAFE_INTEGER;

const noLog = new Uint16Array(0);
const noCounts: SparseCounts = { slots: [], counts: [] };

/** Arrays of counters, all zero, lent to the busiest entries of an interval. */
export class CounterPool {
  readonly #spare: Uint32Array[] = [];

  borrow(): Uint32Array {
    return this.#spare.pop() ?? new Uint32Array(slotCount);
  }

  /** All counters must be zero again. */
  giveBack(counters: Uint32Array): void {
    if (this.#spare.length < sparePool) this.#spare.push(counters);
  }
}

export class OutcomeRecorder {
  private timed = 0;
  private untimed = 0;
  private overlong = 0;
  private totalMicros = 0;
  private leastMicros = Infinity;
  private mostMicros = 0;
  private bytes = 0;
  private logged = 0;
  private log: Uint16Array = noLog;
  private counters: Uint32Array | undefined = undefined;

  constructor(private readonly pool: CounterPool) {}

  get isEmpty(): boolean {
    return this.timed === 0 && this.untimed === 0;
  }

  /**
   * Hot: once per request; allocates nothing once the log has its size. `micros` and `bytes` are whole; what is no number counts
   * as 0, and what a report has no place for as the most that it has.
   */
  add(micros: number, bytes: number): void {
    const exact = micros > 0 ? (micros <= mostOfSample ? micros : reportable(micros)) : 0;
    this.timed++;
    this.totalMicros += exact;
    if (exact < this.leastMicros) this.leastMicros = exact;
    if (exact > this.mostMicros) this.mostMicros = exact;
    if (bytes > 0) this.bytes += bytes <= mostOfSample ? bytes : reportable(bytes);
    const slot = slotOf(exact > maxMicros ? this.cutToHour() : exact);
    if (this.counters === undefined && this.logged === this.log.length) this.makeRoom();
    if (this.counters === undefined) this.log[this.logged++] = slot;
    else this.counters[slot]!++;
  }

  addUntimed(bytes: number): void {
    this.untimed++;
    if (bytes > 0) this.bytes += bytes <= mostOfSample ? bytes : reportable(bytes);
  }

  /** What was added since the last call, which this makes empty; undefined when that is nothing. */
  take(): OutcomeStats | undefined {
    if (this.isEmpty) return undefined;
    const taken: OutcomeStats = {
      timed: this.timed,
      untimed: this.untimed,
      ...(this.overlong > 0 && { overlong: this.overlong }),
      totalMicros: this.totalMicros,
      minMicros: this.timed > 0 ? this.leastMicros : 0,
      maxMicros: this.mostMicros,
      bytes: this.bytes,
      histogram: this.takeCounts(),
    };
    this.timed = 0;
    this.untimed = 0;
    this.overlong = 0;
    this.totalMicros = 0;
    this.leastMicros = Infinity;
    this.mostMicros = 0;
    this.bytes = 0;
    return taken;
  }

  private cutToHour(): number {
    this.overlong++;
    return maxMicros;
  }

  private makeRoom(): void {
    if (this.log.length < longestLogLength) {
      const longer = new Uint16Array(Math.max(firstLogLength, this.log.length * 2));
      longer.set(this.log);
      this.log = longer;
      return;
    }
    this.counters = this.countLog();
  }

  private countLog(): Uint32Array {
    const counters = this.pool.borrow();
    for (let i = 0; i < this.logged; i++) counters[this.log[i]!]!++;
    this.logged = 0;
    return counters;
  }

  private takeCounts(): SparseCounts {
    if (this.timed === 0) return noCounts;
    if (this.counters === undefined && this.logged <= sortedUpTo) {
      const slots = this.log.subarray(0, this.logged).sort();
      this.logged = 0;
      return runLengths(slots);
    }
    const counters = this.counters ?? this.countLog();
    this.counters = undefined;
    const counts = drain(
      counters,
      slotOf(Math.min(this.leastMicros, maxMicros)),
      slotOf(Math.min(this.mostMicros, maxMicros)),
    );
    this.pool.giveBack(counters);
    return counts;
  }
}

/** Of what is above `mostOfSample`. */
function reportable(number: number): number {
  return number < Infinity ? mostOfSample : 0;
}

/** Sorted slots, one for each sample, as distinct slots and their counts. */
function runLengths(sorted: Uint16Array): SparseCounts {
  let distinct = 1;
  for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) distinct++;
  const slots = new Uint16Array(distinct);
  const counts = new Uint32Array(distinct);
  let at = 0;
  slots[0] = sorted[0]!;
  for (const slot of sorted) {
    if (slot !== slots[at]) slots[++at] = slot;
    counts[at]!++;
  }
  return { slots, counts };
}

/** The counters from the first to the last slot, as sparse counts; leaves them zero. */
function drain(counters: Uint32Array, first: number, last: number): SparseCounts {
  let distinct = 0;
  for (let slot = first; slot <= last; slot++) if (counters[slot] !== 0) distinct++;
  const slots = new Uint16Array(distinct);
  const counts = new Uint32Array(distinct);
  let at = 0;
  for (let slot = first; slot <= last; slot++) {
    if (counters[slot] === 0) continue;
    slots[at] = slot;
    counts[at++] = counters[slot]!;
  }
  counters.fill(0, first, last + 1);
  return { slots, counts };
}
