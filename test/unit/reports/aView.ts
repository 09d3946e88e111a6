/**
 * Builders of literal statistics, for tests of a format. What outputs make of real statistics is in `agreement.test.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntryView, ErrorView, ExceptionView, Outcome, StatisticsView } from '../../../src/events/index.js';

/** An entry without requests, save what the test is about. */
export function anEntry(about: Partial<EntryView> = {}): EntryView {
  const entry: EntryView = {
    method: 'GET',
    name: '/',
    numRequests: 0,
    numFailures: 0,
    numNoneRequests: 0,
    totalResponseTime: 0,
    minResponseTime: null,
    maxResponseTime: 0,
    avgResponseTime: 0,
    medianResponseTime: 0,
    totalContentLength: 0,
    avgContentLength: 0,
    failRatio: 0,
    totalRps: 0,
    totalFailPerSec: 0,
    currentRps: 0,
    currentFailPerSec: 0,
    startTime: 1_700_000_000,
    lastRequestTimestamp: null,
    isCoarse: false,
    percentile: () => 0,
    currentPercentile: () => null,
    responseTimes: () => [],
    count: () => 0,
    only: () => entry,
    ...about,
  };
  return entry;
}

/** An entry whose samples took these milliseconds. */
export function timed(times: readonly number[], about: Partial<EntryView> = {}): EntryView {
  const sorted = [...times].sort((a, b) => a - b);
  const sum = sorted.reduce((total, time) => total + time, 0);
  const percentile = (quantile: number) => sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? 0;
  return anEntry({
    numRequests: sorted.length,
    totalResponseTime: sum,
    minResponseTime: sorted[0] ?? null,
    maxResponseTime: sorted.at(-1) ?? 0,
    avgResponseTime: sorted.length === 0 ? 0 : sum / sorted.length,
    medianResponseTime: percentile(0.5),
    percentile,
    responseTimes: () => [...new Set(sorted)].map((time) => [time, sorted.filter((each) => each === time).length]),
    count: (outcome: Outcome) => (outcome === 'failed' ? 0 : sorted.length),
    ...about,
  });
}

export interface AView extends Partial<Omit<StatisticsView, 'entries'>> {
  readonly entries?: readonly EntryView[];
}

export function aView({ entries = [], ...about }: AView = {}): StatisticsView {
  return {
    entries: () => entries,
    entry: (name, method) => entries.find((entry) => entry.name === name && entry.method === method),
    total: anEntry({ method: '', name: 'Aggregated' }),
    errors: [],
    exceptions: [],
    history: [],
    cutOff: 0,
    warmupRequests: 0,
    saturatedSeconds: 0,
    workers: [],
    forgottenLost: { count: 0, lastLostAt: null, unreportedSeconds: 0 },
    isNameCapReached: false,
    ...about,
  };
}

export function anError(about: Partial<ErrorView> = {}): ErrorView {
  return {
    method: 'GET',
    name: '/',
    error: 'HTTP 500',
    occurrences: 1,
    firstSeen: 1_700_000_000.25,
    lastSeen: 1_700_000_001.75,
    samples: [],
    ...about,
  };
}

export function anException(about: Partial<ExceptionView> = {}): ExceptionView {
  return { count: 1, message: 'boom', traceback: 'Error: boom\n    at buy (shop.ts:3:9)', nodes: ['local'], ...about };
}

/** A folder that is gone with the block: `using folder = aFolder()`. */
export function aFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'tsload-reports-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
