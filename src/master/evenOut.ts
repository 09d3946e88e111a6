/**
 * Spreads users over workers that came or stayed, so that no two differ by more than one user, and as few as possible move.
 *
 * Pure. Locust places all users anew as if from zero instead, which moves most of them where several classes are about. How many
 * users each worker gets is the same in both; which classes they are of is not.
 */
import type { Slot } from './slot.js';

export interface Move {
  readonly slot: Slot;
  readonly classIndex: number;
}

export interface Moves {
  /** In turn over the workers that get some. */
  readonly starts: readonly Move[];
  readonly stops: readonly Move[];
}

/**
 * `slots`: who takes part, in dispatch order, at least one. `homeless`: users whose worker is gone; all of them are placed.
 * What each slot holds is brought up to date.
 */
export function evenOut(slots: readonly Slot[], homeless: Slot): Moves {
  const shares = fairShares(slots, homeless);
  const quotas = quotasOf(slots, homeless.total);
  const stops: Move[] = [];
  for (const [at, slot] of slots.entries()) {
    while (slot.total > quotas[at]!) {
      const classIndex = mostOf(slot.counts, shares, 1);
      slot.take(classIndex);
      homeless.add(classIndex);
      stops.push({ slot, classIndex });
    }
  }
  return { stops, starts: deal(slots, quotas, homeless, shares) };
}

/** Users of each class that an even spread would give each worker. */
function fairShares(slots: readonly Slot[], homeless: Slot): number[] {
  return [...homeless.counts].map((count, classIndex) => {
    const sum = slots.reduce((total, { counts }) => total + counts[classIndex]!, count);
    return sum / slots.length;
  });
}

/** What does not divide evenly stays with those who have it, or goes to the first ones. */
function quotasOf(slots: readonly Slot[], homeless: number): number[] {
  const total = slots.reduce((sum, slot) => sum + slot.total, homeless);
  const base = Math.floor(total / slots.length);
  const quotas = slots.map(() => base);
  let rest = total - base * slots.length;
  for (const wantsMore of [true, false]) {
    for (let at = 0; at < slots.length && rest > 0; at++) {
      if (slots[at]!.total > base !== wantsMore) continue;
      quotas[at]!++;
      rest--;
    }
  }
  return quotas;
}

/** Gives each worker what it lacks, one user at a time. */
function deal(
  slots: readonly Slot[],
  quotas: readonly number[],
  homeless: Slot,
  shares: readonly number[],
): readonly Move[] {
  const starts: Move[] = [];
  let lacking = slots.map((slot, at) => ({ slot, quota: quotas[at]! }));
  while (homeless.total > 0) {
    lacking = lacking.filter(({ slot, quota }) => slot.total < quota);
    for (const { slot } of lacking) {
      const classIndex = leastOf(slot, shares, homeless);
      homeless.take(classIndex);
      slot.add(classIndex);
      starts.push({ slot, classIndex });
    }
  }
  return starts;
}

/** The class of which there are the most beyond its share; there is at least one user of it. */
function mostOf(counts: Uint32Array, shares: readonly number[], least: number): number {
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < counts.length; index++) {
    const beyond = counts[index]! - shares[index]!;
    if (counts[index]! < least || beyond <= most) continue;
    best = index;
    most = beyond;
  }
  return best;
}

/** The class that a worker lacks most, of those that are to be had. */
function leastOf(slot: Slot, shares: readonly number[], homeless: Slot): number {
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < shares.length; index++) {
    const lacking = shares[index]! - slot.counts[index]!;
    if (homeless.counts[index]! === 0 || lacking <= most) continue;
    best = index;
    most = lacking;
  }
  return best;
}
