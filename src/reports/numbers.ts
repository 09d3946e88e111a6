/**
 * Numbers as text in files that other programs read: never `NaN`, never an exponent, a point as decimal mark.
 */

/** The shortest exact decimal text; whole numbers without a point. What is not finite reads 0. */
export function plainText(value: number): string {
  if (!Number.isFinite(value)) return '0';
  const text = String(value);
  if (!text.includes('e')) return text;
  if (Math.abs(value) >= 1) return BigInt(value).toString();
  return trimZeros(value.toFixed(20));
}

/** As `plainText`, but always with a point, as Python writes floats: `100.0`. */
export function floatText(value: number): string {
  const text = plainText(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** Milliseconds with up to three decimals, the precision of a measurement, and no trailing zeros: `0.4`, `12`. */
export function millisecondsText(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return '0';
  return trimZeros(milliseconds.toFixed(3));
}

/** A fixed number of decimals: `2.500000`. */
export function fixedText(value: number, decimals: number): string {
  return (Number.isFinite(value) ? value : 0).toFixed(decimals);
}

/** UTC, whole seconds, `2026-01-31T12:00:00Z`; empty for an unknown time. */
export function utcText(epochSeconds: number): string {
  if (!Number.isFinite(epochSeconds) || epochSeconds <= 0) return '';
  return `${new Date(epochSeconds * 1000).toISOString().slice(0, 19)}Z`;
}

function trimZeros(text: string): string {
  const trimmed = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return trimmed === '-0' ? '0' : trimmed;
}
