/** What must hold after a scenario. */
import { expect } from 'vitest';
import type { Ended } from './ending.js';
import { mostUsersAtOnce, underWaySince } from './hits.js';

/** Seconds that a user who is moved may overlap with itself: the request that is under way there when it starts here. */
const moveSeconds = 0.3;

/** So many lost workers have a line of their own. */
const shownNames = 5;

/** Every request that the target has seen is in the numbers, once; and nothing is left. */
export function expectNothingLost(ended: Ended, users = 6): void {
  expect(ended.missing, transcript(ended)).toEqual({});
  expect([ended.cutOff, ended.failures], transcript(ended)).toEqual([0, 0]);
  expect(ended.lost).toEqual([]);
  expect(ended.master.stderr).not.toMatch(/^lost:/m);
  expectCleanEnd(ended, users);
}

/**
 * What these workers measured last is missing, and the outputs name worker and time: no request is missing that was made before
 * that. All other requests are there. Returns how many are missing.
 */
export function expectLossOf(ended: Ended, workers: readonly string[], users = 6): number {
  const { missing, lost } = ended;
  expect(lost.map(({ id }) => id).sort(), transcript(ended)).toEqual([...workers].sort());
  expect(
    Object.keys(missing).filter((id) => !workers.includes(id)),
    transcript(ended),
  ).toEqual([]);
  for (const [place, { id, lost_at, unreported_seconds }] of lost.entries()) {
    const since = (lost_at ?? 0) - unreported_seconds;
    const own = ended.hits.filter(({ worker }) => worker === id);
    const after = underWaySince(own, since - 0.2).length;
    expect(missing[id] ?? 0, `${id}\n${transcript(ended)}`).toBeGreaterThanOrEqual(0);
    expect(missing[id] ?? 0, `${id}, in ${unreported_seconds} s\n${transcript(ended)}`).toBeLessThanOrEqual(after);
    const line = new RegExp(`^lost: worker ${id}, last heard of at [\\d:]+ UTC`, 'm');
    if (place < shownNames) expect(ended.master.stderr).toMatch(line);
  }
  expect(ended.cutOff).toBe(0);
  expectCleanEnd(ended, users);
  return Object.values(missing).reduce((sum, count) => sum + count, 0);
}

export function expectCleanEnd(ended: Ended, users: number): void {
  expect(mostUsersAtOnce(ended.hits, moveSeconds), transcript(ended)).toBeLessThanOrEqual(users);
  expect(ended.left, transcript(ended)).toEqual([]);
}

export function transcript({ master, workers }: Ended): string {
  return [master, ...workers].map(({ code, signal, stderr }) => `--- ${code ?? signal}\n${tail(stderr)}`).join('\n');
}

function tail(text: string): string {
  return text.length < 6000 ? text : `${text.slice(0, 1500)}\n…\n${text.slice(-4500)}`;
}
