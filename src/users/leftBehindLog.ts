/**
 * Names users that were left behind, one line for all that were in the same turn of the event loop: a stop of ten thousand
 * users must not write ten thousand lines.
 */
import { getLogger } from '../log.js';

const log = getLogger('tsload.user');
const counts = new Map<string, number>();

/** `where`: what the user was doing; `seconds`: what it was given to end. */
export function tellLeftBehind(where: string, seconds: number): void {
  if (counts.size === 0) setImmediate(writeLines);
  const what = `${where} did not end within ${seconds} s of being stopped`;
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function writeLines(): void {
  for (const [what, count] of counts) {
    const users = count === 1 ? 'so its user is' : `for ${count} users, so they are`;
    log.warning(
      `${what}, ${users} left behind: let errors of awaited calls through, and do not await runner.stop() or runner.quit() in a user`,
    );
  }
  counts.clear();
}
