/** What simulated workers report: intervals as a recorder makes them, made once and sent over and over. Nothing but data. */
import { IntervalRecorder, type IntervalStats } from '../../src/stats/index.js';

export interface ReportSize {
  readonly entries: number;
  /** Of each entry, each second. */
  readonly requests: number;
}

/** So many different ones; workers and seconds take turns with them. */
const variants = 32;

/** Response times lie around a median of their own for each entry, with a long tail, as those of a server do. */
export function reportIntervals({ entries, requests }: ReportSize): readonly IntervalStats[] {
  const random = randomNumbers(1);
  return Array.from({ length: variants }, () => {
    const recorder = new IntervalRecorder();
    for (let entry = 0; entry < entries; entry++) {
      const recorded = recorder.entry('GET', `/shop/items/[id]/parts/${entry}`);
      const medianMicros = 2_000 + entry * 400;
      for (let i = 0; i < requests; i++) {
        recorded.record(Math.round(medianMicros * Math.exp(0.5 * normal(random))), 1_000 + entry);
      }
    }
    return recorder.takeInterval({ isWarmup: false });
  });
}

export function requestsIn({ entries }: IntervalStats): number {
  return entries.reduce((sum, { ok, failed }) => sum + countOf(ok) + countOf(failed), 0);
}

function countOf(outcome: { readonly timed: number; readonly untimed: number } | undefined): number {
  return outcome === undefined ? 0 : outcome.timed + outcome.untimed;
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** From 0 to 1, the same each time. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
