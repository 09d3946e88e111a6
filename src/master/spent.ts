/**
 * Whether a test has nothing left to do, as no iterations are left. Pure.
 */
import type { RampControl } from './rampControl.js';
import type { Workers } from './workers.js';

/** A worker on which no user is planned has nothing to do either; but one of them must have done something. */
export function areAllSpent(workers: Workers, ramps: Pick<RampControl, 'mayHaveUsers'> | undefined): boolean {
  let isOneSpent = false;
  for (const { id, isSpent, userCount } of workers) {
    isOneSpent ||= isSpent;
    if (!isSpent && (userCount > 0 || ramps === undefined || ramps.mayHaveUsers(id))) return false;
  }
  return isOneSpent;
}
