import { describe, expect, test } from 'vitest';
import { IterationPool } from '../../../src/master/iterationPool.js';
import { constant, task, User } from '../../../src/users/index.js';
import { captureLog } from '../../capturedLog.js';
import fc from '../../properties.js';
import { until } from '../../until.js';
import { aCluster, type Cluster, impatient } from './cluster.js';

/** A user whose tasks take a few milliseconds and are a request each. */
function working(millis = 2) {
  const runs = { begun: 0, finished: 0 };
  class Working extends User {
    static override waitTime = constant(0);
    @task async work() {
      runs.begun++;
      await this.sleep(millis / 1000);
      runs.finished++;
      const sample = { requestType: 'TEST', name: 'work', responseTime: millis, responseLength: 0 };
      this.environment.events.request.fire(sample);
    }
  }
  return { Working, runs };
}

const total = (count: number) => ({ kind: 'total', count }) as const;

describe('a total of iterations', () => {
  test('is finished and reported exactly, by many workers and few messages', async () => {
    const { Working, runs } = working();
    await using cluster = aCluster({ workers: 3, userClasses: [Working], iterations: total(500) });
    cluster.master.start(12, 1000);
    await until(() => cluster.master.state === 'stopped');
    expect(runs).toEqual({ begun: 500, finished: 500 });
    expect(cluster.statistics.total.numRequests).toBe(500);
    const grants = cluster.workers.flatMap(({ cable }) => cable.told.filter(({ kind }) => kind === 'grant'));
    expect(grants.length).toBeLessThan(60);
  });

  test('leaves a late joiner its share', async () => {
    const { Working, runs } = working(20);
    await using cluster = aCluster({ workers: 1, userClasses: [Working], iterations: total(200) });
    cluster.master.start(4, 1000);
    await until(() => runs.finished > 10);
    cluster.addWorker('w2');
    await until(() => cluster.master.state === 'stopped');
    expect(cluster.statistics.total.numRequests).toBe(200);
    const second = cluster.workers[1]!.cable.told;
    expect(second.some((message) => message.kind === 'grant' && message.count > 0)).toBe(true);
  });

  test('is met exactly by what is reported when a worker is killed: others do what it left', async () => {
    const { Working } = working(5);
    const patience = { ...impatient, silenceSeconds: 60 };
    await using cluster = aCluster({
      workers: 2,
      userClasses: [Working],
      iterations: total(400),
      graceSeconds: 0,
      master: { patience },
    });
    cluster.master.start(4, 1000);
    await until(() => cluster.statistics.total.numRequests > 20);
    cluster.workers[0]!.cable.kill();
    await until(() => cluster.master.state === 'stopped');
    expect(cluster.statistics.total.numRequests).toBe(400);
  });

  test('is met exactly when a worker is cut off and comes back', async () => {
    const { Working, runs } = working(5);
    await using cluster = aCluster({ workers: 2, userClasses: [Working], iterations: total(400) });
    cluster.master.start(4, 1000);
    await until(() => runs.finished > 50);
    cluster.workers[0]!.cable.interrupt();
    const before = runs.finished;
    await until(() => runs.finished > before + 30);
    cluster.workers[0]!.cable.resume();
    await until(() => cluster.master.state === 'stopped');
    expect(runs.finished).toBe(400);
    expect(cluster.statistics.total.numRequests).toBe(400);
  });

  test('is met exactly when a worker comes back whose users were given to others', async () => {
    const { Working, runs } = working(5);
    await using cluster = aCluster({
      workers: 2,
      userClasses: [Working],
      iterations: total(300),
      settings: { leaseSeconds: 0.4 },
      worker: { times: { heartbeatSeconds: 0.05, watchSeconds: 0.02 } },
      master: { patience: { ...impatient, extraGraceSeconds: 60 } },
    });
    cluster.master.start(4, 1000);
    await until(() => runs.finished > 20);
    cluster.workers[0]!.cable.hold();
    await until(() => cluster.master.workers.get('w1')?.isReplaced);
    let before = -1;
    const isIdle = () => {
      const isSame = before === runs.finished;
      before = runs.finished;
      return isSame;
    };
    await until(isIdle, { intervalMs: 300, what: 'others that have done all that they may' });
    cluster.workers[0]!.cable.resume();
    await until(() => cluster.master.state === 'stopped');
    expect(cluster.statistics.total.numRequests).toBe(300);
    expect(runs.finished).toBe(300);
  });

  /** Cuts the first worker off until it is given up, with its users and iterations, and others have been granted all there are. */
  async function giveUpFirst({ master, workers }: Cluster, count: number): Promise<void> {
    const [first, second] = workers;
    first?.cable.interrupt();
    const mostReported = first?.worker.standing?.iterations.finished ?? 0;
    await until(() => master.workers.get('w1') === undefined);
    const granted = () =>
      (second?.cable.told ?? []).reduce((sum, message) => sum + (message.kind === 'grant' ? message.count : 0), 0);
    await until(() => granted() >= count - mostReported);
  }

  function comeBack({ master, workers: [first] }: Cluster): void {
    if (first === undefined) throw new Error('there is no worker');
    const { id, worker, cable } = first;
    const { standing } = worker;
    master.addWorker({ worker: id, version: 'test', graceSeconds: 60, ...(standing && { standing }) }, cable.renew());
  }

  const forgetful = {
    graceSeconds: 0,
    worker: { graceSeconds: 60 },
    master: { patience: { ...impatient, silenceSeconds: 60 } },
  };

  test('is met exactly when a worker comes back that was given up: who has not begun them gives back what is too many', async () => {
    const { Working, runs } = working(20);
    await using cluster = aCluster({ workers: 2, userClasses: [Working], iterations: total(200), ...forgetful });
    cluster.master.start(4, 1000);
    await until(() => runs.finished > 8);
    await giveUpFirst(cluster, 200);
    comeBack(cluster);
    await until(() => cluster.master.state === 'stopped');
    expect(cluster.statistics.total.numRequests).toBe(200);
    expect(runs.finished).toBe(200);
  });

  test('that cannot be met any more, as all of it had begun when such a worker came back, is said to be exceeded', async () => {
    const { Working, runs } = working(300);
    using log = captureLog();
    await using cluster = aCluster({ workers: 2, userClasses: [Working], iterations: total(8), ...forgetful });
    cluster.master.start(16, 1000);
    await until(() => runs.begun >= 4);
    await giveUpFirst(cluster, 8);
    await until(() => runs.begun >= 10);
    comeBack(cluster);
    await until(() => cluster.master.state === 'stopped');
    const { numRequests } = cluster.statistics.total;
    expect(numRequests).toBe(runs.finished);
    expect(numRequests).toBeGreaterThan(8);
    expect(log.at('WARNING').join('\n')).toMatch(
      new RegExp(`^${numRequests - 8} iterations? ha\\w+ run beyond the total: `, 'm'),
    );
  });

  test('is met exactly when users are taken back meanwhile, whose tasks are cut off', async () => {
    const { Working, runs } = working(30);
    await using cluster = aCluster({ workers: 2, userClasses: [Working], iterations: total(120) });
    cluster.master.start(8, 1000);
    await until(() => runs.finished > 20);
    cluster.master.start(1, 1000);
    await until(() => cluster.liveUsers() === 1);
    cluster.master.start(6, 1000);
    await until(() => cluster.master.state === 'stopped');
    expect(cluster.statistics.total.numRequests).toBe(120);
    expect(runs.finished).toBe(120);
    expect(runs.begun).toBeGreaterThan(120);
  });

  test('ends a test with more workers than iterations', async () => {
    const { Working, runs } = working();
    await using cluster = aCluster({ workers: 4, userClasses: [Working], iterations: total(2) });
    cluster.master.start(8, 1000);
    await until(() => cluster.master.state === 'stopped');
    expect(runs.finished).toBe(2);
  });
});

test('iterations for each user end a test in which a worker has no user', async () => {
  const { Working, runs } = working();
  const iterations = { kind: 'perUser', count: 3 } as const;
  await using cluster = aCluster({ workers: 3, userClasses: [Working], iterations });
  cluster.master.start(2, 1000);
  await until(() => cluster.master.state === 'stopped');
  expect(runs.finished).toBe(6);
});

describe('the pool', () => {
  /** A worker of the model: what it has, and what it says. */
  interface Model {
    granted: number;
    finished: number;
    /** Of the finished ones. */
    reported: number;
    returned: number;
    isGone: boolean;
  }
  const events = fc.array(
    fc.record({
      kind: fc.constantFrom('ask', 'finish', 'return', 'leave', 'join', 'come back'),
      worker: fc.nat(4),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { maxLength: 60 },
  );

  test('never grants more than there is, loses none, and knows what it is owed, whatever workers do', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), events, (count, steps) => {
        const pool = new IterationPool(count);
        const workers: Model[] = [];
        const take = (grants: readonly { worker: string; count: number }[]) => {
          for (const grant of grants) workers[Number(grant.worker)]!.granted += grant.count;
        };
        const state = ({ granted, finished, returned }: Model, waiting: number) => ({
          granted,
          finished,
          returned,
          waiting,
        });
        for (const { kind, worker: place, share } of steps) {
          const worker = workers[place];
          const left = worker === undefined ? 0 : worker.granted - worker.finished - worker.returned;
          const some = Math.round(left * share);
          if (kind === 'join' && workers.length < 5) {
            pool.join(String(workers.length));
            workers.push({ granted: 0, finished: 0, reported: 0, returned: 0, isGone: false });
          }
          if (worker?.isGone && kind === 'finish') worker.finished += some; // which nobody hears of for now
          if (worker?.isGone && kind === 'come back') {
            pool.adopt(String(place), state(worker, 0));
            worker.isGone = false;
            take(pool.update(String(place), state(worker, 0), true));
          }
          if (worker === undefined || worker.isGone) continue;
          if (kind === 'ask') take(pool.update(String(place), state(worker, 1), false));
          if (kind === 'finish') worker.finished += some;
          if (kind === 'finish') take(pool.update(String(place), state(worker, 0), true));
          if (kind === 'return') worker.returned += some;
          if (kind === 'return') take(pool.update(String(place), state(worker, 0), false));
          if (kind === 'leave') worker.isGone = true;
          worker.reported = worker.finished;
          if (kind === 'leave') take(pool.leave(String(place)));
          const held = workers
            .filter(({ isGone }) => !isGone)
            .reduce((sum, w) => sum + w.granted - w.reported - w.returned, 0);
          const finished = workers.reduce((sum, w) => sum + w.reported, 0);
          expect(pool.free).toBeGreaterThanOrEqual(0);
          expect(pool.free - pool.owed + held + finished).toBe(count);
          expect(pool.free * pool.owed).toBe(0);
          expect(pool.finished).toBe(finished);
        }
      }),
    );
  });

  test('grants nothing while workers of a former master are still to come, and then what they do not have', () => {
    const pool = new IterationPool(100);
    pool.hold();
    pool.credit('a', 30);
    pool.credit('b', 10);
    pool.adopt('a', { granted: 50, finished: 35, returned: 0, waiting: 1 });
    expect(pool.update('a', { granted: 50, finished: 50, returned: 0, waiting: 2 }, true)).toEqual([]);
    expect(pool.finished).toBe(60);
    expect(pool.release()).toEqual([{ worker: 'a', count: 20 }]);
    expect(pool.free, 'b had finished 10, and what it had left is for others').toBe(20);
  });

  test('takes a worker back that was given up: what it did meanwhile need not be done again', () => {
    const pool = new IterationPool(100);
    pool.join('a');
    pool.join('b');
    expect(pool.update('a', { granted: 0, finished: 0, returned: 0, waiting: 1 }, false)).toEqual([
      { worker: 'a', count: 25 },
    ]);
    pool.update('a', { granted: 25, finished: 10, returned: 0, waiting: 0 }, true);
    pool.leave('a');
    expect(pool.free).toBe(90);
    pool.update('a', { granted: 25, finished: 20, returned: 5, waiting: 0 }, true);
    expect([pool.free, pool.finished]).toEqual([80, 20]);
  });
});
