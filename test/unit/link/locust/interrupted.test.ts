import { describe, expect, test } from 'vitest';
import { captureLog } from '../../../capturedLog.js';
import { until } from '../../../until.js';
import { aReport, aSpawn, asLocust, fields, OurWorker, ScriptedMaster } from './scriptedMaster.js';

/** Answers heartbeats as a Locust master does, of workers that it knows: those that have registered with it. */
const unknowing = () => {
  let isKnown = false;
  return async (...[heard, master]: Parameters<typeof asLocust>) => {
    isKnown ||= heard.type === 'client_ready';
    if (isKnown) await asLocust(heard, master);
  };
};

/** A worker in its first test, back at a master that has missed it. */
async function missed(rejoinSeconds: number) {
  const master = await ScriptedMaster.open();
  const times = { missedSeconds: 0.5, rejoinSeconds, reportSeconds: 1 };
  const worker = await OurWorker.open(master.port, times);
  await master.say('spawn', aSpawn());
  await worker.next('spawn');
  await worker.next('heartbeat');
  let since = Number.POSITIVE_INFINITY;
  await master.restart(async (heard, self) => {
    since = Math.min(since, heard.at);
    if (heard.at - since > 500) await asLocust(heard, self);
  });
  await until(() => worker.news.includes('resumed'));
  return {
    master,
    worker,
    [Symbol.asyncDispose]: async () => {
      worker[Symbol.dispose]();
      await master[Symbol.asyncDispose]();
    },
  };
}

describe('a connection that breaks', () => {
  test('to a master that does not know the worker any more, nothing but heartbeats is sent', async () => {
    using log = captureLog();
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port, { reportSeconds: 0.1, logSeconds: 0 });
    await master.say('spawn', aSpawn());
    await worker.next('spawn');
    await master.next('stats', 1);
    await master.restart(unknowing());
    await until(() => worker.news.includes('interrupted'));
    worker.report({ exceptions: [{ message: 'e', traceback: 't', count: 1 }] });
    worker.link.send({ kind: 'users', test: 1, step: 1, userCounts: { Shopper: 2 }, isSpent: false });
    worker.link.send({ kind: 'logs', lines: [{ level: 'INFO', text: 'a line' }] });
    worker.link.send({ kind: 'custom', type: 'mine', data: 1, nodeId: '' });
    worker.link.send({ kind: 'stopped', test: 1 });
    await master.next('heartbeat', 15);
    expect(new Set(master.types())).toEqual(new Set(['heartbeat']));
    expect(worker.news).toEqual(['interrupted']);
    expect(worker.heard.some(({ kind }) => kind === 'acknowledge')).toBe(false);
    expect(log.at('WARNING')).toEqual([
      `lost the connection to the Locust master at 127.0.0.1:${master.port} (it was closed): users go on, for at most 60 s without it`,
    ]);
  });

  test.concurrent('to a master that still knows it, all that waited is sent, in its order, and the users stay', async () => {
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port, { reviveSeconds: 0.5, rejoinSeconds: 0.1, reportSeconds: 1 });
    await master.say('spawn', aSpawn());
    await worker.next('spawn');
    await worker.next('heartbeat');
    await master.restart(asLocust);
    await until(() => worker.news.includes('interrupted'));
    worker.link.send({ kind: 'users', test: 1, step: 1, userCounts: { Shopper: 2 }, isSpent: false });
    for (const data of [1, 2]) worker.link.send({ kind: 'custom', type: 'mine', data, nodeId: '' });
    worker.report(aReport((recorder) => recorder.entry('GET', '/a').record(1000, 0)));
    expect(worker.heard.some(({ kind }) => kind === 'acknowledge')).toBe(false);
    await until(() => worker.news.includes('resumed'));
    const stats = await master.next('stats');
    expect((fields(stats)['stats_total'] as Map<string, number>).get('num_requests')).toBe(1);
    expect(master.all('mine').map(({ data }) => data)).toEqual([1, 2]);
    await worker.next('acknowledge');
    await master.next('stats', 2);
    for (const late of ['client_ready', 'spawning_complete']) expect(master.types()).not.toContain(late);
    expect(worker.kinds()).not.toContain('stop');
  });

  test.concurrent('a master that asks for a new connection gets one, with the same identity, and no new registration', async () => {
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port, { reviveSeconds: 0.5 });
    await worker.next('heartbeat');
    await master.say('reconnect', null);
    await until(() => worker.news.includes('resumed'));
    await master.say('mark', null);
    await worker.next('custom');
    expect(master.all('client_ready')).toHaveLength(1);
  });

  test('a worker that was missed, and is not told to go on, stops its users and joins anew', async () => {
    using log = captureLog();
    await using pair = await missed(0.5);
    const { master, worker } = pair;
    await worker.next('stop');
    expect(log.at('WARNING').at(-1)).toBe(
      'the master has missed this worker, and has not told it to go on: its users stop, and it joins anew',
    );
    worker.link.send({ kind: 'stopped', test: 1 });
    await master.next('client_ready');
    expect(master.types().filter((type) => type.startsWith('client_'))).toEqual(['client_stopped', 'client_ready']);
  });

  test.concurrent('one that is told to, goes on', async () => {
    const rejoinSeconds = 2; // that it is told to within them is the machine's affair
    await using pair = await missed(rejoinSeconds);
    const { master, worker } = pair;
    const back = performance.now();
    await master.say('spawn', aSpawn());
    await worker.next('spawn', 1);
    await until(() => performance.now() - back > (rejoinSeconds + 0.5) * 1000);
    await master.next('stats', 2);
    expect(worker.kinds()).not.toContain('stop');
  });

  test.each([
    ['stops its users, which others have by then, and joins anew: with rebalancing', true],
    ['goes on: without rebalancing', false],
  ])('a worker that stood still for longer than a master waits %s', async (_, isRebalancing) => {
    await using master = await ScriptedMaster.open();
    const times = { missedSeconds: 0.5, rejoinSeconds: 0.1, reportSeconds: 1 };
    using worker = await OurWorker.open(master.port, { ...times, beatMillis: 600 });
    await master.say('spawn', aSpawn({ parsed_options: { enable_rebalancing: isRebalancing } }));
    await worker.next('spawn');
    await worker.next('heartbeat', 3);
    expect(worker.kinds().includes('stop')).toBe(isRebalancing);
    expect(worker.news).toEqual([]);
  });

  test.concurrent('a worker without a master can leave all the same', async () => {
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port, { reviveSeconds: 0.5 });
    await worker.next('heartbeat');
    master.close();
    await until(() => worker.news.includes('interrupted'));
    worker.link.send({ kind: 'quit' });
    await until(() => worker.closed !== undefined);
  });
});

describe('a master that is silent', () => {
  test.concurrent('is not told that users are there, until it answers: it would go deaf if it had given this worker up', async () => {
    let isMute = false;
    await using master = await ScriptedMaster.open(async (heard, self) => {
      if (!isMute) await asLocust(heard, self);
    });
    using worker = await OurWorker.open(master.port, { missedSeconds: 0.5 });
    await master.say('spawn', aSpawn());
    await worker.next('spawn');
    await worker.next('heartbeat');
    const users = (step: number) =>
      worker.link.send({ kind: 'users', test: 1, step, userCounts: { Shopper: step }, isSpent: false });
    isMute = true;
    const since = performance.now();
    await until(() => performance.now() - since > 800);
    users(1);
    isMute = false;
    await master.say('ack', { index: 7 });
    // said again until it is heard: the first answer may be one to a heartbeat of before, which proves nothing
    await until(
      () => {
        users(2);
        return master.all('spawning_complete').length > 0;
      },
      { intervalMs: 50 },
    );
    expect(fields(master.all('spawning_complete')[0]!)['user_count']).toBe(2);
  });

  test.concurrent('is given up after its time, if it ever answered a heartbeat', async () => {
    let isMute = false;
    await using master = await ScriptedMaster.open(async (heard, self) => {
      if (!isMute) await asLocust(heard, self);
    });
    using worker = await OurWorker.open(master.port, { masterTimeoutSeconds: 1 });
    await worker.next('heartbeat');
    isMute = true;
    await until(() => worker.closed !== undefined);
    expect(String(worker.closed?.reason)).toContain('the Locust master has not answered for 1 s: it is given up');
  });

  test.concurrent('and never was otherwise, as those before 2.19, is not', async () => {
    await using master = await ScriptedMaster.open(async (heard, self) => {
      if (heard.type === 'client_ready') await asLocust(heard, self);
    });
    using worker = await OurWorker.open(master.port, { masterTimeoutSeconds: 0.2, reportSeconds: 1 });
    await master.next('stats', 3);
    expect(worker.closed).toBeUndefined();
  });
});
