import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MasterEnd, ReportMessage } from '../../../src/link/index.js';
import { createJournal, type KeptJournal, loadJournal } from '../../../src/master/index.js';
import type { StatisticsJournal } from '../../../src/master/journal.js';
import { Reports } from '../../../src/master/reports.js';
import { WorkerNode } from '../../../src/master/workerNode.js';
import { Workers } from '../../../src/master/workers.js';
import { IntervalRecorder, RunStatistics } from '../../../src/stats/index.js';
import { captureLog } from '../../capturedLog.js';
import fc from '../../properties.js';
import { until } from '../../until.js';
import { aFolder } from '../reports/aView.js';
import { aHealth, recordInto } from '../stats/builders.js';
import { anAbout, aSetup } from './journalDriver.js';

/** A worker that keeps its reports until they are acknowledged, over all masters that it has. */
class KeepingWorker {
  kept: ReportMessage[] = [];
  requests = 0;
  #sequence = 0;
  /** Counts up with each master: what one that is gone would still say reaches nobody. */
  #master = 0;

  constructor(
    readonly id: string,
    readonly index: number,
  ) {}

  /** As a master knows it that it just came to. */
  node(): WorkerNode {
    const master = ++this.#master;
    const link: MasterEnd = {
      vitals: { isUp: true, provenAt: 0, roundTripMillis: 0, clockOffsetSeconds: 0 },
      listen: () => {},
      close: () => {},
      send: (message) => {
        if (message.kind !== 'acknowledge' || master !== this.#master) return;
        this.kept = this.kept.filter(({ sequence }) => sequence > message.sequence);
      },
    };
    return new WorkerNode(this.id, this.index, 60, link);
  }

  /** Measures something and reports it: a request more each time. */
  report(period: number): ReportMessage {
    const recorder = new IntervalRecorder();
    this.#sequence++;
    for (let i = 0; i < this.#sequence; i++) recordInto(recorder, { micros: 100 * i, name: `/${i % 3}` });
    this.requests += this.#sequence;
    const interval = {
      ...recorder.takeInterval({ isWarmup: false }),
      startTime: 1_700_000_000 + this.#sequence,
      seconds: 1,
    };
    const report: ReportMessage = {
      kind: 'report',
      sequence: this.#sequence,
      period,
      interval,
      userCounts: { Shopper: 1 },
      exceptions: [],
      health: aHealth(),
      data: {},
    };
    this.kept.push(report);
    return report;
  }
}

/** A master as far as reports are concerned. */
interface Receiver {
  readonly reports: Reports;
  readonly statistics: RunStatistics;
  readonly nodes: readonly WorkerNode[];
  readonly path: string;
  readonly journal: KeptJournal;
}

async function firstMaster(path: string, workers: readonly KeepingWorker[]): Promise<Receiver> {
  const statistics = new RunStatistics();
  const journal = await createJournal(path, statistics, { ...anAbout, compactBytes: 4000 });
  journal.setup(aSetup);
  for (const { id, index } of workers) journal.worker(id, index, 60);
  const reports = new Reports(statistics, new Workers(), 100, journal);
  reports.beginTest(1_700_000_000);
  await journal.applied({ seconds: [], exceptions: [], counted: [] });
  return { reports, statistics, nodes: workers.map((worker) => worker.node()), path, journal };
}

/** The journal as it is on the disk at this moment is all that is left of the master before. */
async function nextMaster({ path }: Receiver, workers: readonly KeepingWorker[]): Promise<Receiver> {
  const copy = `${path}+`;
  const nodes = workers.map((worker) => worker.node());
  copyFileSync(path, copy);
  const resumed = await loadJournal(copy);
  const statistics = new RunStatistics();
  resumed.restore(statistics);
  const journal = await resumed.keep(statistics, { compactBytes: 4000 });
  const reports = new Reports(statistics, new Workers(), 100, journal);
  reports.restore(resumed.run);
  const next = { reports, statistics, nodes, path: copy, journal };
  for (const [at, worker] of workers.entries()) sendKept(next, worker, at);
  return next;
}

function sendKept({ reports, nodes }: Receiver, worker: KeepingWorker, at: number): void {
  for (const report of [...worker.kept]) reports.receive(nodes[at]!, report);
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('report' as const), worker: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'tick' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), worker: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'turn' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'kill' as const }) },
);

test('whenever masters are killed and whatever workers send again, each report is counted once', async () => {
  using _ = captureLog();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      using folder = aFolder();
      const workers = [0, 1, 2].map((index) => new KeepingWorker(`host_${index}`, index));
      let master = await firstMaster(join(folder.path, 'j'), workers);
      const masters = [master];
      for (const each of steps) {
        if (each.kind === 'report') {
          const report = workers[each.worker]!.report(1);
          master.reports.receive(master.nodes[each.worker]!, report);
        } else if (each.kind === 'again') sendKept(master, workers[each.worker]!, each.worker);
        else if (each.kind === 'tick') master.reports.tick(3);
        else if (each.kind === 'turn') await new Promise((resolve) => setImmediate(resolve));
        else {
          master = await nextMaster(master, workers);
          masters.push(master);
        }
      }
      master.reports.tick(3);
      await until(() => workers.every(({ kept }) => kept.length === 0));
      const sent = workers.reduce((sum, { requests }) => sum + requests, 0);
      expect(master.statistics.total.numRequests).toBe(sent);
      const last = await loadJournal(master.path);
      const restored = new RunStatistics();
      last.restore(restored);
      expect(restored.total.numRequests).toBe(sent);
      await Promise.all(masters.map(({ journal }) => journal.close()));
    }),
    { numRuns: 40 },
  );
});

/** Reports of one worker to a master whose journal is safe when `release` is called. */
function aReceiver(journal?: StatisticsJournal) {
  const statistics = new RunStatistics();
  const worker = new KeepingWorker('host_0', 0);
  const reports = new Reports(statistics, new Workers(), 100, journal);
  reports.beginTest(0);
  return { statistics, worker, reports, node: worker.node() };
}

test('a report is acknowledged when it is applied, and with a journal when it is safe there', async () => {
  const bare = aReceiver();
  bare.reports.receive(bare.node, bare.worker.report(1));
  expect(bare.worker.kept).toHaveLength(1);
  bare.reports.tick(1);
  expect(bare.worker.kept).toHaveLength(0);

  let release = () => {};
  const safe = new Promise<void>((resolve) => {
    release = resolve;
  });
  const nothing = () => {};
  const { statistics, worker, reports, node } = aReceiver({
    cleared: nothing,
    totalsBegun: nothing,
    reset: nothing,
    applied: () => safe,
    workerLost: nothing,
    workerFound: nothing,
  });
  reports.receive(node, worker.report(1));
  reports.tick(1);
  expect(statistics.total.numRequests).toBe(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(worker.kept).toHaveLength(1);
  release();
  await until(() => worker.kept.length === 0);
});

test('reports that come when no test ticks are applied all the same', async () => {
  const { statistics, worker, reports, node } = aReceiver();
  reports.receive(node, worker.report(1));
  await until(() => statistics.total.numRequests === 1 && worker.kept.length === 0);
});

test('a report of an older period is acknowledged and not counted', () => {
  const { statistics, worker, reports, node } = aReceiver();
  reports.receive(node, worker.report(1));
  reports.beginTest(100);
  reports.receive(node, worker.report(1));
  reports.receive(node, worker.report(2));
  reports.tick(1);
  expect(worker.kept).toHaveLength(0);
  expect(statistics.total.numRequests).toBe(3);
});

test('reports that went to a master which did not keep them are named', () => {
  using log = captureLog();
  const { worker, reports, node } = aReceiver();
  const sent = Array.from({ length: 5 }, () => worker.report(1));
  reports.receive(node, sent[0]!);
  reports.receive(node, sent[4]!);
  reports.tick(1);
  expect(log.at('WARNING')).toEqual([expect.stringMatching(/reports 2 to 4 of worker host_0 are in no number/)]);
});

test('reports of a minute ago are counted in the seconds that they are about, those of many workers together', () => {
  const statistics = new RunStatistics();
  const seconds: string[] = [];
  statistics.onInterval(({ startTime, entries }, workers) => {
    const requests = entries.reduce((sum, { ok }) => sum + (ok?.timed ?? 0), 0);
    seconds.push(`${startTime} ${requests} ${workers.map(({ worker }) => worker)}`);
  });
  const reports = new Reports(statistics, new Workers(), 100);
  reports.beginTest(0);
  const workers = [0, 1].map((index) => new KeepingWorker(`host_${index}`, index));
  for (const worker of workers) {
    const node = worker.node();
    for (let second = 0; second < 3; second++) reports.receive(node, worker.report(1));
  }
  reports.tick(1);
  expect(seconds).toEqual(['1700000001 2 host_0,host_1', '1700000002 4 host_0,host_1', '1700000003 6 host_0,host_1']);
});

/** So many workers that a master knows, each with its end of a link. */
function knownWorkers(count: number) {
  const workers = new Workers();
  const statistics = new RunStatistics();
  const reports = new Reports(statistics, workers, 100);
  reports.beginTest(0);
  const keeping = Array.from({ length: count }, (_, index) => new KeepingWorker(`host_${index}`, index));
  const nodes = keeping.map((worker) => worker.node());
  for (const node of nodes) {
    node.toldTest = 1;
    workers.add(node);
  }
  const report = (at: number): void => reports.receive(nodes[at]!, keeping[at]!.report(1));
  return { workers, reports, keeping, nodes, report };
}

test('a second is complete when all have reported it that reported the one before, but for those that cannot', () => {
  const { workers, reports, nodes, report } = knownWorkers(6);
  /** End of the second that a worker reports next: its reports count up from there. */
  const first = 1_700_000_002;
  expect(reports.isAllIn(first)).toBe(true);
  for (let at = 0; at < 5; at++) report(at);
  expect(reports.isAllIn(first)).toBe(true);
  expect(reports.isAllIn(first + 1)).toBe(false);
  reports.tick(1);
  expect(reports.isAllIn(first), 'of a second that is over').toBe(true);
  const [, b, c, d, e] = nodes;
  report(0);
  b!.isMissing = true;
  c!.isForeign = true;
  d!.stoppedTest = 1;
  expect(reports.isAllIn(first + 1)).toBe(false);
  workers.remove(e!);
  expect(reports.isAllIn(first + 1)).toBe(true);
  expect(reports.isAllIn(first + 2), 'a worker is waited for in the next second').toBe(false);
  expect(reports.isAllIn(first + 3), 'and no longer').toBe(true);
});

test('reports that come before the tick and those that come after it are of the same second for it', () => {
  const { reports, report } = knownWorkers(2);
  report(0);
  report(1);
  reports.tick(2);
  report(0);
  reports.flush();
  expect(reports.isAllIn(1_700_000_003)).toBe(false);
  report(1);
  expect(reports.isAllIn(1_700_000_003)).toBe(true);
});

test('of many workers each hears that its report is safe, some in each turn of the event loop', async () => {
  const { reports, keeping, report } = knownWorkers(170);
  const unsafe = (): number => keeping.filter(({ kept }) => kept.length > 0).length;
  for (let at = 0; at < keeping.length; at++) report(at);
  reports.tick(1);
  expect(unsafe()).toBe(120);
  report(0);
  reports.tick(1);
  expect(unsafe()).toBe(121);
  await until(() => unsafe() === 0);
});

/** One interval in so many reports of one worker. */
function inPieces(
  worker: KeepingWorker,
  period: number,
  count: number,
  about: Partial<ReportMessage> = {},
): ReportMessage[] {
  const pieces = Array.from({ length: count }, () => worker.report(period));
  return pieces.map((piece, at) => {
    const interval = { ...piece.interval, startTime: pieces[0]!.interval.startTime };
    return { ...piece, ...about, interval, ...(at < count - 1 && { hasMore: true }) };
  });
}

test('an interval that comes in several reports says once how its worker did', async () => {
  using log = captureLog();
  const statistics = new RunStatistics();
  const reports = new Reports(statistics, new Workers(), 100, undefined);
  reports.beginTest(1_700_000_000);
  const worker = new KeepingWorker('a', 0);
  const node = worker.node();
  const saturated = { health: { ...aHealth(), isSaturated: true } };
  const told: string[] = [];
  statistics.onInterval((_, workers) => told.push(...workers.map(({ worker: id, startTime }) => `${id} ${startTime}`)));
  for (const piece of inPieces(worker, reports.period, 3, saturated)) reports.receive(node, piece);
  reports.receive(node, { ...worker.report(reports.period), ...saturated });
  reports.flush();
  expect(told).toEqual(['a 1700000001', 'a 1700000004']);
  expect(statistics.total.numRequests).toBe(worker.requests);
  expect(log.at('WARNING')).toEqual([]);
  reports.receive(node, { ...worker.report(reports.period), ...saturated });
  expect(log.at('WARNING')).toEqual([expect.stringMatching(/^the load generator a is saturated: /)]);
});

test('a second is complete with the last of its reports, where it comes in several', () => {
  const { reports, keeping, nodes, report } = knownWorkers(2);
  const pieces = inPieces(keeping[0]!, reports.period, 3);
  const end = pieces[0]!.interval.startTime + 1;
  nodes[0]!.reportedUntil = end - 1;
  report(1);
  expect(reports.isAllIn(end)).toBe(false);
  for (const piece of pieces.slice(0, 2)) reports.receive(nodes[0]!, piece);
  expect(reports.isAllIn(end)).toBe(false);
  reports.receive(nodes[0]!, pieces[2]!);
  expect(reports.isAllIn(end)).toBe(true);
});

test('what a master has of a large interval and what another one gets of it are one second of its worker', async () => {
  using folder = aFolder();
  const worker = new KeepingWorker('host_0', 0);
  const master = await firstMaster(join(folder.path, 'j'), [worker]);
  const pieces = inPieces(worker, 1, 3);
  worker.kept = [...pieces];
  for (const piece of pieces.slice(0, 2)) master.reports.receive(master.nodes[0]!, piece);
  master.reports.flush();
  await until(() => worker.kept.length === 1);
  const told: string[] = [];
  const next = await nextMaster(master, [worker]);
  next.statistics.onInterval((_, workers) =>
    told.push(...workers.map(({ worker: id, startTime }) => `${id} ${startTime}`)),
  );
  next.reports.flush();
  expect(told).toEqual(['host_0 1700000001']);
  expect(next.statistics.total.numRequests).toBe(worker.requests);
  expect(next.statistics.workers.map(({ id }) => id)).toEqual(['host_0']);
  await Promise.all([master.journal.close(), next.journal.close()]);
});

test('of a worker that is forgotten nothing is kept, and what it said last is counted before', () => {
  const { statistics, worker, reports, node } = aReceiver();
  reports.receive(node, worker.report(1));
  reports.forget(node.id);
  reports.tick(1);
  expect(statistics.total.numRequests).toBe(1);
  expect(statistics.workers).toEqual([]);
});
