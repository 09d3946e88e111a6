/**
 * Ends users: gracefully first, by force when the stop timeout is over. Never waits for ever, whatever a user does.
 */
import { callAfter } from '../clock.js';
import { getLogger } from '../log.js';
import { onStopSeconds, unwindSeconds } from '../users/index.js';
import type { LiveUser } from './userPool.js';

const log = getLogger('tsload.runners');

/** Users that are told in one go; the event loop turns in between. */
const batchSize = 2_000;
/** Seconds beyond which a user is given up even if it never says that it is over. */
const giveUpSeconds = unwindSeconds + onStopSeconds + 4;

/** Whether somebody does not want to wait for stop timeouts any longer. */
export class Hurry {
  #isNow = false;
  readonly #waiting = new Set<() => void>();

  /** All stop timeouts, those under way and those to come, are over at once. */
  now(): void {
    this.#isNow = true;
    for (const tell of this.#waiting) tell();
  }

  /** Waits for `over`, at most so many seconds. Resolves with what it was that came first. */
  race(over: Promise<unknown>, seconds: number): Promise<'over' | 'late' | 'hurried'> {
    if (this.#isNow) return Promise.resolve('hurried');
    return new Promise((resolve) => {
      const settle = (what: 'over' | 'late' | 'hurried') => {
        limit.cancel();
        this.#waiting.delete(hurried);
        resolve(what);
      };
      const hurried = () => settle('hurried');
      const limit = callAfter(seconds, () => settle('late'));
      this.#waiting.add(hurried);
      over.then(
        () => settle('over'),
        () => settle('over'),
      );
    });
  }
}

/**
 * Stops users that are marked as leaving, all at the same time. Resolves when they are over, with those that had to be given
 * up: their promises were lost, which happens when a task that froze the process was broken off.
 */
export async function stopUsers(
  users: readonly LiveUser[],
  stopTimeoutSeconds: number,
  hurry: Hurry,
): Promise<LiveUser[]> {
  if (users.length === 0) return [];
  const left = new Set(users);
  const over = Promise.all(users.map((entry) => entry.over.then(() => left.delete(entry))));
  if (stopTimeoutSeconds > 0) {
    await tell(users, false);
    if ((await hurry.race(over, stopTimeoutSeconds)) === 'late') {
      log.info(`Not all users finished their tasks within ${stopTimeoutSeconds} seconds: ending ${left.size} of them`);
    }
  }
  await tell([...left], true);
  await new Hurry().race(over, giveUpSeconds);
  return [...left];
}

async function tell(users: readonly LiveUser[], isForced: boolean): Promise<void> {
  for (let from = 0; from < users.length; from += batchSize) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    for (const { user } of users.slice(from, from + batchSize)) user.stop(isForced);
  }
}
