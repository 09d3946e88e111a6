/**
 * What users and clients call when a request is done. The body of it is in `stats`; users only know this.
 * The call is the hot path: no allocation, no string building, no lookup by a joined key.
 */

export interface Recorder {
  /**
   * Hot: the entry of a request type and name, made when it is new. Holds for the whole life of the recorder: through
   * intervals, resets and new tests. Beyond the cap of names it is the entry `(other)`.
   */
  entry(requestType: string, name: string): RecorderEntry;

  /** Requests that a stop cut off: no samples, only counted. */
  cutOff(count: number): void;
}

export interface RecorderEntry {
  readonly requestType: string;
  readonly name: string;

  /** Hot: a success. `micros` is whole and not negative, `bytes` whole. */
  record(micros: number, bytes: number): void;

  /**
   * A failure: counts as a request and as a failure. `error` is the text that groups it (see `errorText`). The source is
   * asked for its sample only for the first three of a kind, and inside this call.
   */
  recordFailure(micros: number, bytes: number, error: string, source?: FailureSource): void;

  /** A sample without a response time (Locust's `response_time=None`): counted, in no average and no percentile. */
  recordUntimed(bytes: number, error?: string, source?: FailureSource): void;
}

/** Can tell what a failed request looked like. */
export interface FailureSource {
  describeFailure(): FailureSample;
}

/** One of the first failures of its kind, kept for people. Secrets in headers are masked by whoever describes it. */
export interface FailureSample {
  /** For example `POST http://host/buy HTTP/1.1`, or `/pkg.Service/Method`. */
  readonly request: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** For example `503 Service Unavailable`; absent when there was no answer. */
  readonly response?: string;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  /** At most 1,000 characters. */
  readonly bodyHead?: string;
}

/**
 * The text that an error is counted under: a string as it is, an error as `Name: message` (the message alone for errors
 * whose name says nothing: `Error` and `CatchResponseError`), anything else as JSON or its string.
 */
export function errorText(error: unknown): string {
  if (typeof error === 'string') return error;
  if (error instanceof Error) {
    const plain = error.name === 'Error' || error.name === 'CatchResponseError';
    return plain && error.message !== '' ? error.message : `${error.name}: ${error.message}`;
  }
  try {
    return JSON.stringify(error) ?? String(error);
  } catch {
    return String(error);
  }
}
