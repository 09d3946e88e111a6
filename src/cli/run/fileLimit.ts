/**
 * Whether the system lets this process open as many files as the users need.
 */
import { openFileLimit } from '../../openFiles.js';

/** Files that a process needs beside its users' connections. */
const reserve = 100;

/** The warning for this many users, or undefined when the limit suffices or is not known. */
export function fileLimitWarning(users: number, limit = openFileLimit()): string | undefined {
  if (users + reserve <= limit) return undefined;
  return (
    `${users} users with a connection each need more than the ${limit} files that this process may open: ` +
    'raise the limit (ulimit -n), or requests will fail because of the load generator'
  );
}
