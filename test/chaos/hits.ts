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

/** Seconds between a request of a user and its next one. */
export const pauseSeconds = 0.2;

/** How many requests so many users make in so many seconds, at most. */
export function mostRequestsIn(seconds: number, users: number): number {
  return users * Math.ceil(seconds / pauseSeconds);
}

/**
 * Requests that may have been under way at that moment, or later. A user makes one at a time: it has had its answer by a pause before
 * its next one. The moments of the target alone do not say so, as the worker may stand still before it takes in the answer.
 */
export function underWaySince(hits: readonly Hit[], moment: number): readonly Hit[] {
  return [...byUser(hits).values()].flatMap((own) =>
    own.filter((_, index) => (own[index + 1]?.at ?? Number.POSITIVE_INFINITY) - pauseSeconds + timerSeconds >= moment),
  );
}

/** For so long a process may stand still because the machine is busy; longer is what tests do to it. */
const standstillSeconds = 2;

/** A timer of Node may fire so much too early. */
const timerSeconds = 0.005;

/**
 * The most users that were there at one moment: each from its first request to its last, or so many seconds before that, as one who
 * is moved may have a request under way; or to the one before its last, as a process that stood still for a moment makes the next
 * request of each user before it reads that it has to stop them.
 */
export function mostUsersAtOnce(hits: readonly Hit[], slackSeconds: number): number {
  const edges = [...byUser(hits).values()].flatMap((own) => {
    const [first, last] = [own[0]!.at, own.at(-1)!.at];
    const beforeStandstill = Math.max(own.at(-2)?.at ?? first, last - standstillSeconds);
    const end = Math.min(last - slackSeconds, beforeStandstill);
    return [
      { at: first, step: 1 },
      { at: Math.max(first, end), step: -1 },
    ];
  });
  edges.sort((a, b) => a.at - b.at || a.step - b.step);
  let [now, most] = [0, 0];
  for (const { step } of edges) {
    now += step;
    most = Math.max(most, now);
  }
  return most;
}

/** In their order. */
function byUser(hits: readonly Hit[]): ReadonlyMap<string, readonly Hit[]> {
  const found = new Map<string, Hit[]>();
  for (const hit of [...hits].sort((a, b) => a.at - b.at)) {
    const key = `${hit.pid} ${hit.user}`;
    const own = found.get(key) ?? [];
    found.set(key, own);
    own.push(hit);
  }
  return found;
}

/** Users of whom there was a request within the last so many seconds. */
export function activeUsers(hits: readonly Hit[], seconds: number, now: number): number {
  const recent = hits.filter(({ at }) => at > now - seconds);
  return new Set(recent.map(({ pid, user }) => `${pid} ${user}`)).size;
}
