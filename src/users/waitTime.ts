/**
 * Wait times: how long a user rests after each task. Seconds everywhere.
 */
import { nowMicros } from '../clock.js';
import { TsloadError } from '../errors.js';
import { shown } from './shown.js';
import type { WaitOwner } from './task.js';
import { loopKey } from './taskLoop.js';

/** Evenly distributed between `minSeconds` and `maxSeconds`. Locust: `between`. */
export function between(minSeconds: number, maxSeconds: number): (owner: WaitOwner) => number {
  checkSeconds('between', minSeconds);
  checkSeconds('between', maxSeconds);
  return (owner) => minSeconds + owner[loopKey].random() * (maxSeconds - minSeconds);
}

/** Always `seconds`. Locust: `constant`. */
export function constant(seconds: number): (owner: WaitOwner) => number {
  checkSeconds('constant', seconds);
  return () => seconds;
}

/**
 * Starts a task every `seconds`, as long as tasks take less; a longer one is followed at once, and lost time is not made up
 * for. The first interval begins when the user is made, so `onStart` counts into it. Locust: `constant_pacing`.
 */
export function constantPacing(seconds: number): (owner: WaitOwner) => number {
  checkSeconds('constantPacing', seconds);
  return (owner) => owner[loopKey].pace(nowMicros(), seconds);
}

/** `constantPacing` by rate: at most `tasksPerSecond` of each user, above 0. Locust: `constant_throughput`. */
export function constantThroughput(tasksPerSecond: number): (owner: WaitOwner) => number {
  if (!(tasksPerSecond > 0)) {
    throw new TsloadError(
      'BAD_USER_CLASS',
      `constantThroughput must be given a number of tasks per second above 0 but got ${shown(tasksPerSecond)}`,
    );
  }
  return constantPacing(1 / tasksPerSecond);
}

function checkSeconds(what: string, seconds: number): void {
  if (typeof seconds === 'number' && seconds >= 0) return;
  throw new TsloadError(
    'BAD_USER_CLASS',
    `${what} must be given seconds, 0 or above, but got ${shown(seconds)}: for example ${what}(1${what === 'between' ? ', 5' : ''})`,
  );
}
