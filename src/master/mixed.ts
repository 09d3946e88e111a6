/**
 * An order for users that run already, of which nobody knows in which order they came. Pure.
 */

/** Each class index as often as its count says, evenly mixed. */
export function* mixed(counts: Uint32Array): Generator<number> {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const used = counts.map(() => 0);
  for (let place = 1; place <= total; place++) {
    let next = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (const [index, count] of counts.entries()) {
      const lacking = (count * place) / total - used[index]!;
      if (used[index]! < count && lacking > most) [next, most] = [index, lacking];
    }
    used[next]!++;
    yield next;
  }
}
