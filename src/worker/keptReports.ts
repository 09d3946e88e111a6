/**
 * What becomes of reports that have to wait long: neighbours are added up, the shortest first, so that nothing is lost but
 * the seconds in between. Pure.
 *
 * Only what belongs together is added up: the same period, and both of the warm-up or both not. What listeners of `reportToMaster`
 * added cannot be added up by anybody else: a report that has some stays, without its samples.
 */
import type { WorkerHealth } from '../events/index.js';
import { addExceptions, type ReportMessage } from '../link/index.js';
import { type EntryStats, IntervalMerge, type IntervalStats, samplesOf, worse } from '../stats/index.js';

/** A report that was not sent yet, so it has no number, and is whole: pieces are made when it is sent. */
export type KeptReport = Omit<ReportMessage, 'sequence' | 'hasMore'>;

/** What may wait to be sent. */
export interface KeptLimits {
  /** Reports with samples. Default 120: two minutes of seconds. */
  readonly reports: number;
  /** Numbers in all their histograms and entries together. Default 4,000,000, which is at most some 50 MB. */
  readonly cells: number;
}

export const defaultKeptLimits: KeptLimits = { reports: 120, cells: 4_000_000 };

/** Numbers of an entry beside its histogram. */
const entryCells = 16;

/** The same samples within the limits, as far as they can be added up. */
export function condense(reports: readonly KeptReport[], limits: KeptLimits): KeptReport[] {
  const kept = [...reports];
  for (;;) {
    const full = kept.filter((report) => !isBare(report));
    const cells = full.reduce((sum, { interval }) => sum + cellsOf(interval), 0);
    if (full.length <= limits.reports && cells <= limits.cells) return kept;
    const pair = shortestPair(full);
    if (pair === undefined) return kept;
    mergePair(kept, pair[0], pair[1]);
  }
}

/** All samples in these reports. */
export function requestsIn(reports: readonly Pick<ReportMessage, 'interval'>[]): number {
  const all = reports.flatMap(({ interval }) => interval.entries);
  return all.reduce((sum, { ok, failed }) => sum + samplesOf(ok) + samplesOf(failed), 0);
}

function mergePair(kept: KeptReport[], earlier: KeptReport, later: KeptReport): void {
  kept[kept.indexOf(later)] = {
    ...later,
    interval: sumOf(earlier.interval, later.interval),
    exceptions: addExceptions(earlier.exceptions, later.exceptions),
    health: joinedHealth(earlier.health, later.health),
  };
  const at = kept.indexOf(earlier);
  if (hasData(earlier)) kept[at] = withoutSamples(earlier);
  else kept.splice(at, 1);
}

function sumOf(earlier: IntervalStats, later: IntervalStats): IntervalStats {
  const sum = new IntervalMerge(Number.POSITIVE_INFINITY);
  sum.add(earlier);
  sum.add(later);
  const { startTime, isWarmup } = earlier;
  return sum.take({ startTime, seconds: later.startTime + later.seconds - startTime, isWarmup });
}

/** The two neighbours that are shortest together; the earliest of several. */
function shortestPair(full: readonly KeptReport[]): readonly [KeptReport, KeptReport] | undefined {
  let best: readonly [KeptReport, KeptReport] | undefined;
  let bestSeconds = Number.POSITIVE_INFINITY;
  for (const [at, earlier] of full.entries()) {
    const later = full[at + 1];
    if (later === undefined || !belongTogether(earlier, later)) continue;
    const seconds = earlier.interval.seconds + later.interval.seconds;
    if (seconds >= bestSeconds) continue;
    best = [earlier, later];
    bestSeconds = seconds;
  }
  return best;
}

function belongTogether(earlier: KeptReport, later: KeptReport): boolean {
  return earlier.period === later.period && earlier.interval.isWarmup === later.interval.isWarmup;
}

function hasData({ data }: KeptReport): boolean {
  return Object.keys(data).length > 0;
}

/** Nothing is in it but what listeners added. */
function isBare(report: KeptReport): boolean {
  const { entries, errors, cutOff } = report.interval;
  return hasData(report) && entries.length === 0 && errors.length === 0 && cutOff === 0;
}

function withoutSamples(report: KeptReport): KeptReport {
  const interval = { ...report.interval, entries: [], errors: [], cutOff: 0, overflowingNames: [] };
  return { ...report, interval, exceptions: [] };
}

/** Of two stretches of time that become one, in which both spent time in garbage collection. */
function joinedHealth(a: WorkerHealth, b: WorkerHealth): WorkerHealth {
  return { ...worse(a, b), gcMillis: a.gcMillis + b.gcMillis, isSaturated: a.isSaturated || b.isSaturated };
}

function cellsOf({ entries }: IntervalStats): number {
  return entries.reduce((sum, entry) => sum + entryCells + slotsOf(entry), 0);
}

function slotsOf({ ok, failed }: EntryStats): number {
  return (ok?.histogram.slots.length ?? 0) + (failed?.histogram.slots.length ?? 0);
}
