/**
 * The course of a run, a point a second. Once there are too many, neighbours are merged and each point stands for twice the
 * time, so that a run of days keeps the size of one of two hours.
 */
import type { HistoryPoint } from '../events/index.js';
import { worse } from './generatorWatch.js';
import type { HistorySnapshot } from './snapshot.js';

/** Points kept; merging leaves half of them. Even. */
export const maxHistoryPoints = 7200;

export class History {
  readonly points: HistoryPoint[] = [];
  /** Seconds that a point stands for. */
  #resolution = 1;

  add(point: HistoryPoint): void {
    const last = this.points.at(-1);
    // A point that is still short of its time takes the new one in: the newest is always there at once.
    if (last !== undefined && last.seconds + point.seconds <= this.#resolution + 0.5 && this.#resolution > 1) {
      this.points[this.points.length - 1] = merged(last, point);
      return;
    }
    this.points.push(point);
    if (this.points.length >= maxHistoryPoints) this.#halve();
  }

  snapshot(): HistorySnapshot {
    return { resolution: this.#resolution, points: [...this.points] };
  }

  restore({ resolution, points }: HistorySnapshot): void {
    this.clear();
    this.#resolution = resolution;
    for (const point of points) this.points.push(point);
  }

  clear(): void {
    this.points.length = 0;
    this.#resolution = 1;
  }

  #halve(): void {
    for (let i = 0; i + 1 < this.points.length; i += 2) {
      this.points[i / 2] = merged(this.points[i]!, this.points[i + 1]!);
    }
    this.points.length = Math.floor(this.points.length / 2);
    this.#resolution *= 2;
  }
}

/**
 * Two neighbours as one. Rates are means over time. Users and the run's average are those at its end. Percentiles and
 * the generator's health are the higher of the two: a mean of percentiles is no percentile, and a peak must stay visible.
 */
function merged(first: HistoryPoint, second: HistoryPoint): HistoryPoint {
  const seconds = first.seconds + second.seconds;
  const mean = (a: number, b: number) => (seconds > 0 ? (a * first.seconds + b * second.seconds) / seconds : b);
  const quantiles = Object.keys(second.percentiles);
  return {
    time: first.time,
    seconds,
    userCount: second.userCount,
    currentRps: mean(first.currentRps, second.currentRps),
    currentFailPerSec: mean(first.currentFailPerSec, second.currentFailPerSec),
    totalAvgResponseTime: second.totalAvgResponseTime,
    percentiles: Object.fromEntries(
      quantiles.map((q) => [q, Math.max(first.percentiles[q] ?? 0, second.percentiles[q] ?? 0)]),
    ),
    generator: worse(first.generator, second.generator),
    isSaturated: first.isSaturated || second.isSaturated,
    isWarmup: first.isWarmup || second.isWarmup,
  };
}
