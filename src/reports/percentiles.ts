/** The quantiles of CSV files and of the console's percentile table. Locust: `PERCENTILES_TO_REPORT`. */
export const reportedQuantiles = [0.5, 0.66, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 1] as const;
