/**
 * The errors of one entry on a worker: how often each kind came in the running interval, and its first samples.
 *
 * A target can answer every request with another text, so the number of kinds is bounded, per entry and for the recorder;
 * what comes beyond is counted as `(other)`. The kinds are kept through intervals, as "the first three" is about the run.
 */
import type { FailureSample, FailureSource } from '../events/index.js';
import { bounded, boundedSample, charactersOf, groupedError, otherText, textLimits } from './boundedText.js';
import type { ErrorStats } from './intervalStats.js';

export const errorLimits = {
  kindsPerEntry: 200,
  kinds: 5000,
  samplesPerKind: 3,
  /** Kinds whose samples are kept. */
  sampledKinds: 1000,
  /** Of all samples together: of usual ones all have room. Three of each of a thousand kinds can be 300 MB. */
  sampleCharacters: 8_000_000,
} as const;

/** What all entries of a recorder share. */
export class ErrorBudget {
  kinds = 0;
  sampledKinds = 0;
  sampleCharacters = 0;
}

export class ErrorKind {
  occurrences = 0;
  firstSeen = 0;
  lastSeen = 0;
  samples: FailureSample[] = [];

  constructor(
    readonly error: string,
    /** Still to be taken. */
    private missingSamples: number,
    private readonly budget: ErrorBudget,
  ) {}

  add(now: number, source: FailureSource | undefined): void {
    if (this.occurrences++ === 0) this.firstSeen = now;
    this.lastSeen = now;
    if (this.missingSamples > 0 && source !== undefined) this.keepSample(source);
  }

  take(requestType: string, name: string): ErrorStats {
    const { error, occurrences, firstSeen, lastSeen, samples } = this;
    this.occurrences = 0;
    this.samples = [];
    return { requestType, name, error, occurrences, firstSeen, lastSeen, samples };
  }

  private keepSample(source: FailureSource): void {
    if (this.budget.sampleCharacters >= errorLimits.sampleCharacters) return;
    this.missingSamples--;
    try {
      const sample = boundedSample(source.describeFailure());
      this.samples.push(sample);
      this.budget.sampleCharacters += charactersOf(sample);
    } catch {
      // The failure counts all the same; a client that cannot describe it must not end the user's task.
    }
  }
}

export class ErrorRecorder {
  readonly #kinds = new Map<string, ErrorKind>();

  constructor(readonly budget: ErrorBudget) {}

  add(text: string, now: number, source: FailureSource | undefined): void {
    (this.#kinds.get(text) ?? this.#kindOf(groupedError(text))).add(now, source);
  }

  take(requestType: string, name: string, into: ErrorStats[]): void {
    for (const kind of this.#kinds.values()) {
      if (kind.occurrences > 0) into.push(kind.take(requestType, name));
    }
  }

  #kindOf(text: string): ErrorKind {
    return this.#kinds.get(text) ?? (this.#hasRoom() ? this.#newKind(text) : this.#other());
  }

  #hasRoom(): boolean {
    return this.#kinds.size < errorLimits.kindsPerEntry && this.budget.kinds < errorLimits.kinds;
  }

  #other(): ErrorKind {
    return this.#kinds.get(otherText) ?? this.#newKind(otherText);
  }

  #newKind(groupedText: string): ErrorKind {
    const text = bounded(groupedText, textLimits.error);
    this.budget.kinds++;
    const isSampled = this.budget.sampledKinds < errorLimits.sampledKinds;
    if (isSampled) this.budget.sampledKinds++;
    const kind = new ErrorKind(text, isSampled ? errorLimits.samplesPerKind : 0, this.budget);
    this.#kinds.set(text, kind);
    return kind;
  }
}
