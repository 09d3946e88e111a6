export { isSaturated, maxLoopDelayMillis, maxLoopUtilisation } from './health.js';
export { Worker, type WorkerOptions } from './worker.js';
export { WorkerRuntime } from './workerRuntime.js';
