/**
 * Chance that can be repeated: with a seed, every user draws the same numbers in every run. Pure.
 */

/** Numbers in [0, 1) that depend on `key` alone. The generator is sfc32, seeded through a 128-bit string hash. */
export function randomFrom(key: string): () => number {
  let [a, b, c, d] = hash128(key);
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next(); // neighbouring keys draw alike until the state is mixed
  return next;
}

/** Key of one user: the same in every run with that seed. */
export function userKey(seed: number, workerIndex: number, userClass: string, ordinal: number): string {
  return `${seed}/${workerIndex}/${userClass}/${ordinal}`;
}

/** Four words that each depend on every character (cyrb128). */
function hash128(text: string): [number, number, number, number] {
  let [h1, h2, h3, h4] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    h1 = h2 ^ Math.imul(h1 ^ code, 597399067);
    h2 = h3 ^ Math.imul(h2 ^ code, 2869860233);
    h3 = h4 ^ Math.imul(h3 ^ code, 951274213);
    h4 = h1 ^ Math.imul(h4 ^ code, 2716044179);
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067);
  h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233);
  h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213);
  h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179);
  return [h1 ^ h2 ^ h3 ^ h4, h2 ^ h1, h3 ^ h1, h4 ^ h1];
}
