/**
 * How percentiles are named and found, for all outputs.
 */
import type { Counts } from './counts.js';
import { highestMicrosOf } from './histogramLayout.js';

/** The quantiles of Locust's tables and CSV columns, in their order. */
export const reportedQuantiles = [0.5, 0.66, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 1] as const;

/** The shortest and the longest response time, exact, in microseconds. */
export interface Extremes {
  readonly min: number;
  readonly max: number;
}

/** Of no samples: whatever comes is shorter and longer. */
export const noExtremes: Extremes = { min: Infinity, max: 0 };

/** A quantile as column header: `0.95` is `95%`, `0.999` is `99.9%`; at most six decimals. */
export function percentileTitle(quantile: number): string {
  return `${Number((quantile * 100).toFixed(6))}%`;
}

/**
 * Which sample, counted from 1 in ascending order, is the given quantile of `count` samples: the first one that at least
 * this share of all samples does not exceed, as HdrHistogram has it. A product of floats can be a little too large: one unit
 * in the last place is forgiven, or 0.07 of 100 would be the eighth.
 */
export function rankOf(quantile: number, count: number): number {
  const exact = Math.min(Math.max(quantile, 0), 1) * count;
  return Math.min(count, Math.max(1, Math.ceil(exact - exact * Number.EPSILON)));
}

/** A slot's response time in microseconds: its longest, as in HdrHistogram, but never beyond the exact extremes. */
export function microsOf(slot: number, extremes: Extremes): number {
  return Math.min(extremes.max, Math.max(extremes.min, highestMicrosOf(slot)));
}

/** A percentile in microseconds; of quantile 0 the exact minimum, of 1 the exact maximum. Undefined without samples. */
export function percentileMicros(counts: Counts, extremes: Extremes, quantile: number): number | undefined {
  if (counts.total === 0) return undefined;
  if (quantile <= 0) return extremes.min;
  const rank = rankOf(quantile, counts.total);
  return rank === counts.total ? extremes.max : microsOf(counts.slotAtRank(rank), extremes);
}
