/**
 * Which part of a value it is that cannot be packed, for the sentence about it. Pure. Only looked for when packing has failed: the
 * parts of each level are packed once more.
 */

/** Levels that a sentence names: what is deeper is found by whoever looks there. */
const maxLevels = 8;
/** Characters of a name. */
const maxName = 60;

type Pack = (value: unknown) => unknown;

/** Where it is, as in code (`data.orders[3].id`), and what is wrong with it. `pack` throws for `value`. */
export function culpritOf(value: unknown, pack: Pack): string {
  let path = '';
  let culprit = value;
  const around = new Set<unknown>();
  while (around.size < maxLevels && !around.has(culprit)) {
    around.add(culprit);
    const part = partsOf(culprit).find(([, inner]) => failureOf(inner, pack) !== undefined);
    if (part === undefined) return `${shownPath(path)} ${whyOf(culprit, pack)}`;
    path += part[0];
    culprit = part[1];
  }
  return `${shownPath(path)} ${around.has(culprit) ? 'refers to what it is part of' : whyOf(culprit, pack)}`;
}

function shownPath(path: string): string {
  return path === '' ? 'it' : path.replace(/^\./, '');
}

function partsOf(value: unknown): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  if (Array.isArray(value)) return value.map((item, at) => [`[${at}]`, item]);
  try {
    return Object.entries(value).map(([key, item]) => [step(key), item]);
  } catch {
    return []; // a getter throws, as it did when it was packed
  }
}

function step(key: string): string {
  return key.length <= maxName && /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, maxName))}]`;
}

interface Failure {
  readonly thrown: unknown;
}

function failureOf(value: unknown, pack: Pack): Failure | undefined {
  try {
    pack(value);
    return undefined;
  } catch (thrown) {
    return { thrown };
  }
}

function whyOf(culprit: unknown, pack: Pack): string {
  if (typeof culprit === 'symbol') return 'is a symbol';
  if (typeof culprit === 'bigint') return 'is a whole number of more than 64 bits';
  if (culprit instanceof Date) return 'is a date that is none';
  const thrown = failureOf(culprit, pack)?.thrown;
  if (thrown instanceof RangeError) return 'is too deep, or refers to itself';
  return thrown instanceof Error ? `does not fit: ${thrown.message}` : 'does not fit';
}
