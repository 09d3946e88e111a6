/**
 * One entry of a second, as the sum of what several workers measured of it. It is used again for later seconds.
 */
import type { FailureSample } from '../events/index.js';
import { otherText } from './boundedText.js';
import { errorLimits } from './errorRecorder.js';
import type { EntryStats, ErrorStats, OutcomeStats } from './intervalStats.js';
import { SlotLog } from './slotLog.js';

class OutcomeMerge {
  private timed = 0;
  private untimed = 0;
  private overlong = 0;
  private totalMicros = 0;
  private minMicros = Infinity;
  private maxMicros = 0;
  private bytes = 0;
  private readonly log = new SlotLog();

  /** Hot: for each entry of each report; allocates nothing once the log has its size. */
  add(stats: OutcomeStats): void {
    this.untimed += stats.untimed;
    this.bytes += stats.bytes;
    if (stats.timed === 0) return;
    this.timed += stats.timed;
    this.overlong += stats.overlong ?? 0;
    this.totalMicros += stats.totalMicros;
    if (stats.minMicros < this.minMicros) this.minMicros = stats.minMicros;
    if (stats.maxMicros > this.maxMicros) this.maxMicros = stats.maxMicros;
    this.log.add(stats.histogram);
  }

  /** What was added since the last call; undefined when that is nothing. */
  take(): OutcomeStats | undefined {
    if (this.timed === 0 && this.untimed === 0) return undefined;
    const taken: OutcomeStats = {
      timed: this.timed,
      untimed: this.untimed,
      ...(this.overlong > 0 && { overlong: this.overlong }),
      totalMicros: this.totalMicros,
      minMicros: this.timed > 0 ? this.minMicros : 0,
      maxMicros: this.maxMicros,
      bytes: this.bytes,
      histogram: this.log.take(),
    };
    this.timed = 0;
    this.untimed = 0;
    this.overlong = 0;
    this.totalMicros = 0;
    this.minMicros = Infinity;
    this.maxMicros = 0;
    this.bytes = 0;
    return taken;
  }
}

class ErrorMerge {
  private occurrences = 0;
  private firstSeen = Infinity;
  private lastSeen = 0;
  private samples: readonly FailureSample[] = [];

  constructor(private readonly error: string) {}

  add(stats: ErrorStats): void {
    this.occurrences += stats.occurrences;
    this.firstSeen = Math.min(this.firstSeen, stats.firstSeen);
    this.lastSeen = Math.max(this.lastSeen, stats.lastSeen);
    if (stats.samples.length === 0 || this.samples.length >= errorLimits.samplesPerKind) return;
    this.samples = [...this.samples, ...stats.samples].slice(0, errorLimits.samplesPerKind);
  }

  asStats(requestType: string, name: string): ErrorStats {
    const { error, occurrences, firstSeen, lastSeen, samples } = this;
    return { requestType, name, error, occurrences, firstSeen, lastSeen, samples };
  }
}

export class EntryMerge {
  /** Something was added since the last `take`. */
  isActive = false;
  private lastRequestTimestamp = 0;
  private isCoarse = false;
  private ok: OutcomeMerge | undefined = undefined;
  private failed: OutcomeMerge | undefined = undefined;
  private errors: Map<string, ErrorMerge> | undefined = undefined;

  constructor(
    readonly requestType: string,
    readonly name: string,
  ) {}

  add(stats: EntryStats): void {
    if (stats.lastRequestTimestamp > this.lastRequestTimestamp) this.lastRequestTimestamp = stats.lastRequestTimestamp;
    if (stats.isCoarse === true) this.isCoarse = true;
    if (stats.ok !== undefined) {
      this.ok ??= new OutcomeMerge();
      this.ok.add(stats.ok);
    }
    if (stats.failed !== undefined) {
      this.failed ??= new OutcomeMerge();
      this.failed.add(stats.failed);
    }
  }

  /** Returns whether it is a kind that this second did not have yet. `mayAddKind`: else a new one counts as `(other)`. */
  addError(stats: ErrorStats, mayAddKind: boolean): boolean {
    this.errors ??= new Map();
    const text = mayAddKind || this.errors.has(stats.error) ? stats.error : otherText;
    const known = this.errors.get(text);
    const error = known ?? new ErrorMerge(text);
    if (known === undefined) this.errors.set(text, error);
    error.add(stats);
    return known === undefined;
  }

  /** What was added since the last call, and the errors among it. An entry with errors alone has no samples. */
  take(errors: ErrorStats[]): EntryStats | undefined {
    const { requestType, name, lastRequestTimestamp, isCoarse } = this;
    const ok = this.ok?.take();
    const failed = this.failed?.take();
    for (const error of this.errors?.values() ?? []) errors.push(error.asStats(requestType, name));
    this.isActive = false;
    this.isCoarse = false;
    this.lastRequestTimestamp = 0;
    this.errors = undefined;
    if (ok === undefined && failed === undefined) return undefined;
    return {
      requestType,
      name,
      ...(ok && { ok }),
      ...(failed && { failed }),
      lastRequestTimestamp,
      ...(isCoarse && { isCoarse }),
    };
  }
}
