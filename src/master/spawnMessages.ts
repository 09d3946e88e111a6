/**
 * Turns a step into what each worker has to be told: only what changes for it. Pure.
 */
import type { PlannedStarts, SpawnMessage } from '../link/index.js';
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
  readonly counts: Record<string, number>;
  readonly ranks: Map<string, number[]>;
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
  for (const worker of everyone) draftOf(drafts, worker);
  for (const { worker, userClass } of step.stops) {
    draftOf(drafts, worker).counts[userClass] = change(told, worker, userClass, -1);
  }
  for (const [rank, { worker, userClass }] of step.starts.entries()) {
    const draft = draftOf(drafts, worker);
    draft.counts[userClass] = change(told, worker, userClass, 1);
    const ranks = draft.ranks.get(userClass);
    if (ranks === undefined) draft.ranks.set(userClass, [rank]);
    else ranks.push(rank);
  }
  return new Map([...drafts].map(([worker, draft]) => [worker, message(draft, times)]));
}

function message({ counts, ranks }: Draft, times: StepTimes): SpawnMessage {
  const starts: PlannedStarts[] = [...ranks].map(([userClass, of]) => ({ userClass, ranks: of }));
  return { kind: 'spawn', ...times, counts, starts };
}

function draftOf(drafts: Map<string, Draft>, worker: string): Draft {
  let draft = drafts.get(worker);
  if (draft === undefined) {
    draft = { counts: {}, ranks: new Map() };
    drafts.set(worker, draft);
  }
  return draft;
}

function change(told: ToldCounts, worker: string, userClass: string, by: number): number {
  let counts = told.get(worker);
  if (counts === undefined) {
    counts = new Map();
    told.set(worker, counts);
  }
  const count = (counts.get(userClass) ?? 0) + by;
  counts.set(userClass, count);
  return count;
}
