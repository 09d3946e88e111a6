import { describe, expect, test } from 'vitest';
import { epochSeconds } from '../../../src/clock.js';
import { Environment } from '../../../src/environment/index.js';
import { runSetup, testSettings } from '../../../src/environment/testSettings.js';
import type { RestoredRun } from '../../../src/master/index.js';
import { RunStatistics } from '../../../src/stats/index.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { counting } from '../worker/workers.js';
import { aNetwork, listen, makeMaster, type NetworkWorker } from './network.js';
import { idle } from './running.js';

/** What a journal would say of a run with these workers. */
function restoredFrom(workers: readonly NetworkWorker[]): RestoredRun {
  const [first] = workers;
  const standing = first?.runner.standing;
  if (first === undefined || standing === undefined) throw new Error('no worker has begun');
  const { run, test, period } = standing;
  const setup = { ...runSetup(first.environment), run };
  const settings = testSettings(first.environment);
  const load = { userCount: 4, spawnRate: 1000, userClasses: undefined };
  return {
    setup,
    test,
    period,
    lastTime: epochSeconds(),
    workers: workers.map(({ runner }, index) => {
      return { id: runner.clientId, index, graceSeconds: 60, sequence: 0, isGone: false };
    }),
    running: { test, period, startTime: epochSeconds(), settings, load, isSpawned: true },
  };
}

describe('workers over the network', () => {
  test('measure every request once, fire each event once, and end with their master', async () => {
    const { Counting, counts } = counting();
    await using network = await aNetwork({ workers: 2, userClasses: [Counting] });
    const { master, workers, statistics } = network;
    master.start(6, 1000);
    await until(() => master.state === 'running');
    expect(workers.map(({ runner }) => runner.userCount)).toEqual([3, 3]);
    expect(workers.map(({ runner }) => runner.workerIndex)).toEqual([0, 1]);
    await until(() => counts.runs > 200);
    await master.stop();
    expect(statistics.total.numRequests).toBe(counts.runs);
    await master.quit();
    await Promise.all(workers.map(({ runner }) => runner.ended));
    for (const { runner, fired } of workers) {
      expect(runner.ending).toEqual({ why: 'quit', reason: '', unreportedRequests: 0 });
      expect(fired).toEqual(['testStart', 'spawningComplete', 'testStopping', 'testStop']);
    }
  });

  test('lose nothing while a connection is cut, and neither stop nor start users', async () => {
    const { Counting, counts } = counting();
    await using network = await aNetwork({ workers: 2, userClasses: [Counting] });
    const { master, workers, statistics } = network;
    master.start(4, 1000);
    await until(() => master.state === 'running');
    for (let round = 0; round < 2; round++) {
      workers[0]?.relay.cut();
      const runs = counts.runs;
      await until(() => [...master.workers].some(({ isMissing }) => isMissing) && counts.runs > runs + 300);
      workers[0]?.relay.mend();
      await until(() => [...master.workers].every(({ isMissing }) => !isMissing));
    }
    await master.stop();
    expect([counts.starts, counts.stops]).toEqual([4, 4]);
    expect(statistics.total.numRequests).toBe(counts.runs);
  });

  test('run a total of iterations exactly, shared out by need', async () => {
    const { Counting, counts } = counting(0.001);
    const iterations = { kind: 'total', count: 2001 } as const;
    await using network = await aNetwork({ workers: 3, userClasses: [Counting], iterations });
    network.master.start(7, 1000);
    await until(() => network.master.state === 'stopped');
    expect(counts.runs).toBe(2001);
    expect(network.statistics.total.numRequests).toBe(2001);
  });

  test('[43] give up a master that is gone, each after its grace, with its users stopped in order', async () => {
    using log = captureLog();
    const { Counting, counts } = counting();
    await using network = await aNetwork({ workers: 2, userClasses: [Counting], graceSeconds: 0.5 });
    const { master, workers } = network;
    master.start(4, 1000);
    await until(() => master.state === 'running');
    for (const { relay } of workers) relay.cut();
    await Promise.all(workers.map(({ runner }) => runner.ended));
    expect(counts.stops).toBe(4);
    for (const { runner, fired } of workers) {
      expect([runner.ending?.why, runner.lossOfMaster]).toEqual(['lost', true]);
      expect(fired.slice(-2)).toEqual(['testStopping', 'testStop']);
    }
    expect(log.at('ERROR').filter((line) => line.startsWith('the master is lost'))).toHaveLength(2);
  });

  test('whose locustfiles lack all classes of the test end it, and each says which and where', async () => {
    using log = captureLog();
    await using network = await aNetwork({
      workers: 1,
      userClasses: [idle('Shopper'), idle('Buyer')],
      ownClasses: [idle('Other')],
    });
    const { master, workers } = network;
    master.start(2, 1000);
    await until(() => log.at('ERROR').length > 0);
    expect(log.at('ERROR')[0]).toBe(
      `no users can be started on worker ${workers[0]?.runner.clientId}: its locustfile has no class Buyer, Shopper`,
    );
  });

  test('with a lease, a worker without its master stops its users before others get them, and joins in again', async () => {
    let isTwice = false;
    const alive = new Map<Environment, number>();
    const { Counting } = counting();
    class Placed extends Counting {
      override onStart() {
        const { environment } = this;
        if (environment instanceof Environment) alive.set(environment, (alive.get(environment) ?? 0) + 1);
        isTwice ||= [...alive.values()].reduce((sum, count) => sum + count, 0) > 6;
      }
      override onStop() {
        const { environment } = this;
        if (environment instanceof Environment) alive.set(environment, (alive.get(environment) ?? 0) - 1);
      }
    }
    await using network = await aNetwork({ workers: 2, userClasses: [Placed], leaseSeconds: 1 });
    const { master, workers } = network;
    const users = () => workers.map(({ runner }) => runner.userCount);
    master.start(6, 1000);
    await until(() => master.state === 'running');
    workers[0]?.relay.cut();
    await until(() => `${users()}` === '0,6');
    // only until here: what moves back is started on one worker while it is being stopped on the other
    expect(isTwice).toBe(false);
    workers[0]?.relay.mend();
    await until(() => `${users()}` === '3,3');
    expect(workers[0]?.fired.filter((name) => name === 'testStart')).toHaveLength(1);
    await master.stop();
  });

  test('join a master that goes on with the run of one that died: users stay, and no event comes twice', async () => {
    const { Counting, counts } = counting();
    const options = { workers: 2, userClasses: [Counting] };
    await using network = await aNetwork(options);
    const { master: former, workers } = network;
    former.start(4, 1000);
    await until(() => former.state === 'running');
    for (const { relay } of workers) relay.cut();
    const master = makeMaster(options, new RunStatistics(), restoredFrom(workers));
    const server = await listen(master);
    master.resume();
    for (const { relay } of workers) relay.mend(server.port);
    await until(() => master.workers.userCount === 4 && master.workers.present.length === 2);
    const runs = counts.runs;
    await until(() => counts.runs > runs + 100);
    expect([counts.starts, counts.stops]).toEqual([4, 0]);
    await master.stop();
    expect(counts.stops).toBe(4);
    await master.quit();
    for (const { runner, fired } of workers) {
      await runner.ended;
      expect(runner.ending).toEqual({ why: 'quit', reason: '', unreportedRequests: 0 });
      for (const event of ['testStart', 'testStopping', 'testStop']) {
        expect(fired.filter((name) => name === event)).toHaveLength(1);
      }
    }
    await server.close();
    former.hurry(); // as good as dead: it waits for nobody
  });

  test('[115] one that leaves by itself is missed by nobody: its users move, and what it measured counts', async () => {
    const { Counting, counts } = counting();
    await using network = await aNetwork({ workers: 2, userClasses: [Counting] });
    const { master, workers, statistics } = network;
    master.start(4, 1000);
    await until(() => master.state === 'running');
    await workers[1]?.runner.quit();
    expect(workers[1]?.runner.ending?.why).toBe('left');
    await until(() => workers[0]?.runner.userCount === 4);
    await master.stop();
    expect(statistics.total.numRequests).toBe(counts.runs);
  });

  test('[119] messages travel both ways', async () => {
    await using network = await aNetwork({ workers: 2, userClasses: [idle('A')] });
    const { master, workers } = network;
    const heard: unknown[] = [];
    for (const { runner } of workers) {
      runner.registerMessage('work', ({ data }) => heard.push([runner.workerIndex, data]));
    }
    await until(() => workers.every(({ runner }) => runner.workerIndex >= 0));
    master.sendMessage('work', { items: [1] });
    master.sendMessage('work', 'only you', workers[1]?.runner.clientId);
    await until(() => heard.length === 3);
    expect(heard).toContainEqual([0, { items: [1] }]);
    expect(heard).toContainEqual([1, { items: [1] }]);
    expect(heard).toContainEqual([1, 'only you']);
  });
});
