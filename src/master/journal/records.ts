/**
 * What a journal says, record by record. To read it from the beginning and do what each record says gives the run as it was:
 * the statistics to the last number, and all that a master needs to go on.
 */
import type { RunSetup } from '../../link/index.js';
import type { IntervalStats, StatisticsSnapshot, Tick, UserException } from '../../stats/index.js';
import type { CountedReport, RestoredWorker, TestRecord } from '../journal.js';
import type { Load } from '../load.js';

/** Of which run it is, for who wants to go on with it. */
export interface RunAbout {
  /** Of the tsload that began the run. */
  readonly version: string;
  /** SHA-256 of the locustfile's bundle. */
  readonly locustfile: string;
  /** Seconds since 1970. */
  readonly startedAt: number;
  /** Whatever the one who keeps the journal needs to go on: plain data. */
  readonly settings: unknown;
}

/** A merged second, workers by index. */
export interface StoredSecond {
  readonly interval: IntervalStats;
  readonly workers: readonly StoredWorkerInterval[];
}

/** See `WorkerInterval`. */
export interface StoredWorkerInterval {
  readonly index: number;
  readonly startTime: number;
  readonly seconds: number;
  readonly isWarmup: boolean;
  readonly userCount: number;
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly loopDelayMillis: number;
  readonly loopUtilisation: number;
  readonly gcMillis: number;
  readonly isSaturated: boolean;
}

export type StoredCount = Omit<CountedReport, 'worker'> & { readonly index: number };

export interface AppliedRecord {
  readonly kind: 'applied';
  readonly seconds: readonly StoredSecond[];
  readonly exceptions: readonly UserException[];
  readonly counted: readonly StoredCount[];
  readonly tick: Tick | undefined;
}

/** Everything that the records before it said; it stands at the beginning of a file. */
export interface StateRecord {
  readonly kind: 'state';
  readonly about: RunAbout;
  /** Seconds since 1970, of the last thing that was noted. */
  readonly time: number;
  readonly setup: RunSetup | undefined;
  readonly test: number;
  readonly period: number;
  readonly workers: readonly RestoredWorker[];
  readonly running: TestRecord | undefined;
  readonly load: Load | undefined;
  readonly isSpawned: boolean;
  readonly statistics: StatisticsSnapshot;
  /** Of outputs that keep something of their own, by name. */
  readonly parts: Readonly<Record<string, unknown>>;
}

export type JournalRecord =
  | StateRecord
  | { readonly kind: 'setup'; readonly setup: RunSetup }
  | { readonly kind: 'worker'; readonly id: string; readonly index: number; readonly graceSeconds: number }
  | { readonly kind: 'workerLost'; readonly id: string; readonly at: number; readonly since: number }
  | { readonly kind: 'workerGone'; readonly id: string }
  | { readonly kind: 'workerForgotten'; readonly id: string }
  | { readonly kind: 'workerFound'; readonly id: string }
  | { readonly kind: 'testStarted'; readonly test: TestRecord }
  | { readonly kind: 'targetChanged'; readonly load: Load }
  | { readonly kind: 'spawned' }
  | { readonly kind: 'testStopped'; readonly test: number }
  | { readonly kind: 'cleared'; readonly period: number; readonly time: number }
  | { readonly kind: 'totalsBegun'; readonly time: number }
  | { readonly kind: 'reset'; readonly period: number; readonly time: number }
  | AppliedRecord;

/** Records that change what `RunFacts` holds or the statistics. */
export type ChangeRecord = Exclude<JournalRecord, StateRecord>;
