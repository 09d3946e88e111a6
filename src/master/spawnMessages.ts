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

/** A message in the making. */
interface Draft extends SpawnMessage {
  readonly counts: Record<string, number>;
  /** One for each class: a step touches few classes of a worker. */
  starts: readonly Start[];
}

interface Start {
  readonly userClass: string;
  readonly ranks: number[];
}

const nobody: readonly Start[] = [];

/**
 * A message for each worker that the step touches, and for all of `everyone`. `told` is brought up to date.
 *
 * Hot for a fast ramp over many workers, whose steps have a message for each: nothing is made but what is sent, and a list begins
 * as long as it needs to be.
 */
export function spawnMessages(
  step: Step,
  times: StepTimes,
  told: ToldCounts,
  everyone: Iterable<string>,
): Map<string, SpawnMessage> {
  const drafts = new Map<string, Draft>();
  for (const worker of everyone) draftFor(worker, drafts, times);
  for (const { worker, userClass } of step.stops) change(draftFor(worker, drafts, times), told, worker, userClass, -1);
  let rank = 0;
  for (const { worker, userClass } of step.starts) {
    const draft = draftFor(worker, drafts, times);
    change(draft, told, worker, userClass, 1);
    addStart(draft, userClass, rank++);
  }
  return drafts;
}

function draftFor(worker: string, drafts: Map<string, Draft>, times: StepTimes): Draft {
  const known = drafts.get(worker);
  if (known !== undefined) return known;
  const { test, step, startTime, spacingSeconds, isLast } = times;
  const draft: Draft = {
    kind: 'spawn',
    test,
    step,
    startTime,
    spacingSeconds,
    isLast,
    counts: {},
    starts: nobody,
  };
  drafts.set(worker, draft);
  return draft;
}

function change({ counts }: Draft, told: ToldCounts, worker: string, userClass: string, by: number): void {
  let toldOfWorker = told.get(worker);
  if (toldOfWorker === undefined) {
    toldOfWorker = new Map();
    told.set(worker, toldOfWorker);
  }
  const count = (toldOfWorker.get(userClass) ?? 0) + by;
  toldOfWorker.set(userClass, count);
  counts[userClass] = count;
}

function addStart(draft: Draft, userClass: string, rank: number): void {
  for (const of of draft.starts) {
    if (of.userClass === userClass) {
      of.ranks.push(rank);
      return;
    }
  }
  draft.starts = [...draft.starts, { userClass, ranks: [rank] }];
}
