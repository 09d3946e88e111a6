/** All that statistics say, as plain data: for tests that two of them say the same. */
import type { EntryView, Outcome } from '../../../src/events/index.js';
import { type RunStatistics, reportedQuantiles } from '../../../src/stats/index.js';

const outcomes: readonly Outcome[] = ['all', 'ok', 'failed'];
const quantiles = [0, 0.25, ...reportedQuantiles];

/** In every outcome, current numbers included. */
export function everyNumber(statistics: RunStatistics) {
  const { errors, exceptions, history, cutOff, warmupRequests, saturatedSeconds, isNameCapReached } = statistics;
  return {
    total: everyNumberOf(statistics.total),
    entries: statistics.entries().map(everyNumberOf),
    errors: errors.map(({ method, name, error, occurrences, firstSeen, lastSeen, samples }) => {
      return { method, name, error, occurrences, firstSeen, lastSeen, samples };
    }),
    exceptions: exceptions.map(({ count, message, traceback, nodes }) => ({ count, message, traceback, nodes })),
    history: [...history],
    workers: statistics.workers.map(({ id, saturatedSeconds: saturated, lostAt, unreportedSeconds }) => {
      return { id, saturated, lostAt, unreportedSeconds };
    }),
    forgottenLost: statistics.forgottenLost,
    sums: { cutOff, warmupRequests, saturatedSeconds, isNameCapReached },
  };
}

function everyNumberOf(entry: EntryView) {
  return {
    method: entry.method,
    name: entry.name,
    startTime: entry.startTime,
    lastRequestTimestamp: entry.lastRequestTimestamp,
    isCoarse: entry.isCoarse,
    lines: outcomes.map((outcome) => numbersOf(entry, outcome)),
  };
}

function numbersOf(entry: EntryView, outcome: Outcome) {
  const line = entry.only(outcome);
  return {
    requests: line.numRequests,
    failures: line.numFailures,
    untimed: line.numNoneRequests,
    sum: line.totalResponseTime,
    min: line.minResponseTime,
    max: line.maxResponseTime,
    bytes: line.totalContentLength,
    rates: [line.totalRps, line.totalFailPerSec, line.currentRps, line.currentFailPerSec],
    percentiles: quantiles.map((quantile) => line.percentile(quantile)),
    current: quantiles.map((quantile) => line.currentPercentile(quantile)),
    times: [...line.responseTimes()],
    count: entry.count(outcome),
  };
}
