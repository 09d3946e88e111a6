/** Workers of ours under a real Locust master, of which something ends at the wrong time. */
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { tsload } from '../e2e/tsload.js';
import { freePort } from '../freePort.js';
import { until } from '../until.js';
import { startLocust, startLocustWorker } from './locust.js';
import { aTarget, entry, hasNoTraceback, LocustMaster, pythonClasses, startOurWorker } from './locustMaster.js';

const shop = `
  import { constant, HttpUser, task } from 'tsload';
  export class Shopper extends HttpUser {
    static waitTime = constant(0.1);
    @task async page() { await this.client.get('/page'); }
  }
`;
/** Locust's master waits a second for the users of a ramp, which a busy machine may need. */
const patience = { LOCUST_WAIT_FOR_WORKERS_REPORT_AFTER_RAMP_UP: '30' };
const files = { 'locustfile.py': pythonClasses('Shopper'), 'shop.ts': shop };
/** Where a test is about it. Elsewhere a busy machine may keep a worker still for longer. */
const missesSoon = 3;

describe('a worker of ours', () => {
  test('that is killed is missed by the master, which goes on with the others', async () => {
    await using target = await aTarget();
    using master = await LocustMaster.start(
      `--host ${target.url} --enable-rebalancing --stop-timeout 5`,
      { files },
      missesSoon,
    );
    using killed = startOurWorker(master.port, '', { files });
    using left = startOurWorker(master.port, '', { files });
    await master.workers(2);
    await master.swarm(4);
    killed.signal('SIGKILL');
    await master.sees(({ workers }) => workers.some(({ state }) => state === 'missing'));
    await master.sees(({ workers }) =>
      workers.some(({ state, user_count }) => state === 'running' && user_count === 4),
    );
    const before = target.total();
    await until(() => target.total() > before + 8);
    expect(left.stderr).not.toMatch(/ERROR|WARNING/);
    hasNoTraceback(master.run);
  });

  test('that is frozen gives its users up when others have them, and gets its share again', async () => {
    await using target = await aTarget();
    using master = await LocustMaster.start(
      `--host ${target.url} --enable-rebalancing --stop-timeout 5`,
      { files },
      missesSoon,
    );
    using frozen = startOurWorker(master.port, '', { files });
    using _ = startOurWorker(master.port, '', { files });
    await master.workers(2);
    await master.swarm(4);
    frozen.signal('SIGSTOP');
    await master.sees(({ workers }) =>
      workers.some(({ state, user_count }) => state === 'running' && user_count === 4),
    );
    frozen.signal('SIGCONT');
    await frozen.sees(/the master has missed this worker, and has not told it to go on/);
    await master.sees(({ workers }) =>
      workers.every(({ state, user_count }) => state === 'running' && user_count === 2),
    );
    const stopped = await master.stop();
    expect(entry(stopped, '/page')['num_requests']).toBe(target.total());
    await master.isWell();
  });

  test('that is stopped leaves in order: all that it measured is counted, and the others take its users', async () => {
    await using target = await aTarget();
    using master = await LocustMaster.start(`--host ${target.url} --stop-timeout 5`, { files });
    using leaving = startOurWorker(master.port, '', { files });
    using _ = startOurWorker(master.port, '', { files });
    await master.workers(2);
    await master.swarm(4);
    await until(() => target.total() > 10);
    leaving.signal('SIGTERM');
    const { code, stderr } = await leaving.finished;
    expect(code).toBe(0);
    expect(stderr).toContain('Got SIGTERM: leaving the master');
    await master.sees(({ workers }) => workers.length === 1 && workers[0]?.user_count === 4);
    const stopped = await master.stop();
    expect(entry(stopped, '/page')['num_requests']).toBe(target.total());
    expect(master.run.stderr.match(/reported as ready/g)).toHaveLength(3); // two that joined, and one that was stopped
    await master.isWell();
  });

  test('whose connection is cut goes on, is taken back, and nothing that it measured without it is lost', async () => {
    await using target = await aTarget();
    using master = await LocustMaster.start(`--host ${target.url} --stop-timeout 5`, { files });
    await using line = await cuttable(master.port);
    using worker = startOurWorker(line.port, '', { files });
    await master.workers(1);
    await master.swarm(2);
    await until(() => target.total() > 10);
    await master.sees(({ stats }) => (stats.at(-1)?.['num_requests'] ?? 0) > 5);
    line.cut();
    await worker.sees(/lost the connection to the Locust master/);
    const cut = target.total();
    await until(() => target.total() > cut + 5); // not many: after four seconds it would take itself for missed
    line.mend();
    await worker.sees(/the Locust master answers again/);
    await master.sees(({ state, workers }) => state === 'running' && workers[0]?.state === 'running');
    const stopped = await master.stop();
    expect(target.total() - entry(stopped, '/page')['num_requests']!).toBeLessThanOrEqual(0);
    expect(master.run.stderr.match(/reported as ready/g)).toHaveLength(2); // it joined, and it was stopped
    await master.isWell();
  });

  test('whose former connection the master takes for open is taken back when that is gone', async () => {
    await using target = await aTarget();
    using master = await LocustMaster.start(`--host ${target.url} --stop-timeout 5`, { files }, missesSoon);
    await using line = await cuttable(master.port);
    using worker = startOurWorker(line.port, '', { files });
    await master.workers(1);
    line.cutHalf();
    await worker.sees(/lost the connection to the Locust master/);
    await master.sees(({ workers }) => workers[0]?.state === 'missing');
    line.mend();
    await worker.sees(/the Locust master answers again/);
    await master.swarm(2);
    await until(() => target.total() > 5);
    expect(entry(await master.stop(), '/page')['num_requests']).toBe(target.total());
    await master.isWell();
  });

  test('that is back at a master which has ended the test meanwhile stops its users, and takes part in the next', async () => {
    await using target = await aTarget();
    using master = await LocustMaster.start(`--host ${target.url} --stop-timeout 5`, { files }, missesSoon);
    await using line = await cuttable(master.port);
    using worker = startOurWorker(line.port, '', { files });
    await master.workers(1);
    await master.swarm(2);
    await until(() => target.total() > 5);
    line.cut();
    await master.run.sees(/The last worker went missing, stopping test/);
    await master.sees(({ state }) => state === 'stopped');
    line.mend();
    await worker.sees(/the master has missed this worker, and has not told it to go on/);
    await master.sees(({ workers }) => workers.length === 1 && workers[0]?.state === 'ready');
    const before = target.total();
    await master.swarm(3);
    await until(() => target.total() > before + 5);
    expect(entry(await master.stop(), '/page')['num_requests']).toBe(target.total() - before);
    await master.isWell();
  });

  test('ends with code 255 and a sentence when its master is killed, after its grace', async () => {
    await using target = await aTarget();
    using master = await LocustMaster.start(`--host ${target.url}`, { files });
    using worker = startOurWorker(master.port, '--master-grace 2', { files });
    await master.workers(1);
    await master.swarm(2);
    await until(() => target.total() > 3);
    master.run.signal('SIGKILL');
    await worker.sees(
      /lost the connection to the Locust master at 127\.0\.0\.1:\d+ \(it was closed\): users go on, for at most 2 s/,
    );
    const { code, stderr } = await worker.finished;
    expect(code).toBe(255);
    expect(stderr).toContain(
      'the master is lost: it could not be reached for 2 seconds. The users of this worker are stopped',
    );
    expect(stderr).toMatch(/\d+ requests of this worker were not reported/);
    expect(stderr).not.toMatch(/ {4}at /);
  });

  test('does not join another master at the same address with users of the one before', async () => {
    await using target = await aTarget();
    using master = await LocustMaster.start(`--host ${target.url}`, { files });
    using worker = startOurWorker(master.port, '--master-grace 20', { files });
    await master.workers(1);
    await master.swarm(2);
    await until(() => target.total() > 3);
    master.run.signal('SIGKILL');
    await master.run.finished;
    const bind = `--master-bind-host 127.0.0.1 --master-bind-port ${master.port}`;
    using other = startLocust(`--master ${bind} --headless --loglevel DEBUG`, { files });
    await other.sees(/Got heartbeat message from unknown worker/);
    expect((await worker.finished).code).toBe(255);
    hasNoTraceback(other);
    expect(other.stderr).not.toMatch(/spawning|reported as ready/);
  });
});

describe('a crew', () => {
  test('of a Python worker and one of ours shares the users of a headless master, and each request is counted', async () => {
    await using target = await aTarget();
    const port = await freePort();
    const requests = 5;
    const mixed = {
      'locustfile.py': `
from locust import HttpUser, task, constant
class Shopper(HttpUser):
    wait_time = constant(0.1)
    left = ${requests}
    @task
    def page(self):
        if self.left > 0:
            self.left -= 1
            self.client.get("/python")
`,
      'shop.ts': `
        import { constant, HttpUser, task } from 'tsload';
        export class Shopper extends HttpUser {
          static waitTime = constant(0.1);
          left = ${requests};
          @task async page() { if (this.left-- > 0) await this.client.get('/typescript'); }
        }
      `,
    };
    const bind = `--master-bind-host 127.0.0.1 --master-bind-port ${port}`;
    const line = `--master --headless ${bind} -u 8 -r 8 -t 8 --expect-workers 2 --host ${target.url} --json --only-summary`;
    using master = startLocust(line, { files: mixed, env: patience });
    using python = startLocustWorker(port, '', { files: mixed });
    using ours = startOurWorker(port, '', { files: mixed });
    const { code, stdout, stderr } = await master.finished;
    expect(code).toBe(0);
    const entries = JSON.parse(stdout) as readonly { readonly name: string; readonly num_requests: number }[];
    expect(Object.fromEntries(entries.map(({ name, num_requests }) => [name, num_requests]))).toEqual({
      '/python': 4 * requests,
      '/typescript': 4 * requests,
    });
    expect(Object.fromEntries(target.answered)).toEqual({ '/python': 4 * requests, '/typescript': 4 * requests });
    expect(stderr).toContain('All users spawned: {"Shopper": 8} (8 total users)');
    hasNoTraceback(master);
    for (const worker of [python, ours]) expect((await worker.finished).code).toBe(0);
  });

  test('of --processes 2 joins as two workers, and ends with the master', async () => {
    await using target = await aTarget();
    const port = await freePort();
    const bind = `--master-bind-host 127.0.0.1 --master-bind-port ${port}`;
    const line = `--master --headless ${bind} -u 4 -r 4 -t 10 --expect-workers 2 --host ${target.url}`;
    using master = startLocust(line, { files, env: patience });
    using ours = startOurWorker(port, '--processes 2', { files });
    const { code, stderr } = await master.finished;
    expect(code).toBe(0);
    expect(stderr).toContain('All users spawned: {"Shopper": 4} (4 total users)');
    expect(stderr).toMatch(/\(index 1\) reported as ready/);
    hasNoTraceback(master);
    expect((await ours.finished).code).toBe(0);
    expect(target.total()).toBeGreaterThan(4);
  });
});

test('a worker of a Locust master needs a locustfile of its own, and says so', async () => {
  const { code, stderr, stdout } = await tsload('--worker --protocol locust', { files });
  expect(code).not.toBe(0);
  expect(stdout + stderr).toContain('needs a locustfile of its own');
  expect(stderr).not.toMatch(/ {4}at /);
});

/** A way to that port which can be cut: on both sides, or only on the near one. */
async function cuttable(to: number) {
  const ways = new Set<{ readonly near: Socket; readonly far: Socket }>();
  let cut: 'no' | 'whole' | 'half' = 'no';
  const server = createServer((near) => {
    const way = { near: near.on('error', () => {}), far: connect(to, '127.0.0.1').on('error', () => {}) };
    ways.add(way);
    near.on('data', (bytes) => way.far.write(bytes)).on('close', () => cut === 'half' || way.far.destroy());
    way.far.on('data', (bytes) => near.destroyed || near.write(bytes)).on('close', () => near.destroy());
    if (cut === 'whole') near.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut: () => {
      cut = 'whole';
      for (const { near } of ways) near.destroy();
    },
    cutHalf: () => {
      cut = 'half';
      for (const { near } of ways) near.destroy();
    },
    /** What was left of a half is gone as well. */
    mend: () => {
      cut = 'no';
      for (const { near, far } of ways) if (near.destroyed) far.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const { near, far } of ways) for (const socket of [near, far]) socket.destroy();
    },
  };
}
