/**
 * Time. Durations come from the monotonic clock in whole microseconds; the wall clock only labels them.
 */

/** Microseconds of the monotonic clock, whole. Its zero is the start of the process: use differences only. */
export function nowMicros(): number {
  return Math.round(performance.now() * 1000);
}

let offsetSeconds = 0;

/** Seconds since 1970 by this process's own clock, which no offset moves. It runs with the monotonic clock, as does the next. */
export function ownEpochSeconds(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}

/**
 * Seconds since 1970, with decimals; on a worker those of its master's clock. For labels, never for durations. Setting the
 * system's clock does not move it; `setClockOffset` does, and may set it back.
 */
export function epochSeconds(): number {
  return ownEpochSeconds() + offsetSeconds;
}

/** The time of day for a log line, which begins with one of the same kind: local, `10:20:30`. */
export function localTimeOfDay(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toTimeString().slice(0, 8);
}

/** Seconds to be added to this process's own clock from now on, so that it agrees with another machine's. */
export function setClockOffset(seconds: number): void {
  offsetSeconds = seconds;
}

/** A call that is to come, unless it is cancelled. */
export interface Call {
  readonly cancel: () => void;
}

/** Longest delay that a timer of Node takes, in milliseconds: one of more would be over at once. */
const maxTimerMillis = 2 ** 31 - 1;

/**
 * Calls back when the clock has reached `time`, seconds since 1970, and never before: timers of Node are up to a millisecond
 * early. Returns what cancels it.
 */
export function callAt(time: number, callback: () => void): Call {
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

/** Calls back after so many seconds, also when they are more than a timer of Node can wait. Returns what cancels it. */
export function callAfter(seconds: number, callback: () => void): Call {
  let timer: NodeJS.Timeout | undefined;
  const arm = (left: number): void => {
    const next = Math.min(left, maxTimerMillis);
    timer = setTimeout(() => (left > next ? arm(left - next) : callback()), next);
  };
  arm(seconds * 1000);
  return { cancel: () => clearTimeout(timer) };
}
