import { describe, expect, test } from 'vitest';
import type { RestoredRun } from '../../../src/master/index.js';
import { LoadTestShape } from '../../../src/users/index.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { idle } from '../environment/running.js';
import { aCluster, type Cluster, type ClusterOptions, type ClusterWorker, impatient } from './cluster.js';
import { counting } from './counting.js';

const patience = { ...impatient, silenceSeconds: 60 };

/** What a journal would have of that run. */
function kept({ master, workers }: Cluster, more: Partial<RestoredRun> = {}): RestoredRun {
  return {
    setup: setupOf(),
    test: 1,
    period: 1,
    lastTime: 1_000_000_000,
    workers: workers.map(({ id }, index) => ({ id, index, graceSeconds: 60, sequence: 0, isGone: false })),
    running: {
      test: 1,
      period: 1,
      startTime: master.testStartTime ?? 0,
      settings: settingsOf(workers[0]!),
      load: { userCount: master.targetUserCount, spawnRate: 1000, userClasses: undefined },
      isSpawned: true,
    },
    ...more,
  };
}

function setupOf() {
  return { run: 'r1', userConfigs: [], equalWeights: false, maxNames: 10_000 };
}

function settingsOf({ cable }: ClusterWorker) {
  const start = cable.told.find(({ kind }) => kind === 'testStart');
  if (start?.kind !== 'testStart') throw new Error('it was told of no test');
  return start.settings;
}

/** The first master is killed: nobody hears of it any more, and it hears of nobody. Its workers go on. */
function killMaster({ workers }: Cluster): void {
  for (const { cable } of workers) cable.interrupt();
}

/** A master that goes on with that run, without any worker yet. */
function aSuccessor(former: Cluster, options: Omit<ClusterOptions, 'workers'>, restored = kept(former)): Cluster {
  return aCluster({ ...options, workers: 0, master: { restored, patience, ...options.master } });
}

function comeBack({ master }: Cluster, { id, worker, cable }: ClusterWorker): void {
  const { standing } = worker;
  master.addWorker({ worker: id, version: 'test', graceSeconds: 60, ...(standing && { standing }) }, cable.renew());
}

describe('a master that goes on with the run of another', () => {
  test('takes its workers back as they are: no user is started or stopped, and the target stays', async () => {
    const { Counting, counts } = counting();
    const options = { userClasses: [Counting] };
    await using first = aCluster({ ...options, workers: 3, master: { patience } });
    first.master.start(7, 1000);
    await until(() => first.master.state === 'running');
    killMaster(first);
    await using second = aSuccessor(first, options);
    expect(second.master.resume()).toBe(true);
    expect(second.master.state).toBe('running');
    expect(second.master.targetUserCount).toBe(7);
    const before = counts.requests;
    for (const worker of first.workers) comeBack(second, worker);
    await until(() => second.statistics.total.numRequests > 50);
    expect(second.master.workers.userCount).toBe(7);
    expect(counts).toMatchObject({ started: 7, stopped: 0 });
    expect(first.workers.map(({ worker }) => worker.index)).toEqual([0, 1, 2]);
    expect(
      second.fired.filter((name) => !name.startsWith('workerConnect')),
      'spawning is no news',
    ).toEqual(['testStart']);
    expect(first.workers[0]!.fired.filter((name) => name === 'testStart')).toHaveLength(1);
    await second.master.stop();
    expect(counts.stopped).toBe(7);
    expect(second.statistics.total.numRequests).toBeGreaterThanOrEqual(counts.requests - before);
  });

  test('starts nobody in place of those that may still come, and all of them when they are given up', async () => {
    using log = captureLog();
    const { Counting, counts } = counting();
    const options = { userClasses: [Counting], graceSeconds: 60 };
    await using first = aCluster({ ...options, workers: 2, master: { patience } });
    first.master.start(6, 1000);
    await until(() => first.master.state === 'running');
    killMaster(first);
    const { workers, ...rest } = kept(first);
    const restored = { ...rest, workers: workers.map((worker) => ({ ...worker, graceSeconds: 1.5 })) };
    await using second = aSuccessor(first, options, restored);
    second.master.resume();
    comeBack(second, first.workers[0]!);
    expect(second.master.workers.get('w2')?.state).toBe('missing');
    await until(() => second.master.workers.userCount === 3);
    expect(counts.started).toBe(6);
    await until(() => first.usersOn(0)['Counting'] === 6);
    expect(log.at('ERROR').some((line) => line.startsWith('worker w2 is lost (it did not come back in time)'))).toBe(
      true,
    );
  });

  test('brings users to a load that was asked for while workers were still to come', async () => {
    const options = { userClasses: [idle('A'), idle('B')] };
    await using first = aCluster({ ...options, workers: 2, master: { patience } });
    first.master.start(4, 1000);
    await until(() => first.master.state === 'running');
    killMaster(first);
    await using second = aSuccessor(first, options);
    second.master.resume();
    second.master.start(10, 1000);
    for (const worker of first.workers) comeBack(second, worker);
    await until(() => first.liveUsers() === 10);
    await until(() => second.master.state === 'running');
    expect(second.master.targetUserClassesCount).toEqual({ A: 5, B: 5 });
  });

  test('reaches a worker that is back last and was told more of the ramps before than the others', async () => {
    const settings = { leaseSeconds: 0.4 };
    const worker = { times: { heartbeatSeconds: 0.05, watchSeconds: 0.02 } };
    const options = { userClasses: [idle('A')], settings, worker };
    await using first = aCluster({
      ...options,
      workers: 2,
      master: { patience: { ...patience, extraLeaseSeconds: 60 } },
    });
    first.master.start(2, 1000);
    await until(() => first.master.state === 'running');
    const [there, late] = first.workers;
    there!.cable.interrupt();
    await until(() => first.master.workers.get('w1')?.isMissing === true);
    for (let users = 3; users < 9; users++) {
      first.master.start(users, 1000);
      await until(() => first.usersOn(1)['A'] === users - 1 && first.master.state === 'running');
    }
    killMaster(first);
    await until(() => first.liveUsers() === 0, { what: 'the end of their leases' });
    await using second = aSuccessor(first, options);
    second.master.resume();
    comeBack(second, there!);
    await until(() => first.usersOn(0)['A'] === 8, { what: 'the users of the worker whose lease is over' });
    expect(late!.worker.standing!.step).toBeGreaterThan(there!.worker.standing!.step);
    comeBack(second, late!);
    await until(() => first.usersOn(0)['A'] === 4 && first.usersOn(1)['A'] === 4);
    await until(() => late!.worker.standing!.step === there!.worker.standing!.step);
  });

  test('counts each report once: those that its journal has, and those that it has not', async () => {
    const { Counting, counts } = counting();
    const options = { userClasses: [Counting] };
    await using first = aCluster({ ...options, workers: 1, master: { patience } });
    first.master.start(3, 1000);
    await until(() => first.statistics.total.numRequests > 100);
    killMaster(first);
    // the journal has what the first master has counted, and its last report is the last that was acknowledged
    const counted = first.statistics.total.numRequests;
    const told = first.workers[0]!.cable.told;
    const sequence = told.reduce((last, message) => (message.kind === 'acknowledge' ? message.sequence : last), 0);
    const restored = kept(first, { workers: [{ id: 'w1', index: 0, graceSeconds: 60, sequence, isGone: false }] });
    await using second = aSuccessor(first, options, restored);
    second.master.resume();
    const before = counts.requests;
    await until(() => counts.requests > before + 300);
    comeBack(second, first.workers[0]!);
    await until(() => second.statistics.total.numRequests > 100);
    await second.master.stop();
    expect(counted + second.statistics.total.numRequests).toBe(counts.requests);
  });

  test('gives new indexes to new workers only', async () => {
    const options = { userClasses: [idle('A')] };
    await using first = aCluster({ ...options, workers: 2 });
    first.master.start(2, 1000);
    await until(() => first.master.state === 'running');
    killMaster(first);
    await using second = aSuccessor(first, options);
    second.master.resume();
    const third = second.addWorker('w3');
    for (const worker of first.workers) comeBack(second, worker);
    await until(() => third.worker.index === 2 && first.liveUsers() + second.liveUsers() === 2);
  });

  test('can be stopped while workers are still to come, and waits for their last reports', async () => {
    const { Counting, counts } = counting();
    const options = { userClasses: [Counting] };
    await using first = aCluster({ ...options, workers: 1, master: { patience } });
    first.master.start(3, 1000);
    await until(() => first.master.state === 'running' && counts.requests > 10);
    killMaster(first);
    await using second = aSuccessor(first, options);
    second.master.resume();
    const stopped = second.master.stop();
    comeBack(second, first.workers[0]!);
    await stopped;
    expect(counts).toMatchObject({ started: 3, stopped: 3 });
    expect(second.master.state).toBe('stopped');
  });

  test('names workers that do not come back with the time at which the former master heard of them', async () => {
    const options = { userClasses: [idle('A')] };
    await using first = aCluster({ ...options, workers: 2, master: { patience } });
    first.master.start(2, 1000);
    await until(() => first.master.state === 'running');
    killMaster(first);
    await using second = aSuccessor(first, options);
    second.master.resume();
    using log = captureLog();
    const stopped = second.master.stop();
    second.master.hurry();
    await stopped;
    expect(second.statistics.workers.map(({ id, lostAt }) => [id, lostAt])).toEqual([
      ['w1', 1_000_000_000],
      ['w2', 1_000_000_000],
    ]);
    expect(log.at('ERROR').filter((line) => line.includes('the last worker is gone'))).toEqual([]); // it is stopping already
  });

  test('has nothing to go on with when no test was going on', async () => {
    const options = { userClasses: [idle('A')] };
    await using first = aCluster({ ...options, workers: 1 });
    const restored = { setup: setupOf(), test: 4, period: 6, lastTime: 0, workers: [] };
    await using second = aSuccessor(first, options, restored);
    expect(second.master.resume()).toBe(false);
    expect(second.master.state).toBe('ready');
  });

  test('meets a total of iterations exactly', async () => {
    const { Counting, counts } = counting();
    const iterations = { kind: 'total', count: 600 } as const;
    const options = { userClasses: [Counting], iterations };
    await using first = aCluster({ ...options, workers: 2, master: { patience } });
    first.master.start(4, 1000);
    await until(() => counts.requests > 100);
    killMaster(first);
    await using second = aSuccessor(first, options, kept(first, { period: 1 }));
    second.master.resume();
    for (const worker of first.workers) comeBack(second, worker);
    await until(() => second.master.state === 'stopped');
    expect(counts.requests).toBe(600);
  });

  test('lets the shape go on at its time', async () => {
    const times: number[] = [];
    class Steady extends LoadTestShape {
      override tick(): [number, number] {
        times.push(this.getRunTime());
        return [2, 1000];
      }
    }
    const options = { userClasses: [idle('A')] };
    await using first = aCluster({ ...options, workers: 1, shape: new Steady() });
    first.master.startShape();
    await until(() => first.master.state === 'running');
    killMaster(first);
    const { running, ...rest } = kept(first);
    const restored = { ...rest, running: { ...running!, shapeStartTime: Date.now() / 1000 - 100 } };
    await using second = aSuccessor(first, { ...options, shape: new Steady() }, restored);
    second.master.resume();
    comeBack(second, first.workers[0]!);
    await until(() => (times.at(-1) ?? 0) > 90);
    expect(times.at(-1)).toBeLessThan(130);
    expect(first.liveUsers()).toBe(2);
  });
});
