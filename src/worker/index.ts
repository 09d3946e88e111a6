export { isSaturated, maxLoopDelayMillis, maxLoopUtilisation } from './health.js';
export type { KeptLimits } from './keptReports.js';
export { defaultStallSeconds } from './stallWatch.js';
export { defaultUsageLimits, type UsageLimits, UsageMonitor } from './usageMonitor.js';
export { Worker } from './worker.js';
export { defaultGraceSeconds, type WorkerEnding, type WorkerOptions, type WorkerTimes } from './workerOptions.js';
export { WorkerRuntime } from './workerRuntime.js';
