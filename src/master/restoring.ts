/**
 * A master goes on where another one ended: its workers are missing at first, and come back with what they are doing.
 */
import type { IterationLimit, LinkVitals, MasterEnd } from '../link/index.js';
import { getLogger } from '../log.js';
import type { Crew } from './crew.js';
import type { RestoredRun, RestoredWorker, TestRecord } from './journal.js';
import { WorkerNode } from './workerNode.js';

const log = getLogger('tsload.runners');

/** Takes over what is known of all workers. Those that nobody gave up count as missing from now on. */
export function restoreCrew(crew: Crew, { workers, period, running, lastTime }: RestoredRun): void {
  crew.reports.restore({ period, workers });
  for (const { id, index, graceSeconds, isGone } of workers) {
    crew.identities.restore(id, index);
    if (isGone || running === undefined) crew.departed.left(id, graceSeconds, performance.now());
  }
  if (running === undefined) return;
  crew.grants.begin(running.test, running.settings.iterations);
  crew.grants.hold();
  for (const worker of workers) {
    if (worker.iterations !== undefined) crew.grants.credit(worker.id, worker.iterations.finished);
    if (!worker.isGone) crew.workers.add(expected(worker, running, lastTime));
  }
  const names = crew.workers.ids.join(', ');
  if (names !== '') log.info(`the run that a former master began goes on when its workers are back: ${names}`);
}

/**
 * Every worker of the former master is back, or is not waited for any more. With `iterations` of a total also one whose lease is over
 * is waited for: nobody else knows which of them it has finished.
 */
export function areAllBack(crew: Crew, iterations: IterationLimit | undefined): boolean {
  const isTotal = iterations?.kind === 'total';
  return crew.workers.every(({ link, isReplaced }) => !(link instanceof AbsentLink) || (isReplaced && !isTotal));
}

function expected(
  { id, index, graceSeconds }: RestoredWorker,
  { test, startTime }: TestRecord,
  heardAt: number,
): WorkerNode {
  const worker = new WorkerNode(id, index, graceSeconds, new AbsentLink(), heardAt);
  worker.isMissing = true;
  worker.toldTest = test;
  worker.enteredAt = startTime;
  return worker;
}

/** Nobody is there yet: a worker that comes back brings its own link. */
class AbsentLink implements MasterEnd {
  readonly vitals: LinkVitals = {
    isUp: false,
    provenAt: performance.now(),
    roundTripMillis: undefined,
    clockOffsetSeconds: 0,
  };
  listen(): void {}
  send(): void {}
  close(): void {}
}
