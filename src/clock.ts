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

/** Longest delay that a timer of Node takes, in milliseconds. */
const maxTimerMillis = 2 ** 31 - 1;

/**
 * Calls back when the clock has reached `time`, seconds since 1970, and never before: timers of Node are up to a millisecond
 * early. Returns what cancels it.
 */
export function callAt(time: number, callback: () => void): { readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    const millis = Math.ceil((time - epochSeconds()) * 1000);
    timer = setTimeout(
      () => (epochSeconds() < time ? arm() : callback()),
      Math.min(Math.max(0, millis), maxTimerMillis),
    );
  };
  arm();
  return { cancel: () => clearTimeout(timer) };
}
