/**
 * How percentiles are named and ranked, for all outputs.
 */

/** The quantiles of Locust's tables and CSV columns, in their order. */
export const reportedQuantiles = [0.5, 0.66, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 1] as const;

/** A quantile as column header: `0.95` is `95%`, `0.999` is `99.9%`; at most six decimals. */
export function percentileTitle(quantile: number): string {
  return `${Number((quantile * 100).toFixed(6))}%`;
}

/**
 * Which sample, counted from 1 in ascending order, is the given quantile of `count` samples: the first one that at least
 * this share of all samples does not exceed, as HdrHistogram has it. Product of floats: one unit in the last place is
 * forgiven, or 0.07 of 100 would be the eighth.
 */
export function rankOf(quantile: number, count: number): number {
  const exact = Math.min(Math.max(quantile, 0), 1) * count;
  return Math.min(count, Math.max(1, Math.ceil(exact - exact * Number.EPSILON)));
}
