/**
 * One request type and name on a worker. Whoever holds it records without any look-up.
 */
import type { FailureSource, RecorderEntry } from '../events/index.js';
import { type ErrorBudget, ErrorRecorder } from './errorRecorder.js';
import type { EntryStats, ErrorStats } from './intervalStats.js';
import { type CounterPool, OutcomeRecorder } from './outcomeRecorder.js';

/** What the entries of a recorder have in common. */
export interface EntryHome {
  readonly pool: CounterPool;
  /** Replaced by a reset: the kinds of errors that counted against the old one are forgotten with it. */
  errorBudget: ErrorBudget;
  /** Entries with a sample in the running interval. */
  active: EntryRecorder[];
  readonly now: () => number;
}

export class EntryRecorder implements RecorderEntry {
  private isActive = false;
  private readonly ok: OutcomeRecorder;
  private failed: OutcomeRecorder | undefined = undefined;
  private errors: ErrorRecorder | undefined = undefined;

  constructor(
    readonly requestType: string,
    readonly name: string,
    private readonly home: EntryHome,
  ) {
    this.ok = new OutcomeRecorder(home.pool);
  }

  /** Hot: once per request; about 10 ns, allocates nothing. `micros` and `bytes` are whole. */
  record(micros: number, bytes: number): void {
    if (!this.isActive) this.activate();
    this.ok.add(micros, bytes);
  }

  recordFailure(micros: number, bytes: number, error: string, source?: FailureSource): void {
    this.failures().add(micros, bytes);
    this.addError(error, source);
  }

  recordUntimed(bytes: number, error?: string, source?: FailureSource): void {
    if (error === undefined) {
      if (!this.isActive) this.activate();
      this.ok.addUntimed(bytes);
      return;
    }
    this.failures().addUntimed(bytes);
    this.addError(error, source);
  }

  /** What was recorded since the last call, and the errors among it. */
  take(endTime: number, errors: ErrorStats[]): EntryStats {
    const { requestType, name } = this;
    const ok = this.ok.take();
    const failed = this.failed?.take();
    this.isActive = false;
    if (failed !== undefined) this.errors?.take(requestType, name, errors);
    return { requestType, name, ...(ok && { ok }), ...(failed && { failed }), lastRequestTimestamp: endTime };
  }

  /** Drops what was recorded since the last `take`. */
  forget(): void {
    this.take(0, []);
  }

  private activate(): void {
    this.isActive = true;
    this.home.active.push(this);
  }

  private failures(): OutcomeRecorder {
    if (!this.isActive) this.activate();
    this.failed ??= new OutcomeRecorder(this.home.pool);
    return this.failed;
  }

  private addError(error: string, source: FailureSource | undefined): void {
    const { errorBudget, now } = this.home;
    if (this.errors?.budget !== errorBudget) this.errors = new ErrorRecorder(errorBudget);
    this.errors.add(error, now(), source);
  }
}
