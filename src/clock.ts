/**
 * Time. Durations come from the monotonic clock in whole microseconds; the wall clock only labels them.
 */

/** Microseconds of the monotonic clock, whole. Its zero is the start of the process: use differences only. */
export function nowMicros(): number {
  return Math.round(performance.now() * 1000);
}

/** Seconds since 1970, with decimals. For labels, never for durations. */
export function epochSeconds(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}
