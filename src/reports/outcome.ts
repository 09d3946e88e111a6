/**
 * Outputs about successes only, or failures only. Locust's numbers are the sum of both, and fast failures improve them.
 */
import type { EntryView, Outcome, StatisticsView } from '../events/index.js';

/** Values of `--outcome`, with what each does, for the help text. */
export const outcomes = {
  all: 'all requests, as Locust counts them',
  ok: 'successful requests only',
  failed: 'failed requests only',
} as const satisfies Record<Outcome, string>;

/** The same statistics, every entry and the aggregate reduced to one outcome. Errors and history stay as they are. */
export function withOutcome(view: StatisticsView, outcome: Outcome): StatisticsView {
  return outcome === 'all' ? view : new OutcomeView(view, outcome);
}

/** Which samples the numbers of these statistics are about. */
export function outcomeOf(view: StatisticsView): Outcome {
  return view instanceof OutcomeView ? view.outcome : 'all';
}

class OutcomeView implements StatisticsView {
  constructor(
    private readonly view: StatisticsView,
    readonly outcome: Outcome,
  ) {}

  entries(): readonly EntryView[] {
    return this.view.entries().map((entry) => entry.only(this.outcome));
  }
  entry(name: string, method: string): EntryView | undefined {
    return this.view.entry(name, method)?.only(this.outcome);
  }
  get total() {
    return this.view.total.only(this.outcome);
  }
  get errors() {
    return this.view.errors;
  }
  get exceptions() {
    return this.view.exceptions;
  }
  get history() {
    return this.view.history;
  }
  get cutOff() {
    return this.view.cutOff;
  }
  get warmupRequests() {
    return this.view.warmupRequests;
  }
  get saturatedSeconds() {
    return this.view.saturatedSeconds;
  }
  get workers() {
    return this.view.workers;
  }
  get forgottenLost() {
    return this.view.forgottenLost;
  }
  get isNameCapReached() {
    return this.view.isNameCapReached;
  }
}
