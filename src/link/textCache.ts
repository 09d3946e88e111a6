/**
 * Texts that came before, by their bytes, so that the same bytes give the same string, which a map finds faster too. Each text has
 * one place that it may take, where the next one drives it out: so the cache is bounded, and whoever fills it gains nothing.
 */
const places = 4096;
/** Longer texts are made anew each time. */
const maxCachedBytes = 128;

interface Cached {
  readonly bytes: Uint8Array;
  readonly text: string;
}

export class TextCache {
  readonly #cached = new Array<Cached | undefined>(places).fill(undefined);

  /** The text whose UTF-8 stands from `start` to before `end`. Hot: two for each entry of each report. */
  textOf(bytes: Uint8Array, start: number, end: number): string {
    if (end - start > maxCachedBytes) return decoded(bytes.subarray(start, end));
    const place = hashOf(bytes, start, end) % places;
    const cached = this.#cached[place];
    if (cached !== undefined && isSame(cached.bytes, bytes, start, end)) return cached.text;
    const copy = new Uint8Array(bytes.subarray(start, end));
    const text = decoded(copy);
    this.#cached[place] = { bytes: copy, text };
    return text;
  }
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash >>> 0;
}

function isSame(cached: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (cached.length !== end - start) return false;
  for (let at = 0; at < cached.length; at++) if (cached[at] !== bytes[start + at]) return false;
  return true;
}

function decoded(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}
