/**
 * Collects our intervals, one a second, into one of Locust's reports, every three. Pure.
 *
 * What crosses is coarser than what was measured: two digits of a response time from 100 ms on. Counts, sums and extremes cross
 * unchanged.
 */
import {
  type EntryStats,
  type ErrorStats,
  highestMicrosOf,
  type IntervalStats,
  locustBucket,
  locustErrorKey,
  lowestMicrosOf,
  type OutcomeStats,
  samplesOf,
} from '../../stats/index.js';

interface Entry {
  readonly name: string;
  readonly method: string;
  lastRequestTimestamp: number | null;
  readonly startTime: number;
  requests: number;
  untimed: number;
  failures: number;
  totalMicros: number;
  maxMicros: number;
  minMicros: number | null;
  bytes: number;
  readonly buckets: Map<number, number>;
  readonly requestsBySecond: Map<number, number>;
  readonly failuresBySecond: Map<number, number>;
}

interface CollectedError {
  readonly name: string;
  readonly method: string;
  readonly error: string;
  occurrences: number;
  first_seen: number;
  last_seen: number;
}

export class StatsMessage {
  #startTime: number;
  #total: Entry;
  #entries = new Map<string, Entry>();
  #errors = new Map<string, CollectedError>();

  constructor(startTime: number) {
    this.#startTime = startTime;
    this.#total = newEntry('Aggregated', '', startTime);
  }

  add(interval: IntervalStats): void {
    const second = Math.floor(interval.startTime + interval.seconds / 2);
    for (const stats of interval.entries) {
      for (const entry of [this.#entry(stats), this.#total]) addTo(entry, stats, second);
    }
    for (const error of interval.errors) this.#addError(error);
  }

  /** What Locust's master gets; then all is empty. */
  take(now: number): Record<string, unknown> {
    const taken = {
      stats: [...this.#entries.values()].map(fieldsOf),
      stats_total: fieldsOf(this.#total),
      errors: new Map(this.#errors),
    };
    this.reset(now);
    return taken;
  }

  reset(now: number): void {
    this.#startTime = now;
    this.#total = newEntry('Aggregated', '', now);
    this.#entries = new Map();
    this.#errors = new Map();
  }

  #entry({ requestType, name }: EntryStats): Entry {
    const key = JSON.stringify([requestType, name]);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = newEntry(name, requestType, this.#startTime);
      this.#entries.set(key, entry);
    }
    return entry;
  }

  #addError({ requestType: method, name, error, occurrences, firstSeen, lastSeen }: ErrorStats): void {
    const key = locustErrorKey(method, name, error);
    const known = this.#errors.get(key);
    if (known === undefined) {
      this.#errors.set(key, { name, method, error, occurrences, first_seen: firstSeen, last_seen: lastSeen });
      return;
    }
    known.occurrences += occurrences;
    known.first_seen = Math.min(known.first_seen, firstSeen);
    known.last_seen = Math.max(known.last_seen, lastSeen);
  }
}

function newEntry(name: string, method: string, startTime: number): Entry {
  return {
    name,
    method,
    lastRequestTimestamp: null,
    startTime,
    requests: 0,
    untimed: 0,
    failures: 0,
    totalMicros: 0,
    maxMicros: 0,
    minMicros: null,
    bytes: 0,
    buckets: new Map(),
    requestsBySecond: new Map(),
    failuresBySecond: new Map(),
  };
}

function addTo(entry: Entry, stats: EntryStats, second: number): void {
  entry.lastRequestTimestamp = Math.max(entry.lastRequestTimestamp ?? 0, stats.lastRequestTimestamp);
  for (const outcome of [stats.ok, stats.failed]) {
    if (outcome === undefined) continue;
    const samples = samplesOf(outcome);
    entry.requests += samples;
    increase(entry.requestsBySecond, second, samples);
    addTimes(entry, outcome);
  }
  const failures = samplesOf(stats.failed);
  if (failures === 0) return;
  entry.failures += failures;
  increase(entry.failuresBySecond, second, failures);
}

function addTimes(entry: Entry, stats: OutcomeStats): void {
  entry.untimed += stats.untimed;
  entry.bytes += stats.bytes;
  if (stats.timed === 0) return;
  entry.totalMicros += stats.totalMicros;
  entry.maxMicros = Math.max(entry.maxMicros, stats.maxMicros);
  entry.minMicros = Math.min(entry.minMicros ?? Infinity, stats.minMicros);
  const { slots, counts } = stats.histogram;
  for (let at = 0; at < slots.length; at++) {
    const middle = (lowestMicrosOf(slots[at]!) + highestMicrosOf(slots[at]!)) / 2;
    increase(entry.buckets, locustBucket(middle / 1000), counts[at]!);
  }
}

function increase(counts: Map<number, number>, key: number, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function fieldsOf(entry: Entry): Record<string, unknown> {
  return {
    name: entry.name,
    method: entry.method,
    last_request_timestamp: entry.lastRequestTimestamp,
    start_time: entry.startTime,
    num_requests: entry.requests,
    num_none_requests: entry.untimed,
    num_failures: entry.failures,
    total_response_time: entry.totalMicros / 1000,
    max_response_time: entry.maxMicros / 1000,
    min_response_time: entry.minMicros === null ? null : entry.minMicros / 1000,
    total_content_length: entry.bytes,
    response_times: entry.buckets,
    num_reqs_per_sec: entry.requestsBySecond,
    num_fail_per_sec: entry.failuresBySecond,
  };
}
