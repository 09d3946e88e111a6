/**
 * The journal of a run as a file: kept by its master, and read by the one that goes on when that one ended. What reads and
 * writes it is loaded when it is asked for: a test without a journal pays nothing for it.
 */
import { TsloadError } from '../errors.js';
import type { IntervalStats, RunStatistics } from '../stats/index.js';
import type { RunAbout } from './journal/records.js';
import type { Journal, RestoredRun } from './journal.js';

export type { RunAbout };

export interface JournalOptions {
  /** Of this tsload. */
  readonly version: string;
  /** SHA-256 of the locustfile's bundle: whoever resumes must have the same. */
  readonly locustfile: string;
  /** Bytes that the file grows by before it begins anew with a snapshot; more where a snapshot is large. Default 8 MiB. */
  readonly compactBytes?: number;
}

export interface KeptJournal extends Journal {
  readonly path: string;
  /** Why it is not kept any more, a sentence that was logged; undefined while it is. */
  readonly failed: string | undefined;
  /**
   * Something of an output's own that belongs to each snapshot: pieces of plain data, each as it is when it is taken, and taken in its own
   * time while seconds are added. They come back by `ResumedRun.replay`.
   */
  part(name: string, pieces: () => Iterable<unknown>): void;
  /** Writes what waits, and leaves the file. May be called twice. Never rejects. */
  close(): Promise<void>;
  /** The run has ended and all its results are written: deletes the file. Never rejects. */
  end(): Promise<void>;
}

export interface PartReplay {
  /** What it is about is so now, whatever was added before. */
  readonly restore: (piece: unknown) => void;
  readonly apply: (interval: IntervalStats) => void;
}

/** The run of a master that ended, as its journal has it. */
export interface ResumedRun {
  readonly path: string;
  readonly about: RunAbout;
  /** For `MasterOptions.restored`. */
  readonly run: RestoredRun;
  /** Seconds since 1970, of the last thing in it: the time from here on had no master. */
  readonly lastTime: number;
  /** What `KeptJournal.part` gave at the last snapshot, and what was measured before and after each piece, in its order. */
  replay(part: string, into: PartReplay): void;
  /**
   * Gives the statistics the numbers of the run; the time without a master is a gap in their history. Throws `TsloadError` JOURNAL
   * for entries that cannot be read.
   */
  restore(statistics: RunStatistics): void;
  /** Goes on with the same file; the statistics are restored. Throws `TsloadError` OUTPUT. */
  keep(statistics: RunStatistics, options?: Pick<JournalOptions, 'compactBytes'>): Promise<KeptJournal>;
}

/** Begins the journal of a run. Throws `TsloadError` OUTPUT when it cannot be written, or there is one already. */
export async function createJournal(
  path: string,
  statistics: RunStatistics,
  options: JournalOptions,
): Promise<KeptJournal> {
  const { RunJournal } = await import('./journal/runJournal.js');
  return RunJournal.create(path, statistics, options);
}

/** Throws `TsloadError` OUTPUT when there is the journal of a run: its results are not to be mixed with those of another. */
export async function checkNoJournal(path: string): Promise<void> {
  const { isJournal, runNotEnded } = await import('./journal/alreadyThere.js');
  if (await isJournal(path)) throw runNotEnded(path);
}

/** Reads the journal of a run. Throws `TsloadError` JOURNAL for a file that is none, is damaged, or of another version. */
export async function loadJournal(path: string): Promise<ResumedRun> {
  const { LoadedJournal } = await import('./journal/loadedJournal.js');
  return LoadedJournal.read(path);
}

/** Throws `TsloadError` JOURNAL unless the run was begun with this locustfile. */
export function checkLocustfile({ path, about }: Pick<ResumedRun, 'path' | 'about'>, locustfile: string): void {
  if (about.locustfile === locustfile) return;
  throw new TsloadError(
    'JOURNAL',
    `the journal ${path} is of a run with another locustfile (SHA-256 ${about.locustfile.slice(0, 12)}… and not ${locustfile.slice(0, 12)}…): give --resume the locustfile that the run began with`,
  );
}
