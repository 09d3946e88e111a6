/**
 * How a value that somebody gave by mistake stands in a message: so that `"3"` is told from `3`. Pure.
 */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') {
    const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'function';
    return `the ${kind} ${value.name}`.trimEnd();
  }
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
