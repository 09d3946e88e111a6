/**
 * Ends users: gracefully first, by force when the stop timeout is over. Never waits for ever, whatever a user does.
 */
import { getLogger } from '../log.js';
import { onStopSeconds, unwindSeconds } from '../users/index.js';
import type { LiveUser } from './userPool.js';

const log = getLogger('tsload.runners');

/** Users that are told in one go; the event loop turns in between. */
const batchSize = 2_000;
/** Seconds beyond which a user is given up even if it never says that it is over. */
const giveUpSeconds = unwindSeconds + onStopSeconds + 4;

/**
 * Stops users that are marked as leaving, all at the same time. Resolves when they are over, with those that had to be given
 * up: their promises were lost, which happens when a task that froze the process was broken off. When `hurried` resolves,
 * the stop timeout is over at once.
 */
export async function stopUsers(
  users: readonly LiveUser[],
  stopTimeoutSeconds: number,
  hurried: Promise<unknown> = new Promise(() => {}),
): Promise<LiveUser[]> {
  if (users.length === 0) return [];
  const left = new Set(users);
  const over = Promise.all(users.map((entry) => entry.over.then(() => left.delete(entry))));
  if (stopTimeoutSeconds > 0) {
    await tell(users, false);
    const isInTime = await Promise.race([isOverWithin(over, stopTimeoutSeconds), hurried.then(() => undefined)]);
    if (isInTime === false) {
      log.info(`not all users finished their tasks within ${stopTimeoutSeconds} seconds: ending ${left.size} of them`);
    }
  }
  await tell([...left], true);
  await isOverWithin(over, giveUpSeconds);
  return [...left];
}

async function tell(users: readonly LiveUser[], isForced: boolean): Promise<void> {
  for (let from = 0; from < users.length; from += batchSize) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    for (const { user } of users.slice(from, from + batchSize)) user.stop(isForced);
  }
}

async function isOverWithin(over: Promise<unknown>, seconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), seconds * 1000);
  });
  try {
    return await Promise.race([over.then((): true => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
