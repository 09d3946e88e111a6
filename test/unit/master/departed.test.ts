import { afterEach, describe, expect, test, vi } from 'vitest';
import { Events } from '../../../src/events/index.js';
import type { MasterEnd, WorkerHello } from '../../../src/link/index.js';
import { Crew, type CrewListener } from '../../../src/master/crew.js';
import { RunFacts } from '../../../src/master/journal/runFacts.js';
import type { Journal } from '../../../src/master/journal.js';
import { RunStatistics } from '../../../src/stats/index.js';
import { aSetup } from './journalDriver.js';

afterEach(() => {
  vi.useRealTimers();
});

const link: MasterEnd = {
  vitals: { isUp: true, provenAt: 0, roundTripMillis: undefined, clockOffsetSeconds: 0 },
  listen() {},
  send() {},
  close() {},
};
/** Every worker that is gone is lost. */
const losing = (crew: () => Crew) => {
  const lost: CrewListener['lost'] = (worker) => crew().reports.workerLost(worker, 1_700_000_000);
  return new Proxy({}, { get: (_, what) => (what === 'lost' ? lost : () => {}) }) as CrewListener;
};

/** A crew whose journal is only what it would hold for a master that takes the run over. */
function aCrew() {
  const facts = new RunFacts();
  const journal = {
    worker: (id, index, graceSeconds) => facts.take({ kind: 'worker', id, index, graceSeconds }),
    applied: () => Promise.resolve(),
    workerLost: () => {},
    workerGone: (id) => facts.take({ kind: 'workerGone', id }),
    workerForgotten: (id) => facts.take({ kind: 'workerForgotten', id }),
  } as Partial<Journal> as Journal;
  const statistics = new RunStatistics();
  const options = {
    events: new Events(),
    statistics,
    journal,
    setup: () => aSetup,
    maxNames: 100,
    isDistributed: true,
    repeatsWarnings: false,
    locustfileSha256: undefined,
  };
  const crew = new Crew(
    options,
    losing(() => crew),
  );
  const comeAndGo = (from: number, to: number, graceSeconds: number) => {
    for (let at = from; at < to; at++) {
      const hello: WorkerHello = { worker: `w${at}`, version: 'test', graceSeconds };
      crew.lose(crew.add(hello, link), 'it is gone');
    }
  };
  const come = (id: string) => crew.add({ worker: id, version: 'test', graceSeconds: 60 }, link);
  return { crew, facts, statistics, comeAndGo, come };
}

describe('workers that are gone', () => {
  test('are remembered, 10,000 of them: who comes back after more have come and gone is new, here and in the journal', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { crew, facts, comeAndGo, come } = aCrew();
    comeAndGo(0, 10_000, 60);
    vi.advanceTimersByTime(61_000);
    comeAndGo(10_000, 12_000, 60);
    expect(facts.state.workers).toHaveLength(10_000);
    expect([come('w11999').index, come('w2000').index]).toEqual([11_999, 2_000]);
    expect([come('w0').index, come('w1999').index]).toEqual([12_000, 12_001]);
    expect(facts.state.workers.filter(({ id }) => id === 'w0' || id === 'w2000').map(({ index }) => index)).toEqual([
      2_000, 12_000,
    ]);
    expect(crew.logs.of('w0')).toEqual([]);
  });

  test('have a line in the statistics as long as they are remembered; how many others are lost is known', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { statistics, comeAndGo, come } = aCrew();
    comeAndGo(0, 10_000, 60);
    vi.advanceTimersByTime(61_000);
    comeAndGo(10_000, 12_000, 60);
    expect(statistics.workers).toHaveLength(10_000);
    expect(statistics.workers[0]?.id).toBe('w2000');
    expect(statistics.forgottenLost.count).toBe(2_000);
    come('w0');
    expect(statistics.workers.map(({ id }) => id)).not.toContain('w0');
  });

  test('are all remembered as long as each may come back, however many', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { facts, comeAndGo, come } = aCrew();
    comeAndGo(0, 12_000, 60);
    expect(facts.state.workers).toHaveLength(12_000);
    expect(come('w0').index).toBe(0);
    vi.advanceTimersByTime(61_000);
    comeAndGo(12_000, 12_100, 60);
    expect(facts.state.workers.length, 'the one that came back is there, and some more than were to be').toBe(10_001);
  });

  test('are remembered until the next test if they have finished some of a total of iterations', () => {
    const { crew, facts, comeAndGo } = aCrew();
    crew.grants.begin(1, { kind: 'total', count: 100 });
    crew.grants.credit('w0', 7);
    comeAndGo(0, 10_200, -1);
    expect(facts.state.workers.map(({ id }) => id).filter((id) => id === 'w0' || id === 'w1')).toEqual(['w0']);
    crew.grants.begin(2, undefined);
    comeAndGo(10_200, 21_000, -1);
    expect(facts.state.workers.map(({ id }) => id)).not.toContain('w0');
  });
});
