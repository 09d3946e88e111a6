/**
 * How much memory this process has.
 */

let lastBytes = 0;

/** That of the last look when the system does not say: it reads a file for this, and as many as may be are open. */
export function residentBytes(): number {
  try {
    lastBytes = process.memoryUsage.rss();
  } catch {
    // a report or a heartbeat that was not sent for this would be worse
  }
  return lastBytes;
}
