/**
 * A journal that was read: the run of a master that ended, for the one that goes on with it.
 */
import { readFile } from 'node:fs/promises';
import { epochSeconds } from '../../clock.js';
import { LinkError, TsloadError } from '../../errors.js';
import { getLogger } from '../../log.js';
import type { IntervalStats, RunStatistics, StatisticsSnapshot, WorkerInterval } from '../../stats/index.js';
import { readVersion } from '../../version.js';
import type { RestoredRun } from '../journal.js';
import type { JournalOptions, KeptJournal, ResumedRun } from '../keptJournal.js';
import { unpack } from './encodeRecord.js';
import { type Frames, readFrames } from './frames.js';
import { readRecord } from './readRecord.js';
import type { AppliedRecord, ChangeRecord, RunAbout, StateRecord, StoredWorkerInterval } from './records.js';
import { RunFacts } from './runFacts.js';
import { RunJournal } from './runJournal.js';

const log = getLogger('tsload.runners');

export class LoadedJournal implements ResumedRun {
  readonly about: RunAbout;
  readonly parts: Readonly<Record<string, unknown>>;
  readonly #snapshot: StatisticsSnapshot;
  readonly #changes: readonly ChangeRecord[];
  readonly #facts = new RunFacts();
  readonly #ids = new Map<number, string>();

  private constructor(
    readonly path: string,
    state: StateRecord,
    changes: readonly ChangeRecord[],
    private readonly wholeBytes: number,
    readonly tornBytes: number,
  ) {
    this.about = state.about;
    this.parts = state.parts;
    this.#snapshot = state.statistics;
    this.#changes = changes;
    this.#facts.restore(state);
    for (const { id, index } of state.workers) this.#ids.set(index, id);
    for (const change of changes) {
      this.#facts.take(change);
      if (change.kind === 'worker') this.#ids.set(change.index, change.id);
    }
  }

  /** Throws `TsloadError` JOURNAL for a file that is no journal, or none that can be gone on with. */
  static async read(path: string): Promise<LoadedJournal> {
    const bytes = await readFile(path).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message.split(', ')[0] : String(cause);
      throw new TsloadError(
        'JOURNAL',
        `the journal ${path} cannot be read (${reason}): give --resume the journal of the run`,
        { cause },
      );
    });
    const frames = readFrames(bytes, path);
    const [state, ...changes] = recordsOf(frames, path);
    if (state?.kind !== 'state' || changes.some(({ kind }) => kind === 'state'))
      throw damaged(path, 'it has no beginning');
    return new LoadedJournal(
      path,
      state,
      changes.filter(isChange),
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

  get intervals(): readonly IntervalStats[] {
    return this.#changes.flatMap((change) =>
      change.kind === 'applied' ? change.seconds.map(({ interval }) => interval) : [],
    );
  }

  restore(statistics: RunStatistics): void {
    this.#remark();
    statistics.restore(this.#snapshot);
    for (const change of this.#changes) this.#replay(change, statistics);
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

  #replay(change: ChangeRecord, statistics: RunStatistics): void {
    switch (change.kind) {
      case 'cleared':
        statistics.clearAll(change.time);
        return;
      case 'totalsBegun':
        statistics.beginTotals(change.time);
        return;
      case 'reset':
        statistics.resetAll(change.time);
        return;
      case 'workerLost':
        statistics.workerLost(change.id, change.at, change.since);
        return;
      case 'workerFound':
        statistics.workerFound(change.id);
        return;
      case 'applied':
        this.#replayApplied(change, statistics);
        return;
      default: // concerns no number
        return;
    }
  }

  #replayApplied({ seconds, exceptions, tick }: AppliedRecord, statistics: RunStatistics): void {
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

function isChange(record: ChangeRecord | StateRecord): record is ChangeRecord {
  return record.kind !== 'state';
}

function damaged(path: string, what: string): TsloadError {
  return new TsloadError(
    'JOURNAL',
    `the journal ${path} cannot be gone on with: ${what}; delete it and begin the run anew`,
  );
}
