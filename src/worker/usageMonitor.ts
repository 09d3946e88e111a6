/**
 * Tells how much processor and memory this process uses, every ten seconds, and warns when the processor is the limit.
 */
import type { Environment } from '../events/index.js';
import { getLogger } from '../log.js';
import { ProcessUsage } from './processUsage.js';

const log = getLogger('tsload.runners');

export interface UsageLimits {
  /** Seconds between two samples. Default 10. Locust: `CPU_MONITOR_INTERVAL`. */
  readonly intervalSeconds: number;
  /** Percent of one core. Default 90. Locust: `CPU_WARNING_THRESHOLD`. */
  readonly warningPercent: number;
}

export const defaultUsageLimits: UsageLimits = { intervalSeconds: 10, warningPercent: 90 };

export class UsageMonitor {
  /** CPU was above the limit at least once in this test. */
  hasWarned = false;
  readonly #timer: NodeJS.Timeout;
  readonly #usage = new ProcessUsage();

  constructor(
    private readonly environment: Environment,
    private readonly limits: UsageLimits,
    /** What a busy processor means, and what to do. */
    private readonly consequence = 'measured times may be too long; run fewer users here, or spread them over more processes and machines',
  ) {
    this.#timer = setInterval(() => this.#sample(), limits.intervalSeconds * 1000);
    this.#timer.unref();
  }

  /** A new test begins: the warning may come again. */
  beginTest(): void {
    this.hasWarned = false;
  }

  /** At the end of a test the warning is repeated: numbers are read now. */
  endTest(): void {
    if (!this.hasWarned) return;
    log.warning(
      `CPU usage was above ${this.limits.warningPercent} % at some point during the test: response times may be those of a busy load generator`,
    );
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const { cpuPercent: cpuUsage, memoryBytes: memoryUsage } = this.#usage.take();
    const { environment } = this;
    environment.events.usageMonitor.fire({ environment, cpuUsage, memoryUsage });
    if (cpuUsage <= this.limits.warningPercent) return;
    environment.events.cpuWarning.fire({ environment, cpuUsage });
    if (this.hasWarned) return;
    this.hasWarned = true;
    log.warning(
      `CPU usage is ${cpuUsage.toFixed(0)} % of one core, above ${this.limits.warningPercent} %: ${this.consequence}`,
    );
  }
}
