/** How a measurement is printed: what, value and unit, spread, and whether it meets its target. */
import { type Measurement, meetsTarget } from './measurement.js';

export function lineOf(measurement: Measurement): string {
  const { what, value, unit, spread, target } = measurement;
  const range = spread ? `(${rounded(spread[0])} to ${rounded(spread[1])})` : '';
  const goal = target ? `${target.is} ${target.value}: ${meetsTarget(measurement) ? 'met' : 'MISSED'}` : '';
  return `  ${what.padEnd(58)} ${rounded(value).padStart(9)} ${unit.padEnd(18)} ${range.padEnd(20)} ${goal}`.trimEnd();
}

/** Three significant digits, and all digits before the point. */
function rounded(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
