/**
 * Builders for tests: each says only what its test is about. `anEnvironment()` is the smallest environment that users and
 * clients run in, with a recorder that keeps every sample.
 */
import {
  type Environment,
  Events,
  type FailureSample,
  type FailureSource,
  type Recorder,
} from '../src/events/index.js';

/** One recorded request. */
export interface Sample {
  readonly type: string;
  readonly name: string;
  /** Milliseconds; `null` for a sample without a response time. */
  readonly milliseconds: number | null;
  readonly bytes: number;
  readonly error: string | undefined;
  /** What the client told of the failure, when it was asked. */
  readonly failure: FailureSample | undefined;
}

/** Keeps every sample in memory. */
export class MemoryRecorder implements Recorder {
  readonly samples: Sample[] = [];
  cutOffs = 0;
  readonly #entries = new Map<string, MemoryEntry>();

  entry(requestType: string, name: string): MemoryEntry {
    const key = JSON.stringify([requestType, name]);
    const known = this.#entries.get(key) ?? new MemoryEntry(requestType, name, this.samples);
    this.#entries.set(key, known);
    return known;
  }

  cutOff(count: number): void {
    this.cutOffs += count;
  }

  /** The only sample there is; throws when there is none or more than one. */
  get only(): Sample {
    const [sample, ...others] = this.samples;
    if (sample === undefined || others.length > 0) throw new Error(`${this.samples.length} samples instead of one`);
    return sample;
  }
}

class MemoryEntry {
  constructor(
    readonly requestType: string,
    readonly name: string,
    private readonly samples: Sample[],
  ) {}

  record(micros: number, bytes: number): void {
    this.#keep(micros / 1000, bytes, undefined, undefined);
  }

  recordFailure(micros: number, bytes: number, error: string, source?: FailureSource): void {
    this.#keep(micros / 1000, bytes, error, source);
  }

  recordUntimed(bytes: number, error?: string, source?: FailureSource): void {
    this.#keep(null, bytes, error, source);
  }

  #keep(
    milliseconds: number | null,
    bytes: number,
    error: string | undefined,
    source: FailureSource | undefined,
  ): void {
    const { requestType: type, name } = this;
    this.samples.push({ type, name, milliseconds, bytes, error, failure: source?.describeFailure() });
  }
}

export interface TestEnvironment extends Environment {
  readonly recorder: MemoryRecorder;
  /** What user code threw. */
  readonly thrown: unknown[];
  /** The reasons given to `stopTest`. */
  readonly stopReasons: unknown[];
}

/** An environment without runner or statistics. `host` is the base URL of every user in it. */
export function anEnvironment(options: { readonly host?: string } = {}): TestEnvironment {
  const recorder = new MemoryRecorder();
  const thrown: unknown[] = [];
  const stopReasons: unknown[] = [];
  return {
    recorder,
    thrown,
    stopReasons,
    events: new Events(),
    runner: undefined,
    get stats(): never {
      throw new Error('this environment keeps samples in its recorder and has no statistics');
    },
    host: options.host,
    stopTimeout: 0,
    catchExceptions: true,
    parsedOptions: {},
    processExitCode: undefined,
    profile: undefined,
    runtime: {
      recorder,
      randomOf: () => Math.random,
      userException: (exception) => thrown.push(exception),
      stopTest: (reason) => stopReasons.push(reason),
    },
  };
}
