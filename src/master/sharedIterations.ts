/**
 * How a number of iterations is shared out over workers: evenly, the first ones taking the rest. Pure.
 */
import type { IterationLimit } from '../link/index.js';

export function shareOf(limit: IterationLimit | undefined, place: number, workers: number): IterationLimit | undefined {
  if (limit === undefined || limit.kind === 'perUser') return limit;
  const count = Math.floor(limit.count / workers) + (place < limit.count % workers ? 1 : 0);
  return { kind: 'total', count };
}
