import { describe, expect, test } from 'vitest';
import { constant, task, User } from '../../../src/users/index.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { idle } from '../environment/running.js';
import { aCluster, type Cluster, type ClusterWorker, impatient } from './cluster.js';
import { counting } from './counting.js';

/** No worker is given up in this test. */
const patient = { ...impatient, silenceSeconds: 60 };
const stateOf = ({ master }: Cluster, id: string) => master.workers.get(id)?.state ?? 'gone';
const usersOf = ({ usersOn, workers }: Cluster) =>
  workers.map((_, at) => Object.values(usersOn(at)).reduce((sum, count) => sum + count, 0));

describe('a worker that is missing', () => {
  test('[129] is one of which nothing is heard, and it is there again with the first message', async () => {
    using log = captureLog();
    const times = { heartbeatSeconds: 0.05 };
    await using cluster = aCluster({
      workers: 2,
      userClasses: [idle('A')],
      worker: { times },
      master: { patience: impatient },
    });
    await until(() => cluster.master.workers.get('w1')?.roundTripMillis !== undefined);
    cluster.workers[0]!.cable.hold();
    await until(() => stateOf(cluster, 'w1') === 'missing');
    expect(stateOf(cluster, 'w2')).toBe('ready');
    expect(log.at('WARNING')).toContainEqual(
      expect.stringMatching(/^worker w1 is missing \(nothing was heard of it for 0.3 seconds\); .* until \d\d:/),
    );
    cluster.workers[0]!.cable.resume();
    await until(() => stateOf(cluster, 'w1') === 'ready');
  });

  test('[131] gets no users of a test that starts meanwhile, and its share when it is back', async () => {
    await using cluster = aCluster({ workers: 3, userClasses: [idle('A')], master: { patience: patient } });
    cluster.workers[1]!.cable.interrupt();
    await until(() => stateOf(cluster, 'w2') === 'missing');
    cluster.master.start(6, 1000);
    await until(() => cluster.master.state === 'running');
    expect(usersOf(cluster)).toEqual([3, 0, 3]);
    expect(cluster.workers[1]!.cable.told.map(({ kind }) => kind)).not.toContain('testStart');
    cluster.workers[1]!.cable.resume();
    await until(() => `${usersOf(cluster)}` === '2,2,2');
    expect(cluster.workers[1]!.fired.filter((name) => name === 'testStart')).toHaveLength(1);
  });

  test('keeps its users, which go on, and nothing that they measure is lost', async () => {
    const { Counting, counts } = counting();
    await using cluster = aCluster({ workers: 2, userClasses: [Counting], master: { patience: patient } });
    cluster.master.start(4, 1000);
    await until(() => cluster.master.state === 'running' && counts.requests > 20);
    cluster.workers[0]!.cable.interrupt();
    await until(() => stateOf(cluster, 'w1') === 'missing');
    expect(cluster.master.workers.userCount, 'nobody knows of its users').toBe(2);
    const before = counts.requests;
    await until(() => counts.requests > before + 200);
    expect(usersOf(cluster), 'nobody else got them').toEqual([2, 2]);
    cluster.workers[0]!.cable.resume();
    await until(() => stateOf(cluster, 'w1') === 'running');
    await cluster.master.stop();
    expect(counts).toMatchObject({ started: 4, stopped: 4 });
    expect(cluster.statistics.total.numRequests).toBe(counts.requests);
    expect(cluster.statistics.workers.map(({ lostAt }) => lostAt)).toEqual([null, null]);
  });

  test('gets no more users while it is away, and as many as the others when it is back', async () => {
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')], master: { patience: patient } });
    cluster.master.start(4, 1000);
    await until(() => `${usersOf(cluster)}` === '2,2');
    cluster.workers[0]!.cable.interrupt();
    await until(() => stateOf(cluster, 'w1') === 'missing');
    cluster.master.start(8, 1000);
    await until(() => `${usersOf(cluster)}` === '2,6');
    cluster.workers[0]!.cable.resume();
    await until(() => `${usersOf(cluster)}` === '4,4');
  });

  test('holds a ramp up when there is no other: its users are all there when it is back, and not before', async () => {
    await using cluster = aCluster({ workers: 1, userClasses: [idle('A')], master: { patience: patient } });
    cluster.master.start(2, 1000);
    await until(() => cluster.master.state === 'running');
    cluster.workers[0]!.cable.interrupt();
    await until(() => stateOf(cluster, 'w1') === 'missing');
    cluster.master.start(20, 1000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(cluster.master.state).toBe('spawning');
    cluster.workers[0]!.cable.resume();
    await until(() => cluster.master.state === 'running');
    expect(usersOf(cluster)).toEqual([20]);
    const announced = cluster.fired.filter((name) => name.startsWith('spawningComplete'));
    expect(announced).toEqual(['spawningComplete 2', 'spawningComplete 20']);
  });

  test('holds it up also when it is gone after it was told of its users, and before it says that they are there', async () => {
    class A extends User {
      static override waitTime = constant(1000);
      @task rest() {}
      override onStart() {
        cluster.workers[0]?.cable.interrupt();
      }
    }
    await using cluster = aCluster({ workers: 1, userClasses: [A], master: { patience: patient } });
    const announced = () => cluster.fired.filter((name) => name.startsWith('spawningComplete'));
    cluster.master.start(1, 1000);
    await until(() => stateOf(cluster, 'w1') === 'missing');
    await new Promise((resolve) => setImmediate(resolve));
    expect([cluster.master.state, announced()]).toEqual(['spawning', []]);
    cluster.workers[0]!.cable.resume();
    await until(() => cluster.master.state === 'running');
    await until(() => announced().length > 0);
    expect([usersOf(cluster), announced()]).toEqual([[1], ['spawningComplete 1']]);
  });

  test('[129] is given up when its grace is over, and its users go to the others; if it comes then it is told so', async () => {
    const { Counting, counts } = counting();
    using log = captureLog();
    const options = { userClasses: [Counting], graceSeconds: 0.2 };
    const worker = { graceSeconds: 60 }; // it believes that it has more time than it said
    await using cluster = aCluster({
      ...options,
      workers: 2,
      worker,
      master: { patience: { ...patient, extraGraceSeconds: 0.3 } },
    });
    cluster.master.start(6, 1000);
    await until(() => cluster.master.state === 'running');
    const [lost] = cluster.workers;
    lost!.cable.interrupt();
    await until(() => stateOf(cluster, 'w1') === 'gone');
    await until(() => usersOf(cluster)[1] === 6);
    expect(log.at('ERROR')[0]).toMatch(/^worker w1 is lost \(it did not come back in time\): .* is in no number$/);
    expect(cluster.statistics.workers.find(({ id }) => id === 'w1')?.lostAt).toBeGreaterThan(0);
    // the same process over a new link: it still has its users
    const { standing } = lost!.worker;
    expect(standing?.userCounts).toEqual({ Counting: 3 });
    comeBack(cluster, lost!);
    await until(() => `${usersOf(cluster)}` === '3,3');
    expect(counts.started, 'its own users stayed, three of the others were stopped').toBe(9);
    expect(cluster.master.workers.get('w1')?.index, 'it has its old index').toBe(0);
    await cluster.master.stop();
    expect(cluster.statistics.total.numRequests).toBe(counts.requests);
    expect(cluster.statistics.workers.find(({ id }) => id === 'w1')?.lostAt).toBeNull();
  });

  test('[129] a quit that it had sent before does not end the test of the others', async () => {
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')], master: { patience: patient } });
    cluster.master.start(2, 1000);
    await until(() => cluster.master.state === 'running');
    cluster.workers[0]!.cable.interrupt();
    await until(() => stateOf(cluster, 'w1') === 'missing');
    cluster.workers[0]!.link.send({ kind: 'quit' });
    cluster.workers[0]!.cable.resume();
    await until(() => stateOf(cluster, 'w1') === 'gone' && cluster.usersOn(1)['A'] === 2);
    expect(cluster.master.state).not.toBe('stopped');
  });

  test('[129] with all workers missing the test goes on for their grace, and ends with it', async () => {
    using log = captureLog();
    const patience = { ...patient, extraGraceSeconds: 1 };
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')], graceSeconds: 0, master: { patience } });
    cluster.master.start(2, 1000);
    await until(() => cluster.master.state === 'running');
    for (const { cable } of cluster.workers) cable.kill();
    await until(() => log.at('WARNING').some((line) => line.startsWith('all workers are missing')));
    expect(cluster.master.state).toBe('running');
    await until(() => cluster.master.state === 'stopped');
    expect(log.at('ERROR')).toContain('the last worker is gone: stopping the test');
    expect(cluster.master.hasFault).toBe(true);
  });

  test.each([['before'], ['after']])(
    'is not waited for when whoever started it has seen its end, %s its connection broke',
    async (when) => {
      using log = captureLog();
      await using cluster = aCluster({ workers: 1, userClasses: [idle('A')], master: { patience: patient } });
      cluster.master.start(2, 1000);
      await until(() => cluster.master.state === 'running');
      if (when === 'after') cluster.workers[0]!.cable.kill();
      cluster.master.workerEnded('w1', 'its process was killed');
      if (when === 'before') cluster.workers[0]!.cable.kill();
      await until(() => cluster.master.state === 'stopped');
      expect(log.at('ERROR')).toContainEqual(expect.stringMatching(/^worker w1 is lost \(its process was killed\): /));
    },
  );

  test('loses nothing of what it said last, also when its end is known before that has come', async () => {
    using log = captureLog();
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')], master: { patience: patient } });
    cluster.master.start(2, 1000);
    await until(() => cluster.master.state === 'running');
    cluster.master.workerEnded('w1', 'its process ended with exit code 0');
    expect(cluster.master.workers.size).toBe(2);
    await cluster.workers[0]!.worker.leave();
    await until(() => cluster.master.workers.size === 1);
    expect(log.at('ERROR').filter((line) => line.startsWith('worker '))).toEqual([]);
  });

  test('hears of a stop when it is back, if that was while it was away', async () => {
    using log = captureLog();
    const { Counting, counts } = counting();
    await using cluster = aCluster({ workers: 2, userClasses: [Counting], master: { patience: patient } });
    cluster.master.start(4, 1000);
    await until(() => cluster.master.state === 'running' && counts.requests > 20);
    cluster.workers[0]!.cable.interrupt();
    await until(() => stateOf(cluster, 'w1') === 'missing');
    const stopped = cluster.master.stop();
    await until(() => usersOf(cluster)[1] === 0);
    expect(log.at('WARNING').at(-1)).toMatch(/^the end waits for worker w1, which is missing, until \d\d:\d\d:\d\d/);
    const before = counts.requests;
    await until(() => counts.requests > before + 50);
    expect(cluster.master.state).toBe('stopping');
    cluster.workers[0]!.cable.resume();
    await stopped;
    expect(cluster.liveUsers()).toBe(0);
    expect(cluster.statistics.total.numRequests).toBe(counts.requests);
  });

  test('[129] takes no part in a test that is being stopped when it is back, and nobody waits for it', async () => {
    using log = captureLog();
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')], master: { patience: patient } });
    const [there, away] = cluster.workers;
    away!.cable.interrupt();
    await until(() => stateOf(cluster, 'w2') === 'missing');
    let release = () => {};
    there!.environment.events.testStopping.addListener(
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    cluster.master.start(2, 1000);
    await until(() => cluster.master.state === 'running');
    const stopped = cluster.master.stop();
    await until(() => there!.fired.includes('testStopping'));
    away!.cable.resume();
    await until(() => stateOf(cluster, 'w2') === 'ready');
    release();
    await stopped;
    expect(away!.cable.told.map(({ kind }) => kind)).not.toContain('testStart');
    expect(log.at('ERROR')).toEqual([]);
  });

  test('is not waited for by somebody in a hurry, and is named with what is missing of it', async () => {
    using log = captureLog();
    const { Counting, counts } = counting();
    await using cluster = aCluster({ workers: 2, userClasses: [Counting], master: { patience: patient } });
    cluster.master.start(4, 1000);
    await until(() => cluster.statistics.total.numRequests > 20);
    cluster.workers[0]!.cable.interrupt();
    await until(() => stateOf(cluster, 'w1') === 'missing');
    const stopped = cluster.master.stop();
    await until(() => cluster.usersOn(1)['Counting'] === 0);
    cluster.master.hurry();
    await stopped;
    expect(log.at('ERROR').at(-1)).toMatch(
      /^worker w1 is lost \(it is not waited for any longer\): what it measured after \d\d:\d\d:\d\d is in no number$/,
    );
    const w1 = cluster.statistics.workers.find(({ id }) => id === 'w1');
    expect(w1?.unreportedSeconds).toBeGreaterThanOrEqual(0);
    expect(w1?.unreportedSeconds).toBeLessThan(5);
    expect(cluster.statistics.total.numRequests).toBeLessThanOrEqual(counts.requests);
  });
});

describe('users of a missing worker, with rebalancing', () => {
  const settings = { leaseSeconds: 0.4 };
  const worker = { times: { heartbeatSeconds: 0.05, watchSeconds: 0.02 } };

  test('[123] are given to others when it must have stopped them, so nobody runs twice, and it gets others back', async () => {
    const { Counting, counts } = counting();
    await using cluster = aCluster({
      workers: 2,
      userClasses: [Counting],
      settings,
      worker,
      master: { patience: { ...impatient, extraGraceSeconds: 60 } },
    });
    cluster.master.start(6, 1000);
    await until(() => cluster.master.state === 'running');
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, cluster.liveUsers());
    }, 2);
    cluster.workers[0]!.cable.interrupt();
    await until(() => `${usersOf(cluster)}` === '0,6');
    expect(stateOf(cluster, 'w1')).toBe('missing');
    cluster.workers[0]!.cable.resume();
    await until(() => `${usersOf(cluster)}` === '3,3');
    clearInterval(watching);
    expect(most, 'users at the same time, wherever').toBe(6);
    await cluster.master.stop();
    expect(cluster.statistics.total.numRequests).toBe(counts.requests);
  });

  test('are given to nobody, and nothing else is said, once the test is being stopped', async () => {
    using log = captureLog();
    await using cluster = aCluster({
      workers: 1,
      userClasses: [idle('A')],
      settings,
      worker,
      master: { patience: { ...impatient, extraGraceSeconds: 60 } },
    });
    cluster.master.start(2, 1000);
    await until(() => cluster.master.state === 'running');
    const stopped = cluster.master.stop();
    cluster.workers[0]!.cable.interrupt();
    await until(() => cluster.master.workers.get('w1')?.isReplaced === true);
    cluster.workers[0]!.cable.resume();
    await stopped;
    expect(log.at('WARNING').filter((line) => /given to others|given to other|test goes on/.test(line))).toEqual([]);
  });

  test('are for others when it stopped them by itself, and stay there', async () => {
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')], settings: { leaseSeconds: 60 } });
    cluster.master.start(6, 1000);
    await until(() => cluster.master.state === 'running');
    await cluster.workers[0]!.worker.stop();
    await until(() => `${usersOf(cluster)}` === '0,6');
  });

  test('stay, if it is back before its lease is over', async () => {
    const { Counting, counts } = counting();
    await using cluster = aCluster({ workers: 2, userClasses: [Counting], settings: { leaseSeconds: 60 }, worker });
    cluster.master.start(6, 1000);
    await until(() => cluster.master.state === 'running');
    cluster.workers[0]!.cable.interrupt();
    await until(() => stateOf(cluster, 'w1') === 'missing');
    cluster.workers[0]!.cable.resume();
    await until(() => stateOf(cluster, 'w1') === 'running');
    expect(counts.started).toBe(6);
  });

  test('are started again when it stopped them itself and nobody else had got them', async () => {
    const { Counting } = counting();
    const patience = { ...impatient, extraLeaseSeconds: 60, extraGraceSeconds: 60 };
    await using cluster = aCluster({ workers: 2, userClasses: [Counting], settings, worker, master: { patience } });
    cluster.master.start(6, 1000);
    await until(() => cluster.master.state === 'running');
    cluster.workers[0]!.cable.interrupt();
    await until(() => `${usersOf(cluster)}` === '0,3');
    cluster.workers[0]!.cable.resume();
    await until(() => `${usersOf(cluster)}` === '3,3');
    expect(cluster.master.state).toBe('running');
    await cluster.master.stop();
    expect(cluster.liveUsers(), 'its stop of before does not count').toBe(0);
  });
});

test('[39] a worker that is slow to say that its users are there is only announced', async () => {
  using log = captureLog();
  class A extends User {
    static override waitTime = constant(1000);
    @task rest() {}
    override onStart() {
      const [, slow] = cluster.workers;
      if (slow?.environment === this.environment) slow.cable.hold();
    }
  }
  await using cluster = aCluster({ workers: 2, userClasses: [A], master: { patience: patient } });
  const spawned: number[] = [];
  cluster.environment.events.spawningComplete.addListener(({ userCount }) => spawned.push(userCount));
  cluster.master.start(4, 1000);
  await until(() => spawned.length === 1);
  expect(log.at('INFO')).toContain(
    'Users spawned, but not every worker has reported in time: {"A": 2} (2 total users)',
  );
  cluster.workers[1]!.cable.resume();
  await until(() => cluster.master.workers.userCount === 4);
  expect(cluster.master.state).toBe('running');
});

describe('a worker that joins', () => {
  test('has its index for the life of the run, and nobody else gets it', async () => {
    await using cluster = aCluster({ workers: 3, userClasses: [idle('A')] });
    await until(() => cluster.workers.every(({ worker }) => worker.index >= 0));
    cluster.workers[1]!.link.close();
    await until(() => cluster.master.workers.size === 2);
    const fourth = cluster.addWorker('w4');
    const again = cluster.addWorker('w2');
    await until(() => again.worker.index >= 0 && fourth.worker.index >= 0);
    expect([again.worker.index, fourth.worker.index]).toEqual([1, 3]);
  });

  test('with a test of another run is told to stop it, and takes part in this one', async () => {
    const { Counting, counts } = counting();
    await using other = aCluster({
      workers: 1,
      userClasses: [Counting],
      master: { setup: { run: 'other', userConfigs: [], equalWeights: false, maxNames: 100 } },
    });
    other.master.start(5, 1000);
    await until(() => other.liveUsers() === 5);
    const [stranger] = other.workers;
    expect(stranger!.worker.standing).toMatchObject({ run: 'other', test: 1 });
    await using cluster = aCluster({ workers: 1, userClasses: [Counting] });
    cluster.master.start(2, 1000);
    await until(() => cluster.master.state === 'running');
    stranger!.cable.interrupt();
    await until(() => stateOf(other, 'w1') === 'missing');
    comeBack(cluster, { ...stranger!, id: 'wx' });
    await until(() => counts.stopped === 6 && other.liveUsers() === 1 && cluster.liveUsers() === 1);
    expect(other.workers[0]!.fired.filter((name) => name === 'testStart')).toHaveLength(2);
    await cluster.master.stop();
    expect(other.liveUsers()).toBe(0);
    expect(cluster.statistics.total.numRequests, 'samples of the other run are in no number').toBeLessThan(
      counts.requests,
    );
  });

  test('at the same moment as others is dealt with together with them: a message for each, and no storm', async () => {
    await using cluster = aCluster({ workers: 10, userClasses: [idle('A')], master: { patience: patient } });
    cluster.master.start(40, 1000);
    await until(() => cluster.master.state === 'running');
    const spawns = () => cluster.workers.map(({ cable }) => cable.told.filter(({ kind }) => kind === 'spawn').length);
    for (const { cable } of cluster.workers) cable.interrupt();
    await until(() => cluster.master.workers.present.length === 0);
    const before = Math.max(...spawns());
    for (const { cable } of cluster.workers) cable.resume();
    for (const id of ['w11', 'w12']) cluster.addWorker(id);
    await until(() => usersOf(cluster).every((users) => users === 3 || users === 4));
    expect(cluster.liveUsers()).toBe(40);
    expect(Math.max(...spawns()) - before).toBeLessThanOrEqual(3);
  });

  test('while testStart listeners of others are waited for takes part from the beginning', async () => {
    await using cluster = aCluster({ workers: 1, userClasses: [idle('A')] });
    let goOn: () => void = () => {};
    cluster.workers[0]!.environment.events.testStart.addListener(
      () =>
        new Promise<void>((resolve) => {
          goOn = resolve;
        }),
    );
    cluster.master.start(4, 1000);
    await until(() => cluster.workers[0]!.fired.includes('testStart'));
    cluster.addWorker('w2');
    await until(() => cluster.workers[1]!.fired.includes('testStart'));
    goOn();
    await until(() => `${usersOf(cluster)}` === '2,2');
  });

  test('after the runner has quit is refused with a reason', async () => {
    const cluster = aCluster({ workers: 1, userClasses: [idle('A')] });
    await cluster.master.quit();
    expect(() => cluster.addWorker('w2')).toThrow('the master is quitting and takes no more workers');
  });

  test('while the runner quits is let go as well', async () => {
    const cluster = aCluster({ workers: 1, userClasses: [idle('A')] });
    cluster.workers[0]!.cable.hold();
    const quit = cluster.master.quit();
    await until(() => cluster.workers[0]!.cable.told.some(({ kind }) => kind === 'quit'));
    const late = cluster.addWorker('w2');
    await until(() => late.cable.told.some(({ kind }) => kind === 'quit'));
    cluster.workers[0]!.cable.resume();
    await quit;
    expect(cluster.master.workers.size).toBe(0);
  });

  test('is waited for: so many ready ones, or so many seconds', async () => {
    await using cluster = aCluster({ workers: 1, userClasses: [idle('A')] });
    expect(await cluster.master.untilWorkers(2, 0.05)).toBe(false);
    const two = cluster.master.untilWorkers(2, 0);
    cluster.addWorker('w2');
    expect(await two).toBe(true);
    cluster.master.start(2, 1000);
    await until(() => cluster.master.state === 'running');
    expect(cluster.master.workers.readyCount, 'who has users is not ready').toBe(0);
  });
});

/** A worker whose link to its master is lost for good finds this one. */
function comeBack({ master }: Cluster, { id, worker, cable }: ClusterWorker): void {
  const { standing } = worker;
  master.addWorker({ worker: id, version: 'test', graceSeconds: 60, ...(standing && { standing }) }, cable.renew());
}
