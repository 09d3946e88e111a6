/**
 * What a journal says, record by record. To read it from the beginning and do what each record says gives the run as it was:
 * the statistics to the last number, and all that a master needs to go on.
 *
 * A file begins with a snapshot, which is made in many turns of the event loop while the run goes on: first the state, then in
 * records of their own
 *
 *   items      what belongs to the state as well: as it was when the state was written
 *   entries    numbers of some entries, as they are where the record stands, whatever was added to them before
 *   part       some of what an output keeps of its own, likewise
 *   complete   the snapshot ends here
 *
 * with the changes of that time between them.
 */
import type { HistoryPoint } from '../../events/index.js';
import type { RunSetup } from '../../link/index.js';
import type {
  EntryName,
  ErrorStats,
  ExceptionSnapshot,
  IntervalStats,
  StatisticsSnapshot,
  Tick,
  UserException,
  WorkerSnapshot,
} from '../../stats/index.js';
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

/** The lists of a state, which may be long. */
export interface StateItems {
  readonly workers: readonly RestoredWorker[];
  readonly names: readonly EntryName[];
  readonly errors: readonly ErrorStats[];
  readonly exceptions: readonly ExceptionSnapshot[];
  readonly points: readonly HistoryPoint[];
  readonly lines: readonly WorkerSnapshot[];
}

export type ItemsRecord = { readonly kind: 'items' } & Partial<StateItems>;

/** All that there is to know but `StateItems`. */
export interface StateStatistics
  extends Omit<StatisticsSnapshot, 'total' | 'entries' | 'errors' | 'exceptions' | 'history' | 'workers'> {
  /** As bytes, see `entryBytes.ts`. */
  readonly total: Uint8Array;
  /** Seconds that a point of the history stands for. */
  readonly resolution: number;
}

/** Numbers of entries, see `entryBytes.ts`. */
export interface EntriesRecord {
  readonly kind: 'entries';
  readonly packed: Uint8Array;
}

/** Of an output that keeps something of its own: plain data. */
export interface PartRecord {
  readonly kind: 'part';
  readonly name: string;
  readonly piece: unknown;
}

/** Everything that the records of the file before said. */
export interface StateRecord {
  readonly kind: 'state';
  readonly about: RunAbout;
  /** Seconds since 1970, of the last thing that was noted. */
  readonly time: number;
  readonly setup: RunSetup | undefined;
  readonly test: number;
  readonly period: number;
  readonly running: TestRecord | undefined;
  readonly load: Load | undefined;
  readonly isSpawned: boolean;
  readonly statistics: StateStatistics;
}

export type SnapshotRecord = StateRecord | ItemsRecord | EntriesRecord | PartRecord | { readonly kind: 'complete' };

export type JournalRecord =
  | SnapshotRecord
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
export type ChangeRecord = Exclude<JournalRecord, SnapshotRecord>;
