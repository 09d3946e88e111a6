export { isSaturated, maxLoopDelayMillis, maxLoopUtilisation } from './health.js';
export { defaultStallSeconds } from './stallWatch.js';
export { defaultUsageLimits, type UsageLimits } from './usageMonitor.js';
export { Worker, type WorkerOptions } from './worker.js';
export { WorkerRuntime } from './workerRuntime.js';
