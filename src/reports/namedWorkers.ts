/**
 * The workers of which there is something to say: those that were saturated or are lost. Pure. The worker of a one-process run
 * is named nowhere: what there is to say of it is said of the run.
 */
import type { StatisticsView, WorkerView } from '../events/index.js';

/** In an output that is for people, and in one for programs. */
const shownNames = 5;
const listedNames = 100;

const localWorker = 'local';

/** The longest first. */
export function saturatedWorkers({ workers }: StatisticsView): readonly WorkerView[] {
  const saturated = workers.filter(({ id, saturatedSeconds }) => id !== localWorker && saturatedSeconds > 0);
  return saturated.sort((a, b) => b.saturatedSeconds - a.saturatedSeconds);
}

/** In the order in which they were last heard of. */
export function lostWorkers({ workers }: StatisticsView): readonly WorkerView[] {
  return workers.filter(({ lostAt }) => lostAt !== null).sort((a, b) => (a.lostAt ?? 0) - (b.lostAt ?? 0));
}

/** Lost ones first, and not more than an output can bear. */
export function listedWorkers(view: StatisticsView): readonly WorkerView[] {
  return [...new Set([...lostWorkers(view), ...saturatedWorkers(view)])].slice(0, listedNames);
}

/** Lost and saturated ones that are not among the listed. */
export function unlistedWorkers(view: StatisticsView): number {
  const all = new Set([...lostWorkers(view), ...saturatedWorkers(view)]);
  return Math.max(0, all.size - listedNames) + view.forgottenLost.count;
}

/** Lines for a reader of the tables; none when there is nothing to say. */
export function workerLines(view: StatisticsView): readonly string[] {
  const saturated = saturatedWorkers(view);
  const lost = lostWorkers(view);
  const names = saturated
    .slice(0, shownNames)
    .map(({ id, saturatedSeconds: seconds }) => `${id} (${shortSeconds(seconds)} s)`);
  const more = saturated.length - names.length;
  const moreLost = Math.max(0, lost.length - shownNames) + view.forgottenLost.count;
  return [
    ...(saturated.length === 0
      ? []
      : [`saturated workers: ${names.join(', ')}${more > 0 ? `, and ${more} more` : ''}`]),
    ...lost.slice(0, shownNames).map(lostLine),
    ...(moreLost > 0 ? [`lost: and ${moreLost} more`] : []),
  ];
}

function lostLine({ id, lostAt, unreportedSeconds }: WorkerView): string {
  const at = new Date((lostAt ?? 0) * 1000).toISOString().slice(11, 19);
  const seconds = shortSeconds(unreportedSeconds);
  const untilThen = seconds === '0' ? '' : `of its last ${seconds} s until then, and `;
  return `lost: worker ${id}, last heard of at ${at} UTC; ${untilThen}of what it did later, nothing is in any number`;
}

/** Whole, but for short times. */
function shortSeconds(seconds: number): string {
  return seconds < 10 ? String(Number(seconds.toFixed(1))) : seconds.toFixed(0);
}
