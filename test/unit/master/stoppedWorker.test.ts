import { describe, expect, test } from 'vitest';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { idle } from '../environment/running.js';
import { aCluster, type Cluster, type ClusterWorker, impatient } from './cluster.js';
import { counting } from './counting.js';

const patience = { ...impatient, silenceSeconds: 60 };
const usersOf = ({ usersOn, workers }: Cluster) =>
  workers.map((_, at) => Object.values(usersOn(at)).reduce((sum, count) => sum + count, 0));
const kindsTold = ({ cable }: ClusterWorker) => cable.told.map(({ kind }) => kind);

describe('a worker that has stopped its own users', () => {
  test('takes no more part in the test: others get its users, once, and it is told of no step', async () => {
    using log = captureLog();
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')], master: { patience } });
    const [stopped, other] = cluster.workers;
    cluster.master.start(4, 1000);
    await until(() => cluster.master.state === 'running');
    const before = kindsTold(stopped!).length;
    const stepsBefore = kindsTold(other!).filter((kind) => kind === 'spawn').length;
    await stopped!.worker.stop();
    await until(() => `${usersOf(cluster)}` === '0,4');
    cluster.master.start(8, 20);
    await until(() => cluster.master.state === 'running' && cluster.master.workers.userCount === 8);
    expect(usersOf(cluster)).toEqual([0, 8]);
    expect(kindsTold(stopped!).slice(before)).toEqual(expect.not.arrayContaining(['spawn', 'spawningComplete']));
    const steps = kindsTold(other!).filter((kind) => kind === 'spawn').length - stepsBefore;
    expect(steps, 'one with the users of the other, and one of the new ramp').toBeLessThanOrEqual(2);
    expect(log.at('INFO').filter((line) => line.includes('not every worker'))).toEqual([]);
    await cluster.master.stop();
    cluster.master.start(4, 1000);
    await until(() => `${usersOf(cluster)}` === '2,2', { what: 'its part in the next test' });
  });

  test('[129] moves nobody when it is back from a lost connection', async () => {
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')], master: { patience } });
    const [stopped, other] = cluster.workers;
    cluster.master.start(6, 1000);
    await until(() => cluster.master.state === 'running');
    await stopped!.worker.stop();
    await until(() => `${usersOf(cluster)}` === '0,6' && cluster.master.workers.userCount === 6);
    stopped!.cable.interrupt();
    await until(() => cluster.master.workers.get('w1')?.isMissing === true);
    const before = other!.cable.told.length;
    stopped!.cable.resume();
    await until(() => cluster.master.workers.get('w1')?.isMissing === false);
    cluster.master.start(7, 1000);
    await until(() => `${usersOf(cluster)}` === '0,7');
    const spawns = other!.cable.told.slice(before).filter(({ kind }) => kind === 'spawn');
    expect(spawns).toHaveLength(1);
  });

  test('is not told of the ramp of a test that it stopped while others began it', async () => {
    let release = () => {};
    await using cluster = aCluster({ workers: 2, userClasses: [idle('A')], master: { patience } });
    const [stopped, slow] = cluster.workers;
    slow!.environment.events.testStart.addListener(
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    cluster.master.start(4, 1000);
    await until(() => slow!.fired.includes('testStart') && cluster.master.workers.get('w1')?.startedTest === 1);
    await stopped!.worker.stop();
    await until(() => cluster.master.workers.get('w1')?.stoppedTest === 1);
    release();
    await until(() => `${usersOf(cluster)}` === '0,4');
    expect(kindsTold(stopped!)).not.toContain('spawn');
  });

  test('leaves what it has of a total of iterations to the others', async () => {
    const { Counting, counts } = counting();
    const settings = { iterations: { kind: 'total' as const, count: 300 } };
    await using cluster = aCluster({ workers: 2, userClasses: [Counting], settings, master: { patience } });
    cluster.master.start(4, 1000);
    await until(() => cluster.master.state === 'running' && counts.requests > 20);
    await cluster.workers[0]!.worker.stop();
    await until(() => cluster.master.state === 'stopped');
    expect(counts.requests).toBe(300);
    expect(cluster.statistics.total.numRequests).toBe(300);
  });
});
