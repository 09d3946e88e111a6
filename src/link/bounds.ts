/**
 * Bounds of what is in a message. What is beyond them a reader refuses, and with it the link that it came over; so whoever makes a
 * message keeps within them. docs/protocol.md names them for people.
 */

/** A whole number, as far as a double has all of them. */
export const maxCount = Number.MAX_SAFE_INTEGER;
/** Seconds since 1970, and any length of time. */
export const maxEpoch = 1e11;
/** Characters of UTF-16: of a request type, a name, an error, a line of a sample. */
export const maxText = 16_384;

/** Of one report. */
export const maxEntries = 100_000;
export const maxErrors = 100_000;
/** Pairs of slot and count in all entries together: more than a worker has that was long without its master. */
export const maxPairs = 10_000_000;
/** Of one error. */
export const maxSamples = 3;
export const maxHeaders = 200;
export const maxOverflowingNames = 5;

export const maxExceptions = 1000;
/** Characters: of an exception, a fault, a line of the log. */
export const maxMessage = 16_384;
export const maxTraceback = 65_536;
