/**
 * How many connections a master has room for: each is an open file, of which the system allows a process so many. Some are kept for
 * everything else: outputs, the journal, the pipes of workers that it starts, and the next connection. Pure.
 */

/** Files kept for everything else: a quarter of all, and this many at most; more where more are open, and then half as many to spare. */
const mostKept = 128;

export function roomForConnections(openFileLimit: number, otherFiles = 0): number {
  const usual = Math.min(mostKept, Math.ceil(openFileLimit / 4));
  const kept = Math.max(usual, otherFiles + Math.ceil(usual / 2));
  return Number.isFinite(openFileLimit) ? Math.max(1, openFileLimit - kept) : Number.POSITIVE_INFINITY;
}

/** The warning of a master that waits for so many workers, or undefined when there is room for them. */
export function roomWarning(workers: number, openFileLimit: number): string | undefined {
  const room = roomForConnections(openFileLimit);
  if (workers <= room) return undefined;
  return (
    `${workers} workers are expected, and this process may open ${openFileLimit} files, which is room for ${room} connections: ` +
    'raise the limit (ulimit -n), or those that come later will not be let in'
  );
}
