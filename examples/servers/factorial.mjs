// The arithmetic of both example servers.

const modulus = 100_000_007;

/** Larger numbers would keep the server busy for too long. */
export const largestNumber = 1_000_000;

/**
 * @param {unknown} value
 * @returns {value is number} whether a factorial can be asked for
 */
export function isAllowed(value) {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= largestNumber;
}

/**
 * number! modulo 100000007. Every product stays below 2^53, so plain numbers are exact.
 *
 * @param {number} number
 */
export function factorial(number) {
  const start = performance.now();
  let result = 1;
  for (let factor = 2; factor <= number; factor++) result = (result * factor) % modulus;
  return { result, secondsTaken: (performance.now() - start) / 1000 };
}
