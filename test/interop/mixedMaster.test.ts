/** Real workers of Locust and boomer under a master of ours, alone and beside a worker of ours. */
import { describe, expect, test } from 'vitest';
import { Dealer } from 'zeromq';
import { captureLog } from '../capturedLog.js';
import { until } from '../until.js';
import { countingTarget, MixedMaster } from './mixedMaster.js';

/** Users of an idle machine start at once; here a dozen processes may start first. */
const patiently = { timeoutMs: 60_000, intervalMs: 50 } as const;

describe('a Locust worker, a boomer and a worker of ours under one master', () => {
  test('share the users through edits, and every request is counted but those that boomer keeps to itself', async () => {
    await using target = await countingTarget();
    await using master = await MixedMaster.open({ host: target.url, stopTimeout: 10 });
    const { runner } = master;
    const processes = [master.tsload(), master.locust(), master.boomer(target.url)];
    expect(await runner.untilWorkers(3, 60)).toBe(true);
    runner.start(6, 20);
    await until(() => String(master.userCounts()) === '2,2,2', patiently);
    runner.start(12, 20);
    await until(() => String(master.userCounts()) === '4,4,4', patiently);
    runner.start(3, 20);
    await until(() => String(master.userCounts()) === '1,1,1', patiently);
    expect(runner.userClassesCount).toEqual({ Shopper: expect.any(Number), Admin: expect.any(Number) });
    await until(() => master.counted('/boomer').requests > 20, patiently);
    await runner.stop();
    for (const path of ['/locust/shop', '/locust/missing', '/tsload/shop', '/tsload/missing']) {
      expect([path, master.counted(path).requests]).toEqual([path, target.asked(path)]);
    }
    expect(master.counted('/locust/missing').failures).toBe(target.asked('/locust/missing'));
    const boomer = { asked: target.asked('/boomer'), counted: master.counted('/boomer').requests };
    expect(boomer.counted).toBeLessThanOrEqual(boomer.asked);
    expect(boomer.asked - boomer.counted, 'its last three seconds at most').toBeLessThan(3.5 * 4 * 20);
    await runner.quit();
    expect((await Promise.all(processes.map((run) => run.finished))).map(({ code }) => code)).toEqual([0, 0, 0]);
  });

  test('begin a second test with the same workers, whose numbers are its own', async () => {
    await using target = await countingTarget();
    await using master = await MixedMaster.open({ host: target.url, stopTimeout: 10 });
    const { runner } = master;
    master.locust();
    master.boomer(target.url);
    expect(await runner.untilWorkers(2, 60)).toBe(true);
    runner.start(4, 20);
    await until(() => master.counted('/boomer').requests > 0 && master.countedOfLocust() > 0, patiently);
    await runner.stop();
    await until(() => runner.readyWorkerCount === 2, patiently);
    const before = target.askedByLocust();
    runner.start(2, 20);
    await until(() => master.counted('/boomer').requests > 0 && master.countedOfLocust() > 0, patiently);
    await runner.stop();
    expect(master.countedOfLocust()).toBe(target.askedByLocust() - before);
  });
});

describe('what workers say', () => {
  test('exceptions and log lines of a Locust worker come, and messages of its file cross both ways', async () => {
    await using master = await MixedMaster.open();
    const { runner } = master;
    const answers: unknown[] = [];
    runner.registerMessage('heard', ({ data, nodeId }) => answers.push([data, nodeId]));
    master.locust('-f talking.py');
    expect(await runner.untilWorkers(1, 60)).toBe(true);
    const id = runner.workers[0]?.id ?? '';
    await until(() => {
      runner.sendMessage('hello', ['a', 1]); // it is registered a moment before its file listens
      return answers.length > 0;
    }, patiently);
    expect(answers[0]).toEqual([{ data: ['a', 1], index: 0 }, id]);
    runner.start(1, 1);
    await until(() => runner.stats.exceptions.length > 0, patiently);
    expect(runner.stats.exceptions).toEqual([
      expect.objectContaining({
        message: 'no such thing',
        traceback: expect.stringContaining('raise ValueError'),
        nodes: [id],
      }),
    ]);
    await until(() => runner.logsOf(id).some((line) => line.includes('about to fail')), patiently);
  });

  test('a message to boomer is answered by it', async () => {
    await using target = await countingTarget();
    await using master = await MixedMaster.open();
    const answers: unknown[] = [];
    master.runner.registerMessage('answer', ({ data }) => answers.push(data));
    master.boomer(target.url);
    expect(await master.runner.untilWorkers(1, 60)).toBe(true);
    master.runner.sendMessage('question', 5);
    await until(() => answers.length > 0, patiently);
    expect(answers).toEqual([5]);
  });
});

describe('a worker that is killed', () => {
  test('is missing within seconds, its users go to the others with rebalancing, and nothing that it had reported is lost', async () => {
    await using target = await countingTarget();
    await using master = await MixedMaster.open(
      { host: target.url },
      { enableRebalancing: true, leaseSeconds: 1, locust: { port: 0, silenceSeconds: 2 } },
    );
    const { runner } = master;
    const [first] = [master.locust(), master.locust()];
    expect(await runner.untilWorkers(2, 60)).toBe(true);
    runner.start(6, 20);
    await until(() => String(master.userCounts()) === '3,3', patiently);
    await until(() => master.countedOfLocust() > 0, patiently);
    first?.signal('SIGKILL');
    await until(() => String(master.userCounts()) === '0,6', patiently);
    expect(runner.workers.map(({ state }) => state)).toContain('missing');
    await runner.stop();
    const lost = target.askedByLocust() - master.countedOfLocust();
    expect(lost).toBeGreaterThanOrEqual(0);
    expect(lost, 'three seconds of three users at most, and what the stop cut off').toBeLessThan(3.5 * 3 * 10 + 6);
    expect(master.environment.stats.workers.filter(({ lostAt }) => lostAt !== null)).toHaveLength(1);
  });
});

describe('workers that are not as they should be', () => {
  test('one of another version takes part, with a warning', async () => {
    using log = captureLog();
    await using target = await countingTarget();
    await using master = await MixedMaster.open({ host: target.url });
    const worker = master.olderLocust('2.30.1');
    expect(await master.runner.untilWorkers(1, 60)).toBe(true);
    master.runner.start(1, 1);
    await until(() => master.countedOfLocust() > 0, patiently);
    await master.runner.quit();
    expect((await worker.finished).code).toBe(0);
    expect(log.at('WARNING').join('\n')).toMatch(/has Locust 2\.30\.1, and this master follows/);
  });

  test('one that has not all classes of the run starts users of those that it has, and is named', async () => {
    using log = captureLog();
    await using target = await countingTarget();
    await using master = await MixedMaster.open({ host: target.url });
    master.environment.updateUserClass({ userClass: 'Admin', host: 'http://127.0.0.1:1' });
    master.locust('-f locustfile.py Shopper');
    expect(await master.runner.untilWorkers(1, 60)).toBe(true);
    master.runner.start(4, 20);
    await until(() => master.runner.userClassesCount['Shopper'] === 2, patiently);
    expect(log.at('ERROR').join('\n')).toMatch(/has no user class Admin, only Shopper: /);
    await master.runner.stop();
    expect(master.runner.state).toBe('stopped');
  });

  test('one that sends nonsense is dropped without a word beyond the first, and a Locust worker beside it goes on', async () => {
    using log = captureLog();
    await using target = await countingTarget();
    await using master = await MixedMaster.open({ host: target.url, stopTimeout: 10 });
    master.locust();
    expect(await master.runner.untilWorkers(1, 60)).toBe(true);
    master.runner.start(2, 20);
    await until(() => master.countedOfLocust() > 0, patiently);
    using noisy = noise(master.runner.locustPort);
    await noisy.sent;
    const before = master.countedOfLocust();
    await until(() => master.countedOfLocust() > before, patiently);
    await master.runner.stop();
    expect(master.countedOfLocust()).toBe(target.askedByLocust());
    expect(log.at('WARNING').filter((line) => line.includes('noisy_peer'))).toHaveLength(1);
  });

  test('one that asks for a locustfile where there is none is told so, and ends', async () => {
    await using master = await MixedMaster.open();
    const { code, stderr, stdout } = await master.locust('-f -').finished;
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('has no Python locustfile to give: start it with --foreign-locustfile FILE.py');
  });
});

function noise(port: number) {
  const dealer = new Dealer({ routingId: 'noisy_peer', linger: 0 });
  dealer.connect(`tcp://127.0.0.1:${port}`);
  const send = async () => {
    for (let i = 0; i < 300; i++) {
      const bytes = Uint8Array.from({ length: i % 50 }, (_, at) => (at * 31 + i * 7) % 256);
      await dealer.send(i % 3 === 0 ? [bytes, bytes] : bytes);
    }
  };
  return { sent: send(), [Symbol.dispose]: () => dealer.close() };
}
