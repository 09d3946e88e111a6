/**
 * Time spans as the command line takes them: `300`, `300s`, `20m`, `3h`, `1h30m`. Whole numbers, lower case, no blanks.
 */

const units = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/** Seconds; undefined when the text is no time span. Locust: `parse_timespan`. */
export function parseTimeSpan(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const match = text === '' ? null : units.exec(text);
  if (match === null) return undefined;
  const [hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
}
