import { describe, expect, test } from 'vitest';
import { OwnWorkers } from '../../../../src/cli/cluster/ownWorkers.js';
import { workerOrders } from '../../../../src/cli/cluster/spawnOrders.js';
import type { ProcessEnd, SpawnedWorker, Spawner, SpawnListener } from '../../../../src/spawn/index.js';
import { captureLog } from '../../../capturedLog.js';

const order = { masterHost: '127.0.0.1', masterPort: 1, words: [], secrets: {} };
const failed: ProcessEnd = { code: 1, signal: null };

/** So many workers, which end when the test says so. */
class ByHand implements Spawner {
  readonly workers: readonly SpawnedWorker[];
  #listener: SpawnListener | undefined;

  constructor(count: number) {
    this.workers = Array.from({ length: count }, (_, index) => ({
      index,
      identity: `${index}`.repeat(32),
      name: `worker ${index}`,
    }));
  }

  start = async () => this.workers;
  stop = async () => {};

  listen(listener: SpawnListener): void {
    this.#listener = listener;
  }

  end(index: number): void {
    const worker = this.workers[index];
    if (worker !== undefined) this.#listener?.ended(worker, failed);
  }
}

describe('the workers that a process starts itself', () => {
  test('are all named that fail of one cause, though not at the same moment', async () => {
    using log = captureLog();
    const spawner = new ByHand(4);
    await using own = new OwnWorkers(() => {});
    await own.start([{ spawner, order }]);
    spawner.end(2);
    await own.failed;
    const later = [setTimeout(() => spawner.end(0), 30), setTimeout(() => spawner.end(3), 60)];
    await own.calm(400);
    own.expectEnds();
    spawner.end(1);
    for (const timer of later) clearTimeout(timer);
    expect(log.at('ERROR')).toEqual([2, 0, 3].map((index) => `worker ${index} ended with exit code 1`));
  });

  test('are not waited for when all have ended', async () => {
    const spawner = new ByHand(2);
    await using own = new OwnWorkers(() => {});
    await own.start([{ spawner, order }]);
    for (const { index } of spawner.workers) spawner.end(index);
    await own.calm(3_600_000);
    expect(own.ends).toHaveLength(2);
  });

  test('are named while they have not told their master who they are', async () => {
    const spawner = new ByHand(3);
    await using own = new OwnWorkers(() => {});
    await own.start([{ spawner, order }]);
    expect(own.absentFrom([`host_${'1'.repeat(32)}`, 'host_other'])).toEqual(['worker 0', 'worker 2']);
  });

  test('have a bounded time to reach their master', async () => {
    const role = { kind: 'master', bindHost: '*', bindPort: 1, takesOthers: true, processes: 1, spawns: [] } as const;
    const sources = { words: ['--connect-within=9'], variables: {}, cwd: '/none', home: '/none' };
    const orders = await workerOrders({ role, sources, custom: [], isDelivered: true, isEncrypted: false });
    expect(orders(1, 'sesame')[0]?.order.words).toEqual(['--connect-within=120', '--locustfile=-']);
  });
});
