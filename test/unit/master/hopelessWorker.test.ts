/** Workers that can start no user of the test: their locustfile is another one, or lacks something on that machine. */
import { describe, expect, test } from 'vitest';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { idle } from '../environment/running.js';
import { aCluster, type Cluster, impatient } from './cluster.js';

const Shopper = idle('Shopper');
/** Of a worker with another locustfile. */
const other = { userClasses: new Map([['Other', idle('Other')]]) };
const usersOf = ({ workers }: Cluster) => `${workers.map(({ worker }) => worker.userCount)}`;
const withOneMore = (leaseSeconds?: number) =>
  aCluster({
    workers: 1,
    userClasses: [Shopper],
    settings: { leaseSeconds },
    graceSeconds: 0.3,
    master: { patience: { ...impatient, silenceSeconds: 60 } },
  });
const sentence = (id: string) => `no users can be started on worker ${id}: its locustfile has no class Shopper`;

describe('a worker that can start no user', () => {
  test.each([undefined, 5])('is named once, and its users go to the others (lease: %s)', async (leaseSeconds) => {
    using log = captureLog();
    await using cluster = withOneMore(leaseSeconds);
    const { master } = cluster;
    cluster.addWorker('w2', other);
    master.start(6, 1000);
    await until(() => usersOf(cluster) === '6,0' && master.state === 'running');
    expect(cluster.usersOn(0)).toEqual({ Shopper: 6 });
    expect(cluster.fired.filter((event) => event.startsWith('spawningComplete'))).toEqual(['spawningComplete 6']);
    // a further load is for the others as well
    master.start(8, 1000);
    await until(() => usersOf(cluster) === '8,0');
    expect(log.at('ERROR')).toEqual([`${sentence('w2')}; other workers get its users`]);
    expect(master.hasFault).toBe(true);
  });

  test('ends the test when no other is left that could, also one that is waited for', async () => {
    using log = captureLog();
    await using cluster = withOneMore();
    const { master } = cluster;
    cluster.addWorker('w2', other);
    master.start(6, 1000);
    await until(() => usersOf(cluster) === '6,0' && master.state === 'running');
    cluster.workers[0]!.cable.kill();
    await until(() => master.workers.get('w1')?.isMissing === true);
    expect(master.state).toBe('running');
    await until(() => master.state === 'stopped');
    expect(log.at('ERROR')).toContain('no worker is left that can start users: stopping the test');
  });

  test('is named in each test, and one that joins starts users', async () => {
    using log = captureLog();
    await using cluster = withOneMore();
    const { master } = cluster;
    cluster.addWorker('w2', other);
    for (const round of [1, 2]) {
      master.start(6, 1000);
      await until(() => usersOf(cluster) === '6,0' && master.state === 'running');
      expect(log.at('ERROR').filter((line) => line.startsWith(sentence('w2')))).toHaveLength(round);
      await master.stop();
    }
    master.start(6, 1000);
    await until(() => usersOf(cluster) === '6,0' && master.state === 'running');
    cluster.addWorker('w3');
    await until(() => usersOf(cluster) === '3,0,3');
  });
});

test('when no worker can start a user the test ends, and each is named', async () => {
  using log = captureLog();
  await using cluster = aCluster({ workers: 0, userClasses: [Shopper] });
  const { master } = cluster;
  for (const id of ['w1', 'w2']) cluster.addWorker(id, other);
  master.start(4, 1000);
  await until(() => master.state === 'stopped');
  const [first, last] = log.at('ERROR');
  expect([first, last].map((line) => line?.replace('; other workers get its users', '')).sort()).toEqual(
    ['w1', 'w2'].map(sentence),
  );
  expect(last).not.toContain('other workers');
  expect(master.hasFault).toBe(true);
});
