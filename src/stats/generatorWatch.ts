/**
 * How the load generator did since the last tick, over all workers.
 */
import type { GeneratorHealth } from '../events/index.js';
import type { WorkerInterval } from './intervalStats.js';
import type { GeneratorSnapshot } from './snapshot.js';

export interface GeneratorSecond {
  /** `null` when no worker has reported. */
  readonly generator: GeneratorHealth | null;
  readonly isSaturated: boolean;
  /** Seconds, outside of the warm-up, that one worker spent saturated: the most of any. */
  readonly saturatedSeconds: number;
}

export class GeneratorWatch {
  #generator: GeneratorHealth | null = null;
  #isSaturated = false;
  /** By worker. */
  readonly #saturatedSeconds = new Map<string, number>();

  note({ worker, seconds, isWarmup, health }: WorkerInterval): void {
    this.#generator = worse(this.#generator, health);
    if (!health.isSaturated) return;
    this.#isSaturated = true;
    if (!isWarmup) this.#saturatedSeconds.set(worker, (this.#saturatedSeconds.get(worker) ?? 0) + seconds);
  }

  /** What was noted since the last call. */
  take(): GeneratorSecond {
    const taken = {
      generator: this.#generator,
      isSaturated: this.#isSaturated,
      saturatedSeconds: Math.max(0, ...this.#saturatedSeconds.values()),
    };
    this.clear();
    return taken;
  }

  snapshot(): GeneratorSnapshot {
    const saturatedSeconds = [...this.#saturatedSeconds];
    return { generator: this.#generator, isSaturated: this.#isSaturated, saturatedSeconds };
  }

  restore({ generator, isSaturated, saturatedSeconds }: GeneratorSnapshot): void {
    this.clear();
    this.#generator = generator;
    this.#isSaturated = isSaturated;
    for (const [worker, seconds] of saturatedSeconds) this.#saturatedSeconds.set(worker, seconds);
  }

  clear(): void {
    this.#generator = null;
    this.#isSaturated = false;
    this.#saturatedSeconds.clear();
  }
}

/** Of each number the higher one: one busy worker among many, and one bad second among many, must stay visible. */
export function worse(first: GeneratorHealth | null, second: GeneratorHealth): GeneratorHealth;
export function worse(first: GeneratorHealth | null, second: GeneratorHealth | null): GeneratorHealth | null;
export function worse(first: GeneratorHealth | null, second: GeneratorHealth | null): GeneratorHealth | null {
  if (second === null) return first;
  return {
    cpuPercent: Math.max(first?.cpuPercent ?? 0, second.cpuPercent),
    memoryBytes: Math.max(first?.memoryBytes ?? 0, second.memoryBytes),
    loopDelayMillis: Math.max(first?.loopDelayMillis ?? 0, second.loopDelayMillis),
    loopUtilisation: Math.max(first?.loopUtilisation ?? 0, second.loopUtilisation),
    gcMillis: Math.max(first?.gcMillis ?? 0, second.gcMillis),
  };
}
