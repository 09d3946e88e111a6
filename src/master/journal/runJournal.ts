/**
 * Keeps the journal of a run: notes what the master says, a second at a time, and begins a new file with a snapshot whenever
 * the old one has grown enough, so that its size depends on the run's width and not on its length. A snapshot is made a slice at a
 * time, between which reports are taken in and heartbeats answered.
 */
import { dirname } from 'node:path';
import { epochSeconds, localTimeOfDay } from '../../clock.js';
import { TsloadError } from '../../errors.js';
import { makeFolder } from '../../folders.js';
import type { RunSetup } from '../../link/index.js';
import { describeThrown, getLogger, systemReason } from '../../log.js';
import type { MergedSecond, RunStatistics, WorkerInterval } from '../../stats/index.js';
import type { AppliedReports, CountedReport, TestRecord } from '../journal.js';
import type { JournalOptions, KeptJournal } from '../keptJournal.js';
import type { Load } from '../load.js';
import { isJournal, noJournal, runNotEnded } from './alreadyThere.js';
import { encodeRecord } from './encodeRecord.js';
import { JournalFile } from './journalFile.js';
import type { ChangeRecord, RunAbout, StoredCount, StoredSecond, StoredWorkerInterval } from './records.js';
import { RunFacts } from './runFacts.js';
import { slicesOf, snapshotRecords } from './snapshotRecords.js';

const log = getLogger('tsload.runners');

/** Bytes that a file grows by before it begins anew; and at least so many times its snapshot. */
const defaultCompactBytes = 8 * 1024 * 1024;
const compactFactor = 2;
/** Of a snapshot, in one turn of the event loop: about two milliseconds. */
const sliceBytes = 128 * 1024;

export class RunJournal implements KeptJournal {
  readonly #parts = new Map<string, () => Iterable<unknown>>();
  readonly #compactBytes: number;
  #isCompacting = false;
  /** Whether it has grown or not: the last snapshot was called off. */
  #isCompactionDue = false;
  #snapshotBytes = 0;
  /** The last second that is safe. Seconds since 1970. */
  #safeUntil: number;
  #failed: string | undefined;

  private constructor(
    readonly path: string,
    private readonly about: RunAbout,
    private readonly statistics: RunStatistics,
    private readonly facts: RunFacts,
    private readonly file: JournalFile,
    options: JournalOptions,
  ) {
    this.#compactBytes = options.compactBytes ?? defaultCompactBytes;
    this.#safeUntil = facts.time;
  }

  /** Begins a journal where there is none. Throws `TsloadError` OUTPUT. */
  static async create(path: string, statistics: RunStatistics, options: JournalOptions): Promise<RunJournal> {
    const { version, locustfile } = options;
    const about = { version, locustfile, startedAt: epochSeconds() };
    const facts = new RunFacts();
    facts.time = about.startedAt;
    const first = Buffer.concat([...slicesOf(snapshotRecords(about, facts, statistics, new Map()), sliceBytes)]);
    return RunJournal.#with(path, about, statistics, facts, options, async (onFailure) => {
      await makeFolder(dirname(path));
      return JournalFile.create(path, first, { onFailure });
    });
  }

  /** Goes on with a journal that was read up to `wholeBytes`; the statistics are restored from it. Throws `TsloadError` OUTPUT. */
  static async goOn(
    path: string,
    from: { readonly about: RunAbout; readonly facts: RunFacts; readonly wholeBytes: number },
    statistics: RunStatistics,
    options: Pick<JournalOptions, 'compactBytes'>,
  ): Promise<RunJournal> {
    const { about, facts, wholeBytes } = from;
    return RunJournal.#with(path, about, statistics, facts, { ...about, ...options }, (onFailure) =>
      JournalFile.reopen(path, wholeBytes, { onFailure }),
    );
  }

  static async #with(
    path: string,
    about: RunAbout,
    statistics: RunStatistics,
    facts: RunFacts,
    options: JournalOptions,
    openFile: (onFailure: (cause: unknown) => void) => Promise<JournalFile>,
  ): Promise<RunJournal> {
    let journal: RunJournal | undefined;
    try {
      const file = await openFile((cause) => journal?.fail(cause));
      journal = new RunJournal(path, about, statistics, facts, file, options);
      return journal;
    } catch (cause) {
      throw await cannotKeep(path, cause);
    }
  }

  get failed(): string | undefined {
    return this.#failed;
  }

  part(name: string, pieces: () => Iterable<unknown>): void {
    this.#parts.set(name, pieces);
  }

  setup(setup: RunSetup): void {
    this.#note({ kind: 'setup', setup });
  }

  worker(id: string, index: number, graceSeconds: number): void {
    this.#note({ kind: 'worker', id, index, graceSeconds });
  }

  workerLost(id: string, at: number, since: number): void {
    this.#note({ kind: 'workerLost', id, at, since });
  }

  workerGone(id: string): void {
    this.#note({ kind: 'workerGone', id });
  }

  workerForgotten(id: string): void {
    this.#note({ kind: 'workerForgotten', id });
  }

  workerFound(id: string): void {
    this.#note({ kind: 'workerFound', id });
  }

  testStarted(test: TestRecord): void {
    this.#note({ kind: 'testStarted', test });
  }

  targetChanged(load: Load): void {
    this.#note({ kind: 'targetChanged', load });
  }

  spawned(): void {
    this.#note({ kind: 'spawned' });
  }

  testStopped(test: number): void {
    this.#note({ kind: 'testStopped', test });
  }

  cleared(period: number, time: number): void {
    this.#callOffSnapshot();
    this.#note({ kind: 'cleared', period, time });
  }

  totalsBegun(time: number): void {
    this.#note({ kind: 'totalsBegun', time });
  }

  reset(period: number, time: number): void {
    this.#callOffSnapshot();
    this.#note({ kind: 'reset', period, time });
  }

  async applied({ seconds, exceptions, counted, tick }: AppliedReports): Promise<void> {
    const safe = this.#append({
      kind: 'applied',
      seconds: seconds.map((second) => this.#stored(second)),
      exceptions,
      counted: counted.flatMap((count) => this.#storedCount(count)),
      tick,
    });
    const { time } = this.facts;
    this.#compactIfGrown();
    await safe;
    if (this.#failed === undefined) this.#safeUntil = time;
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  async end(): Promise<void> {
    await this.file.remove().catch((cause: unknown) => {
      log.warning(
        `the journal ${this.path} cannot be deleted (${describeThrown(cause)}): its run has ended, delete it`,
      );
    });
  }

  /** The run goes on without a journal. */
  fail(cause: unknown): void {
    const until = localTimeOfDay(this.#safeUntil);
    this.#failed = `the journal ${this.path} cannot be written (${systemReason(cause)}): the run goes on without it, and --resume could go on only from ${until}`;
    log.error(this.#failed);
  }

  #note(record: ChangeRecord): void {
    void this.#append(record); // the file owns it, in its order with what follows
  }

  /** Resolves when it is safe, or no journal is kept any more. */
  #append(record: ChangeRecord): Promise<void> {
    this.facts.take(record);
    if (this.#failed !== undefined) return Promise.resolve();
    try {
      return this.file.append(encodeRecord(record));
    } catch (thrown) {
      this.fail(thrown);
      return Promise.resolve();
    }
  }

  #compactIfGrown(): void {
    const { grownBytes } = this.file;
    const isGrown = grownBytes >= Math.max(this.#compactBytes, compactFactor * this.#snapshotBytes);
    if (!isGrown && !this.#isCompactionDue) return;
    if (!this.#isCompacting && this.#failed === undefined) void this.#compact();
  }

  /** Never rejects. */
  async #compact(): Promise<void> {
    this.#isCompacting = true;
    this.#isCompactionDue = false;
    let bytes = 0;
    const records = snapshotRecords(this.about, this.facts, this.statistics, this.#parts);
    const slices = mapped(slicesOf(records, sliceBytes), (slice) => {
      bytes += slice.length;
      return slice;
    });
    try {
      if (await this.file.replace(slices)) this.#snapshotBytes = bytes;
    } catch (thrown) {
      this.fail(thrown);
    }
    this.#isCompacting = false;
  }

  /** Its entries and seconds are another test's from now on: a new one is begun with the next reports. */
  #callOffSnapshot(): void {
    if (!this.#isCompacting) return;
    this.file.callOff();
    this.#isCompactionDue = true;
  }

  #stored({ interval, workers }: MergedSecond): StoredSecond {
    return { interval, workers: workers.flatMap((worker) => this.#storedWorker(worker)) };
  }

  /** A worker that was never given an index is one that nobody could take back. */
  #storedWorker({ worker, health, link: _, ...about }: WorkerInterval): readonly StoredWorkerInterval[] {
    const index = this.facts.indexOf(worker);
    return index === undefined ? [] : [{ index, ...about, ...health }];
  }

  #storedCount({ worker, ...count }: CountedReport): readonly StoredCount[] {
    const index = this.facts.indexOf(worker);
    return index === undefined ? [] : [{ index, ...count }];
  }
}

function* mapped<T>(items: Iterable<T>, change: (item: T) => T): IterableIterator<T> {
  for (const item of items) yield change(item);
}

async function cannotKeep(path: string, cause: unknown): Promise<TsloadError> {
  if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
    return (await isJournal(path)) ? runNotEnded(path, cause) : noJournal(path, cause);
  }
  return new TsloadError(
    'OUTPUT',
    `the journal ${path} cannot be written (${systemReason(cause)}): give a path in a folder that you may write to`,
    { cause },
  );
}
