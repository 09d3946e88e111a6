/**
 * How the process itself is doing: a generator that is too busy measures its own queue instead of the target.
 *
 * An interval is saturated when the event loop was busy for more than 90 % of it, or when 1 % of its turns came more than
 * 50 ms late: either adds to every response time that is measured in it.
 */
import { type EventLoopUtilization, PerformanceObserver, performance } from 'node:perf_hooks';
import type { WorkerHealth } from '../events/index.js';
import { LoopDelay } from './loopDelay.js';
import { ProcessUsage } from './processUsage.js';

/** Share of an interval; above it the interval is saturated. */
export const maxLoopUtilisation = 0.9;
/** Milliseconds; above it the interval is saturated. */
export const maxLoopDelayMillis = 50;

/** Shorter intervals, at the start and the end of a test, are not judged: a burst of 20 ms would fill them. */
const minJudgedMillis = 250;

/** Whether the generator was too busy in an interval of that length. Pure. */
export function isSaturated(millis: number, loopUtilisation: number, loopDelayMillis: number): boolean {
  if (millis < minJudgedMillis) return false;
  return loopUtilisation > maxLoopUtilisation || loopDelayMillis > maxLoopDelayMillis;
}

export class HealthMonitor {
  readonly #delay = new LoopDelay();
  readonly #collections = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) this.#gcMillis += duration;
  });
  #gcMillis = 0;
  #utilisation: EventLoopUtilization;
  readonly #usage = new ProcessUsage();
  #time: number;

  constructor() {
    this.#collections.observe({ entryTypes: ['gc'] });
    this.#utilisation = performance.eventLoopUtilization();
    this.#time = performance.now();
  }

  /** How it was since the last call. */
  take(): WorkerHealth {
    const utilisation = performance.eventLoopUtilization();
    const time = performance.now();
    const millis = time - this.#time;
    const loopUtilisation = performance.eventLoopUtilization(utilisation, this.#utilisation).utilization;
    const loopDelayMillis = this.#delay.take();
    const gcMillis = this.#gcMillis;
    this.#utilisation = utilisation;
    this.#time = time;
    this.#gcMillis = 0;
    return {
      ...this.#usage.take(),
      loopDelayMillis,
      loopUtilisation,
      gcMillis,
      isSaturated: isSaturated(millis, loopUtilisation, loopDelayMillis),
    };
  }

  close(): void {
    this.#delay.close();
    this.#collections.disconnect();
  }
}
