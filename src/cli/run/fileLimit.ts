/**
 * Whether the system lets this process open as many files as users or workers need, a connection each.
 */
import { openFileLimit, roomForConnections } from '../../openFiles.js';

/** The warning for this many users, or undefined when there is room for them or the limit is not known. */
export function usersWarning(users: number, limit = openFileLimit()): string | undefined {
  return warning(users, limit, `${users} users`, 'requests will fail because of the load generator');
}

/** The same of a master that waits for so many workers. */
export function workersWarning(workers: number, limit = openFileLimit()): string | undefined {
  return warning(workers, limit, `${workers} workers`, 'those that come later will not be let in');
}

function warning(connections: number, limit: number, whose: string, otherwise: string): string | undefined {
  const room = roomForConnections(limit);
  if (connections <= room) return undefined;
  return (
    `${whose} need a connection each, and the ${limit} files that this process may open are room for ${room}: ` +
    `raise the limit (ulimit -n), or ${otherwise}`
  );
}
