/**
 * What the target has seen, as plain data, and what follows from it. Pure.
 */

export interface Hit {
  /** Seconds since 1970. */
  readonly at: number;
  /** Id of the worker. */
  readonly worker: string;
  /** Of the worker's process. */
  readonly pid: number;
  /** Number of the user among those that this process ever had. */
  readonly user: number;
  /** The answer was given to the system. */
  readonly isAnswered: boolean;
}

/** How many requests there were of each worker. */
export function byWorker(hits: readonly Hit[]): Readonly<Record<string, number>> {
  return countsOf(hits.map(({ worker }) => worker));
}

export function countsOf(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** What is in the first and not in the second, where there is a difference. */
export function difference(
  first: Readonly<Record<string, number>>,
  second: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])];
  const pairs = names.map((name) => [name, (first[name] ?? 0) - (second[name] ?? 0)] as const);
  return Object.fromEntries(pairs.filter(([, count]) => count !== 0));
}

interface Life {
  readonly first: number;
  readonly last: number;
}

/**
 * The most users that were there at one moment: each from its first request to its last, or so many seconds before that, as one who
 * is moved may have a request under way.
 */
export function mostUsersAtOnce(hits: readonly Hit[], slackSeconds: number): number {
  const edges = [...lives(hits).values()].flatMap(({ first, last }) => [
    { at: first, step: 1 },
    { at: Math.max(first, last - slackSeconds), step: -1 },
  ]);
  edges.sort((a, b) => a.at - b.at || a.step - b.step);
  let [now, most] = [0, 0];
  for (const { step } of edges) {
    now += step;
    most = Math.max(most, now);
  }
  return most;
}

function lives(hits: readonly Hit[]): ReadonlyMap<string, Life> {
  const found = new Map<string, Life>();
  for (const { pid, user, at } of hits) {
    const key = `${pid} ${user}`;
    const life = found.get(key) ?? { first: at, last: at };
    found.set(key, { first: Math.min(life.first, at), last: Math.max(life.last, at) });
  }
  return found;
}

/** Users of whom there was a request within the last so many seconds. */
export function activeUsers(hits: readonly Hit[], seconds: number, now: number): number {
  const recent = hits.filter(({ at }) => at > now - seconds);
  return new Set(recent.map(({ pid, user }) => `${pid} ${user}`)).size;
}
