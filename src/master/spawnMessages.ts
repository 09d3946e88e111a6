/**
 * Turns a step into what each worker has to be told: only what changes for it. Pure.
 */
import type { SpawnMessage } from '../link/index.js';
import type { Step } from './dispatcher.js';

export interface StepTimes {
  readonly test: number;
  readonly step: number;
  /** Seconds since 1970. */
  readonly startTime: number;
  readonly spacingSeconds: number;
  readonly isLast: boolean;
}

/** How many users of each class every worker was told to have. */
export type ToldCounts = Map<string, Map<string, number>>;

interface Draft {
  readonly told: Map<string, number>;
  readonly counts: Record<string, number>;
  /** One for each class: a step touches few classes of a worker. */
  readonly starts: { readonly userClass: string; readonly ranks: number[] }[];
}

/**
 * A message for each worker that the step touches, and for all of `everyone`. `told` is brought up to date.
 */
export function spawnMessages(
  step: Step,
  times: StepTimes,
  told: ToldCounts,
  everyone: Iterable<string>,
): Map<string, SpawnMessage> {
  const drafts = new Map<string, Draft>();
  for (const worker of everyone) draftOf(drafts, told, worker);
  for (const { worker, userClass } of step.stops) change(draftOf(drafts, told, worker), userClass, -1);
  let rank = 0;
  for (const { worker, userClass } of step.starts) {
    const draft = draftOf(drafts, told, worker);
    change(draft, userClass, 1);
    ranksOf(draft.starts, userClass).push(rank++);
  }
  const { test, step: number, startTime, spacingSeconds, isLast } = times;
  const messages = new Map<string, SpawnMessage>();
  for (const [worker, { counts, starts }] of drafts) {
    messages.set(worker, { kind: 'spawn', test, step: number, startTime, spacingSeconds, isLast, counts, starts });
  }
  return messages;
}

function draftOf(drafts: Map<string, Draft>, told: ToldCounts, worker: string): Draft {
  const known = drafts.get(worker);
  if (known !== undefined) return known;
  const draft: Draft = { told: toldTo(told, worker), counts: {}, starts: [] };
  drafts.set(worker, draft);
  return draft;
}

function toldTo(told: ToldCounts, worker: string): Map<string, number> {
  const known = told.get(worker);
  if (known !== undefined) return known;
  const counts = new Map<string, number>();
  told.set(worker, counts);
  return counts;
}

function ranksOf(starts: Draft['starts'], userClass: string): number[] {
  for (const of of starts) if (of.userClass === userClass) return of.ranks;
  const ranks: number[] = [];
  starts.push({ userClass, ranks });
  return ranks;
}

function change({ told, counts }: Draft, userClass: string, by: number): void {
  const count = (told.get(userClass) ?? 0) + by;
  told.set(userClass, count);
  counts[userClass] = count;
}
