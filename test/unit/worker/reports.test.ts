import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ReportMessage } from '../../../src/link/index.js';
import { IntervalRecorder } from '../../../src/stats/index.js';
import { condense, type KeptReport, requestsIn } from '../../../src/worker/keptReports.js';
import { ReportOutbox, turnOf } from '../../../src/worker/reportOutbox.js';
import fc from '../../properties.js';

const health = {
  cpuPercent: 10,
  memoryBytes: 1e6,
  loopDelayMillis: 1,
  loopUtilisation: 0.1,
  gcMillis: 2,
  isSaturated: false,
};

interface ReportBuild extends Partial<KeptReport> {
  /** Milliseconds of its requests. */
  readonly times?: readonly number[];
  /** Second in which it begins. */
  readonly at?: number;
  readonly isWarmup?: boolean;
}

function aReport({ times = [5], at = 0, isWarmup = false, ...more }: ReportBuild = {}): KeptReport {
  let now = at;
  const recorder = new IntervalRecorder({ now: () => now });
  for (const time of times) recorder.entry('GET', '/').record(time * 1000, 10);
  now = at + 1;
  const interval = recorder.takeInterval({ isWarmup });
  return { kind: 'report', period: 1, interval, userCounts: { A: at }, exceptions: [], health, data: {}, ...more };
}

const roomy = { reports: 120, cells: 1e6 };

function anOutbox({ limits = roomy, index = 0 } = {}) {
  const sent: ReportMessage[] = [];
  const outbox = new ReportOutbox({
    send: (report) => sent.push(report),
    pieces: (report) => [report],
    unsendable: (_, thrown) => {
      throw thrown;
    },
    limits,
    index: () => index,
  });
  return { sent, outbox };
}

describe('reports on their way', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('are numbered from 1 and sent at once', () => {
    const { outbox, sent } = anOutbox();
    for (let at = 0; at < 3; at++) outbox.add(aReport(), false);
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  test('of many workers wait for the turn of each, half a millisecond after the one before', () => {
    expect([-1, 0, 1, 2, 3, 100, 999, 1000, 1001, 12_345].map(turnOf)).toEqual([0, 0, 0, 1, 1, 50, 499, 0, 0, 172]);
    vi.useFakeTimers();
    const { outbox, sent } = anOutbox({ index: 40 });
    outbox.add(aReport(), false);
    vi.advanceTimersByTime(19);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sent).toHaveLength(1);
  });

  test('do not wait for their turn when they are the last, or something that follows from them is said', () => {
    vi.useFakeTimers();
    const { outbox, sent } = anOutbox({ index: 40 });
    outbox.add(aReport(), false);
    outbox.add(aReport(), true);
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2]);
    outbox.add(aReport(), false);
    outbox.hurry();
    expect(sent).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('wait for their turn though the ones before are acknowledged meanwhile', () => {
    vi.useFakeTimers();
    const { outbox, sent } = anOutbox({ index: 800 });
    outbox.add(aReport(), true);
    outbox.add(aReport(), false);
    outbox.acknowledge(1);
    expect(sent).toHaveLength(1);
    vi.advanceTimersByTime(400);
    expect(sent).toHaveLength(2);
  });

  test.each([
    ['held', (outbox: ReportOutbox) => outbox.hold()],
    ['given up', (outbox: ReportOutbox) => outbox.giveUp()],
  ])('are not sent when it is their turn once they are %s, and no timer is left', (_, close) => {
    vi.useFakeTimers();
    const { outbox, sent } = anOutbox({ index: 40 });
    outbox.add(aReport(), false);
    close(outbox);
    outbox.add(aReport(), false);
    expect(vi.getTimerCount()).toBe(0);
    expect(sent).toEqual([]);
    outbox.open(true);
    expect(sent).toHaveLength(2);
  });

  test('are sent again to a new master until they are acknowledged, with the same numbers', () => {
    const { outbox, sent } = anOutbox();
    for (let at = 0; at < 4; at++) outbox.add(aReport(), false);
    outbox.acknowledge(2);
    outbox.hold();
    outbox.add(aReport(), false);
    sent.length = 0;
    outbox.open(true);
    expect(sent.map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
  });

  test('are sent once to the same master, which has them all in the end', () => {
    const { outbox, sent } = anOutbox();
    outbox.add(aReport(), false);
    outbox.hold();
    outbox.add(aReport(), false);
    expect(sent).toHaveLength(1);
    outbox.open(false);
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  test('wait for a master that does not acknowledge, and go on when it does', () => {
    const { outbox, sent } = anOutbox();
    for (let at = 0; at < 130; at++) outbox.add(aReport({ at }), false);
    expect(sent).toHaveLength(120);
    outbox.acknowledge(5);
    expect(sent).toHaveLength(125);
  });

  test('what follows the last report waits for it', () => {
    const { outbox, sent } = anOutbox();
    const said: string[] = [];
    outbox.afterReports(() => said.push('at once'));
    outbox.hold();
    outbox.add(aReport(), false);
    outbox.afterReports(() => said.push(`after ${sent.length}`));
    expect(said).toEqual(['at once']);
    outbox.open(false);
    expect(said).toEqual(['at once', 'after 1']);
  });

  test('are waited for until they are safe, or for so long', async () => {
    const { outbox } = anOutbox();
    await outbox.settled(100);
    outbox.add(aReport(), false);
    let isSettled = false;
    const settled = outbox.settled(100).then(() => {
      isSettled = true;
    });
    await Promise.resolve();
    expect(isSettled).toBe(false);
    outbox.acknowledge(1);
    await settled;
    outbox.add(aReport({ times: [1, 2, 3] }), false);
    await outbox.settled(0.01);
    const givenUp = outbox.settled(100);
    outbox.giveUp();
    await givenUp;
    expect(outbox.drop()).toBe(3);
    expect(outbox.drop()).toBe(0);
  });
});

describe('reports that wait long', () => {
  test('are added up beyond the bound, the shortest neighbours first, and no sample is lost', () => {
    const kept = condense(
      Array.from({ length: 10 }, (_, at) => aReport({ at, times: [at + 1] })),
      { reports: 4, cells: 1e6 },
    );
    expect(kept).toHaveLength(4);
    expect(requestsIn(kept)).toBe(10);
    expect(kept.map(({ interval }) => [interval.startTime, interval.seconds])).toEqual([
      [0, 4],
      [4, 2],
      [6, 2],
      [8, 2],
    ]);
    expect(kept.at(-1)?.userCounts).toEqual({ A: 9 });
  });

  test('are added up when their histograms are large', () => {
    const times = Array.from({ length: 1000 }, (_, at) => at * 7 + 1);
    const reports = Array.from({ length: 6 }, (_, at) => aReport({ at, times }));
    const kept = condense(reports, { reports: 100, cells: 2500 });
    expect(kept.length).toBeLessThan(6);
    expect(requestsIn(kept)).toBe(6000);
  });

  test('keep their periods and the warm-up apart', () => {
    const reports = [
      aReport({ at: 0, isWarmup: true }),
      aReport({ at: 1 }),
      aReport({ at: 2, period: 2 }),
      aReport({ at: 3, period: 2 }),
    ];
    const kept = condense(reports, { reports: 1, cells: 1e6 });
    expect(kept.map(({ period, interval }) => [period, interval.isWarmup, interval.seconds])).toEqual([
      [1, true, 1],
      [1, false, 1],
      [2, false, 2],
    ]);
  });

  test('keep what listeners of reportToMaster added, each by itself', () => {
    const reports = [0, 1, 2].map((at) => aReport({ at, data: { second: at } }));
    const kept = condense(reports, { reports: 1, cells: 1e6 });
    expect(kept.map(({ data }) => data)).toEqual([{ second: 0 }, { second: 1 }, { second: 2 }]);
    expect(kept.map((report) => requestsIn([report]))).toEqual([0, 0, 3]);
  });

  test('add up exceptions, and keep the worse of how the process did', () => {
    const one = { message: 'm', traceback: 't', count: 2 };
    const kept = condense(
      [
        aReport({ exceptions: [one], health: { ...health, isSaturated: true, gcMillis: 3 } }),
        aReport({ at: 1, exceptions: [one, { ...one, traceback: 'u' }], health: { ...health, cpuPercent: 90 } }),
      ],
      { reports: 1, cells: 1e6 },
    );
    expect(kept[0]?.exceptions).toEqual([
      { message: 'm', traceback: 't', count: 4 },
      { message: 'm', traceback: 'u', count: 2 },
    ]);
    expect(kept[0]?.health).toMatchObject({ isSaturated: true, cpuPercent: 90, gcMillis: 5 });
  });

  test('hold every sample once, whatever their number and the bound', () => {
    const anything = fc.array(fc.record({ count: fc.nat(4), isWarmup: fc.boolean(), hasData: fc.boolean() }), {
      maxLength: 25,
    });
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 10 }), (parts, limit) => {
        const reports = parts.map(({ count, isWarmup, hasData }, at) =>
          aReport({ at, isWarmup, times: Array.from({ length: count }, () => 3), data: hasData ? { at } : {} }),
        );
        const kept = condense(reports, { reports: limit, cells: 1e6 });
        expect(requestsIn(kept)).toBe(requestsIn(reports));
        expect(kept.filter(({ data }) => 'at' in data)).toHaveLength(parts.filter(({ hasData }) => hasData).length);
        const ends = kept.map(({ interval }) => interval.startTime + interval.seconds);
        expect(ends).toEqual([...ends].sort((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });
});
