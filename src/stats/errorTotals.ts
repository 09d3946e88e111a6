/**
 * The errors of the target over the run, by request and text. Several workers can each have their fill of kinds, so the
 * bounds of a worker (`errorRecorder.ts`) hold here once more.
 */
import type { ErrorView, FailureSample } from '../events/index.js';
import { otherText } from './boundedText.js';
import { errorLimits } from './errorRecorder.js';
import type { ErrorStats } from './intervalStats.js';

class ErrorTotal implements ErrorView {
  occurrences = 0;
  firstSeen = Infinity;
  lastSeen = 0;
  samples: readonly FailureSample[] = [];

  constructor(
    readonly method: string,
    readonly name: string,
    readonly error: string,
  ) {}

  add(stats: ErrorStats, mayKeepSamples: boolean): void {
    this.occurrences += stats.occurrences;
    this.firstSeen = Math.min(this.firstSeen, stats.firstSeen);
    this.lastSeen = Math.max(this.lastSeen, stats.lastSeen);
    if (mayKeepSamples && stats.samples.length > 0) {
      this.samples = [...this.samples, ...stats.samples].slice(0, errorLimits.samplesPerKind);
    }
  }
}

export class ErrorTable {
  /** In the order in which they were first seen here. */
  readonly all: ErrorTotal[] = [];
  readonly #byEntry = new Map<object, Map<string, ErrorTotal>>();
  #sampled = 0;

  /** `entry`: what identifies the request; its names are `method` and `name`. */
  add(entry: { readonly method: string; readonly name: string }, stats: ErrorStats): void {
    const total = this.#totalOf(entry, stats.error);
    const mayKeepSamples = total.samples.length > 0 || this.#sampled < errorLimits.sampledKinds;
    const hadSamples = total.samples.length > 0;
    total.add(stats, mayKeepSamples);
    if (!hadSamples && total.samples.length > 0) this.#sampled++;
  }

  /** What, added to an empty table in this order, gives the same. */
  snapshot(): readonly ErrorStats[] {
    return this.all.map(({ method, name, error, occurrences, firstSeen, lastSeen, samples }) => {
      return { requestType: method, name, error, occurrences, firstSeen, lastSeen, samples };
    });
  }

  clear(): void {
    this.all.length = 0;
    this.#byEntry.clear();
    this.#sampled = 0;
  }

  #totalOf(entry: { readonly method: string; readonly name: string }, error: string): ErrorTotal {
    let ofEntry = this.#byEntry.get(entry);
    if (ofEntry === undefined) {
      ofEntry = new Map();
      this.#byEntry.set(entry, ofEntry);
    }
    const hasRoom = ofEntry.size < errorLimits.kindsPerEntry && this.all.length < errorLimits.kinds;
    const text = ofEntry.has(error) || hasRoom ? error : otherText;
    const known = ofEntry.get(text);
    if (known !== undefined) return known;
    const total = new ErrorTotal(entry.method, entry.name, text);
    ofEntry.set(text, total);
    this.all.push(total);
    return total;
  }
}
