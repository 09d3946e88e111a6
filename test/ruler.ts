/**
 * Timers beside those that are measured. Whatever stops this process for a while makes both late, so that what lies between them is
 * the fault of what is measured.
 */
import { until } from './until.js';

/** When timers fired that were set for `k * spacingMillis`. */
export async function aRuler(length: number, spacingMillis: number): Promise<readonly number[]> {
  const marks: number[] = [];
  for (let k = 0; k < length; k++) setTimeout(() => marks.push(performance.now()), k * spacingMillis);
  await until(() => marks.length === length);
  return marks.sort((a, b) => a - b);
}

/** How far each is from its mark, beyond the distance that most of them have: the ruler may have begun earlier. */
export function offTheRuler(times: readonly number[], marks: readonly number[]): readonly number[] {
  const distances = times.map((time, k) => time - (marks[k] ?? Number.NaN));
  const usual = [...distances].sort((a, b) => a - b)[Math.floor(distances.length / 2)] ?? Number.NaN;
  return distances.map((distance) => Math.abs(distance - usual));
}
