/**
 * Which wait function holds for a user or task set, and what it says.
 */
import { shown } from './shown.js';
import type { WaitOwner } from './task.js';
import { MissingWaitTimeError } from './userErrors.js';

/** Seconds to wait now: by the owner's own wait function, or, for a task set without one, by its user's. */
export function secondsToWait(owner: WaitOwner, user: WaitOwner): number {
  const method: unknown = owner.waitTime;
  const waitTime: unknown = method ?? Reflect.get(owner.constructor, 'waitTime');
  if (typeof waitTime === 'function') return checked(owner, Reflect.apply(waitTime, owner, [owner]));
  if (owner !== user && (waitTime === undefined || waitTime === null)) return secondsToWait(user, user);
  throw new MissingWaitTimeError(
    `waitTime of ${owner.constructor.name} is ${shown(waitTime)}: it must be a function, for example constant(1)`,
  );
}

function checked(owner: WaitOwner, seconds: unknown): number {
  if (typeof seconds === 'number' && !Number.isNaN(seconds)) return seconds;
  throw new MissingWaitTimeError(
    `waitTime of ${owner.constructor.name} returned ${shown(seconds)}: it must return a number of seconds`,
  );
}
