/**
 * A run that a journal is kept of, made of random happenings: drives statistics as `Reports` does, with several workers, and
 * tells the journal the same.
 */

import type { KeptJournal } from '../../../src/master/index.js';
import { IntervalRecorder, type MergedSecond, type RunStatistics, SecondMerger } from '../../../src/stats/index.js';
import { aWorkerInterval, recordInto } from '../stats/builders.js';

export const anAbout = { version: '1.2.3', locustfile: 'f'.repeat(64) };
export const aSetup = { run: 'r1', userConfigs: [], equalWeights: false, maxNames: 10_000 };
export const settings = {
  host: 'http://target',
  stopTimeoutSeconds: 1,
  catchExceptions: true,
  warmupSeconds: 0,
  runSeconds: 60,
  leaseSeconds: undefined,
  iterations: { kind: 'total', count: 100 },
  seed: 7,
  tags: ['a'],
  excludeTags: [],
  customOptions: { tenant: 'x' },
} as const;

export class JournaledRun {
  /** Seconds since 1970. */
  time = 1_700_000_000;
  /** Reports of each worker that were handed over so far. */
  readonly sequences = new Map<string, number>();
  requests = 0;

  constructor(
    readonly statistics: RunStatistics,
    readonly journal: KeptJournal,
    readonly workers: readonly string[],
    /** Entries that the requests are of. */
    readonly names = 4,
  ) {}

  /** Everything up to the users of the first test. */
  begin(): void {
    const { journal, statistics, time } = this;
    journal.setup(aSetup);
    for (const [index, id] of this.workers.entries()) journal.worker(id, index, 60);
    statistics.clearAll(time);
    journal.cleared(1, time);
    journal.testStarted({ test: 1, period: 1, startTime: time, settings });
    statistics.beginTotals(time);
    journal.totalsBegun(time);
    journal.targetChanged({ userCount: 10, spawnRate: 2, userClasses: undefined });
  }

  /** A second of all workers with so many requests each, in order 1, 2, 3, … over the whole run. Resolves when it is safe. */
  second(requestsEach = 5): Promise<void> {
    const merger = new SecondMerger();
    this.time += 1;
    for (const worker of this.workers) {
      const recorder = new IntervalRecorder({ now: () => this.time });
      for (let i = 0; i < requestsEach; i++) this.#record(recorder);
      const interval = { ...recorder.takeInterval({ isWarmup: false }), startTime: this.time - 1, seconds: 1 };
      merger.add(
        interval,
        aWorkerInterval(worker, interval, { isSaturated: this.requests % 7 === 0, cpuPercent: 12.5 }),
      );
      this.sequences.set(worker, (this.sequences.get(worker) ?? 0) + 1);
    }
    return this.#apply(merger.take());
  }

  #record(recorder: IntervalRecorder): void {
    const number = ++this.requests;
    const error = number % 10 === 0 ? `error ${number % 3}` : undefined;
    recordInto(recorder, {
      name: `/${number % this.names}`,
      micros: (number * 7919) % 100_000,
      bytes: number % 100,
      error,
    });
  }

  #apply(seconds: readonly MergedSecond[]): Promise<void> {
    const { statistics, journal, time } = this;
    const exceptions = [{ message: 'boom', traceback: 'at x', node: this.workers[0] ?? '', count: 2 }];
    for (const { interval, workers } of seconds) statistics.apply(interval, workers);
    for (const exception of exceptions) statistics.addException(exception);
    const tick = { now: time + 0.1, userCount: 3, isWarmup: false };
    statistics.tick(tick);
    const iterations = { granted: 50, finished: this.requests, returned: 0, waiting: 1 };
    const counted = Array.from(this.sequences, ([worker, sequence]) => ({ worker, sequence, iterations }));
    return journal.applied({ seconds, exceptions, counted, tick });
  }
}
