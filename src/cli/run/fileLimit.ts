/**
 * Whether the system lets this process open as many files as the users need. Node has raised the limit to the most that it may
 * have already; beyond that only the system's settings help.
 */
import { readFileSync } from 'node:fs';

/** Files that a process needs beside its users' connections. */
const reserve = 100;

/** The warning for this many users, or undefined when the limit suffices or is not known. */
export function fileLimitWarning(users: number, limits = readLimits()): string | undefined {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  if (soft === undefined || users + reserve <= Number(soft)) return undefined;
  return (
    `${users} users with a connection each need more than the ${soft} files that this process may open: ` +
    'raise the limit (ulimit -n), or requests will fail because of the load generator'
  );
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return ''; // not Linux
  }
}
