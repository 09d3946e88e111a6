/**
 * A journal that was read: the run of a master that ended, for the one that goes on with it.
 */
import { readFile } from 'node:fs/promises';
import { epochSeconds } from '../../clock.js';
import { LinkError, TsloadError } from '../../errors.js';
import { getLogger, systemReason } from '../../log.js';
import type { RunStatistics, WorkerInterval } from '../../stats/index.js';
import { readVersion } from '../../version.js';
import type { RestoredRun } from '../journal.js';
import type { JournalOptions, KeptJournal, PartReplay, ResumedRun } from '../keptJournal.js';
import { unpack } from './encodeRecord.js';
import { unpackedEntries } from './entryBytes.js';
import { type Frames, readFrames } from './frames.js';
import { readRecord } from './readRecord.js';
import type {
  AppliedRecord,
  ItemsRecord,
  JournalRecord,
  RunAbout,
  StateItems,
  StateRecord,
  StoredWorkerInterval,
} from './records.js';
import { RunFacts } from './runFacts.js';
import { RunJournal } from './runJournal.js';

const log = getLogger('tsload.runners');

export class LoadedJournal implements ResumedRun {
  readonly about: RunAbout;
  readonly #facts = new RunFacts();
  readonly #ids = new Map<number, string>();

  private constructor(
    readonly path: string,
    private readonly state: StateRecord,
    private readonly items: StateItems,
    /** All that follow the state, in their order, but for its items. */
    private readonly records: readonly FollowingRecord[],
    private readonly wholeBytes: number,
    private readonly tornBytes: number,
  ) {
    this.about = state.about;
    this.#facts.restore(state, items.workers);
    for (const { id, index } of items.workers) this.#ids.set(index, id);
    for (const record of records) {
      if (record.kind === 'worker') this.#ids.set(record.index, record.id);
      if (record.kind !== 'entries' && record.kind !== 'part') this.#facts.take(record);
    }
  }

  /** Throws `TsloadError` JOURNAL for a file that is no journal, or none that can be gone on with. */
  static async read(path: string): Promise<LoadedJournal> {
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new TsloadError(
        'JOURNAL',
        `the journal ${path} cannot be read (${systemReason(cause)}): give --resume the journal of the run`,
        { cause },
      );
    });
    const frames = readFrames(bytes, path);
    const [state, ...others] = recordsOf(frames, path);
    const end = others.findIndex(({ kind }) => kind === 'complete');
    if (state?.kind !== 'state' || end < 0) throw damaged(path, 'its beginning is not whole');
    const following = others.filter(isFollowing);
    const items = others.filter(isItems);
    if (following.length + items.length + 1 < others.length) throw damaged(path, 'it begins more than once');
    return new LoadedJournal(
      path,
      state,
      allItems(items),
      following,
      frames.wholeBytes,
      bytes.length - frames.wholeBytes,
    );
  }

  get run(): RestoredRun {
    const { restored } = this.#facts;
    if (restored === undefined) throw damaged(this.path, 'its master ended before it had begun');
    return restored;
  }

  get lastTime(): number {
    return this.#facts.time;
  }

  replay(part: string, { restore, apply }: PartReplay): void {
    for (const record of this.records) {
      if (record.kind === 'part' && record.name === part) restore(record.piece);
      if (record.kind === 'applied') for (const { interval } of record.seconds) apply(interval);
    }
  }

  restore(statistics: RunStatistics): void {
    this.#remark();
    try {
      this.#restoreState(statistics);
      for (const record of this.records) this.#restoreRecord(record, statistics);
    } catch (thrown) {
      if (thrown instanceof LinkError) throw damaged(this.path, thrown.message);
      throw thrown;
    }
    statistics.skipTo(epochSeconds());
  }

  keep(statistics: RunStatistics, options: Pick<JournalOptions, 'compactBytes'> = {}): Promise<KeptJournal> {
    const { about, wholeBytes } = this;
    return RunJournal.goOn(this.path, { about, facts: this.#facts, wholeBytes }, statistics, options);
  }

  #remark(): void {
    const { path, tornBytes, about } = this;
    if (tornBytes > 0) {
      log.warning(
        `the last ${tornBytes} bytes of the journal ${path} are no whole record, as its master was killed while it wrote: they are left out, and workers that come back send again what they were about`,
      );
    }
    const version = readVersion();
    if (about.version !== version)
      log.warning(`the run of ${path} was begun by tsload ${about.version}, and goes on with ${version}`);
  }

  #restoreState(statistics: RunStatistics): void {
    const { total: packed, resolution, ...sums } = this.state.statistics;
    const { names: entries, errors, exceptions, points, lines: workers } = this.items;
    const [total] = unpackedEntries(packed);
    if (total === undefined) throw new LinkError('there is no total');
    const history = { resolution, points };
    statistics.restore({ ...sums, total, entries, errors, exceptions, history, workers });
  }

  #restoreRecord(record: FollowingRecord, statistics: RunStatistics): void {
    switch (record.kind) {
      case 'entries':
        for (const entry of unpackedEntries(record.packed)) statistics.restoreEntry(entry);
        return;
      case 'cleared':
        statistics.clearAll(record.time);
        return;
      case 'totalsBegun':
        statistics.beginTotals(record.time);
        return;
      case 'reset':
        statistics.resetAll(record.time);
        return;
      case 'workerLost':
        statistics.workerLost(record.id, record.at, record.since);
        return;
      case 'workerForgotten':
        statistics.workerForgotten(record.id);
        return;
      case 'workerFound':
        statistics.workerFound(record.id);
        return;
      case 'applied':
        this.#restoreApplied(record, statistics);
        return;
      default: // concerns no number
        return;
    }
  }

  #restoreApplied({ seconds, exceptions, tick }: AppliedRecord, statistics: RunStatistics): void {
    for (const { interval, workers } of seconds) {
      statistics.apply(
        interval,
        workers.map((worker) => this.#workerInterval(worker)),
      );
    }
    for (const exception of exceptions) statistics.addException(exception);
    if (tick !== undefined) statistics.tick(tick);
  }

  #workerInterval({ index, startTime, seconds, isWarmup, userCount, ...health }: StoredWorkerInterval): WorkerInterval {
    return { worker: this.#ids.get(index) ?? `worker ${index}`, startTime, seconds, isWarmup, userCount, health };
  }
}

function recordsOf({ payloads }: Frames, path: string) {
  try {
    return payloads.map((payload) => readRecord(unpack(payload)));
  } catch (thrown) {
    throw damaged(path, thrown instanceof LinkError ? thrown.message : `a record cannot be read: ${String(thrown)}`);
  }
}

type FollowingRecord = Exclude<JournalRecord, { readonly kind: 'state' | 'items' | 'complete' }>;

function isFollowing(record: JournalRecord): record is FollowingRecord {
  return record.kind !== 'state' && record.kind !== 'items' && record.kind !== 'complete';
}

function isItems(record: JournalRecord): record is ItemsRecord {
  return record.kind === 'items';
}

function allItems(records: readonly ItemsRecord[]): StateItems {
  return {
    workers: records.flatMap(({ workers = [] }) => workers),
    names: records.flatMap(({ names = [] }) => names),
    errors: records.flatMap(({ errors = [] }) => errors),
    exceptions: records.flatMap(({ exceptions = [] }) => exceptions),
    points: records.flatMap(({ points = [] }) => points),
    lines: records.flatMap(({ lines = [] }) => lines),
  };
}

function damaged(path: string, what: string): TsloadError {
  return new TsloadError(
    'JOURNAL',
    `the journal ${path} cannot be gone on with: ${what}; delete it and begin the run anew`,
  );
}
