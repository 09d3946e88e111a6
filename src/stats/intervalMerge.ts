/**
 * The sum of several intervals about the same time: what many workers measured in one second, as if one had. It is used again
 * for later seconds, so that a name is looked up and not made.
 */
import { otherText } from './boundedText.js';
import { EntryMerge } from './entryMerge.js';
import type { EntryStats, ErrorStats, IntervalStats } from './intervalStats.js';

const overflowExamples = 5;
/** Kinds of errors told apart in one second; what comes beyond is `(other)`. */
const maxErrorKinds = 20_000;

export class IntervalMerge {
  readonly #byType = new Map<string, Map<string, EntryMerge>>();
  #names = 0;
  #active: EntryMerge[] = [];
  #errorKinds = 0;
  #cutOff = 0;
  #overflowing = new Set<string>();

  /** `maxNames`: pairs of type and name told apart; what comes beyond is `(other)`. */
  constructor(private readonly maxNames: number) {}

  /** Costs about half a microsecond for an entry with 30 slots. */
  add(interval: IntervalStats): void {
    this.#cutOff += interval.cutOff;
    for (const stats of interval.entries) this.#entry(stats).add(stats);
    for (const stats of interval.errors) {
      const isNew = this.#entry(stats).addError(stats, this.#errorKinds < maxErrorKinds);
      if (isNew) this.#errorKinds++;
    }
    for (const name of interval.overflowingNames) this.#overflow(name);
  }

  /** What was added since the last call, as an interval about this time. */
  take(time: Pick<IntervalStats, 'startTime' | 'seconds' | 'isWarmup'>): IntervalStats {
    const { startTime, seconds, isWarmup } = time;
    const entries: EntryStats[] = [];
    const errors: ErrorStats[] = [];
    for (const entry of this.#active) {
      const stats = entry.take(errors);
      if (stats !== undefined) entries.push(stats);
    }
    const overflowingNames = [...this.#overflowing];
    const taken = { startTime, seconds, isWarmup, entries, errors, cutOff: this.#cutOff, overflowingNames };
    this.#begin();
    return taken;
  }

  #begin(): void {
    this.#active = [];
    this.#errorKinds = 0;
    this.#cutOff = 0;
    this.#overflowing = new Set();
    if (this.#names < this.maxNames) return;
    this.#byType.clear(); // names of long ago must not keep those of now out
    this.#names = 0;
  }

  #entry({ requestType, name }: { readonly requestType: string; readonly name: string }): EntryMerge {
    const entry = this.#byType.get(requestType)?.get(name) ?? this.#newEntry(requestType, name);
    if (!entry.isActive) {
      entry.isActive = true;
      this.#active.push(entry);
    }
    return entry;
  }

  #newEntry(requestType: string, name: string): EntryMerge {
    if (this.#names >= this.maxNames && name !== otherText) {
      this.#overflow(`${requestType} ${name}`);
      return this.#entry({ requestType: '', name: otherText });
    }
    const entry = new EntryMerge(requestType, name);
    const ofType = this.#byType.get(requestType);
    if (ofType === undefined) this.#byType.set(requestType, new Map([[name, entry]]));
    else ofType.set(name, entry);
    this.#names++;
    return entry;
  }

  #overflow(name: string): void {
    if (this.#overflowing.size < overflowExamples) this.#overflowing.add(name);
  }
}
