/**
 * The log line of a ramp that is done, as Locust writes it, blanks included: scripts look for it. Pure.
 */
export function spawnedLine(counts: Readonly<Record<string, number>>, isAgreed: boolean): string {
  const sorted = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  const classes = sorted.map(([name, count]) => `${JSON.stringify(name)}: ${count}`).join(', ');
  const text = `{${classes}} (${total} total users)`;
  return isAgreed ? `All users spawned: ${text}` : `Users spawned, but not every worker has reported in time: ${text}`;
}
