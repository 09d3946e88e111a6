/**
 * The order in which workers get their users: one worker of each host first, then the second of each, so that hosts fill up
 * evenly. Pure. The host of a worker is its id up to the first `_`.
 */
export function orderWorkers(ids: readonly string[]): string[] {
  const seen = new Map<string, number>();
  const placed = [...ids].sort(byText).map((id) => {
    const host = id.split('_', 1)[0]!;
    const place = seen.get(host) ?? 0;
    seen.set(host, place + 1);
    return { id, place };
  });
  return placed.sort((a, b) => a.place - b.place || byText(a.id, b.id)).map(({ id }) => id);
}

function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
