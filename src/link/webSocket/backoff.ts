/**
 * Milliseconds to wait before an attempt to connect, counted from 0. Pure; `chance` is in [0, 1).
 *
 * The first is at once; then from a tenth of a second it doubles, and chance spreads it so that a thousand workers that lost their
 * master together do not come back together.
 */
export function pauseBefore(attempt: number, maxMillis: number, chance: number): number {
  if (attempt === 0) return 0;
  return Math.min(maxMillis, 100 * 2 ** Math.min(attempt - 1, 20)) * (0.5 + chance / 2);
}
