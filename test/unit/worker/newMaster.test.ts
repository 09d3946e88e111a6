import { describe, expect, test } from 'vitest';
import { StopTest, task, User } from '../../../src/users/index.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { idle } from '../environment/running.js';
import { aWorker, counting, requestsOf } from './workers.js';

describe('a master that was started anew', () => {
  test('hears what the worker is doing', async () => {
    await using worker = await aWorker({ userClasses: [idle('A')] });
    expect(worker.firstHello.standing).toBeUndefined();
    worker.welcome();
    await worker.begin();
    await worker.spawn({ A: 2 });
    const { standing, ...hello } = worker.hello();
    expect(hello).toEqual({ worker: worker.runner.clientId, version: expect.any(String), graceSeconds: 60 });
    expect(worker.runner.clientId).toMatch(/_[0-9a-f]{32}$/);
    expect(standing).toEqual({
      run: 'run',
      index: 3,
      test: 1,
      period: 1,
      step: 1,
      userCounts: { A: 2 },
      isSpent: false,
      sequence: expect.any(Number),
      iterations: { granted: 0, finished: 0, returned: 0, waiting: 0 },
    });
  });

  test('of the same run finds the users as they were, and gets every report that was not acknowledged again', async () => {
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.link.answer = () => {};
    worker.welcome();
    await worker.begin();
    await worker.spawn({ Counting: 2 });
    await until(() => requestsOf(worker.link) > 0);
    const lost = worker.link.of('report').map(({ sequence }) => sequence);
    worker.link.interrupt();
    worker.link.renew();
    worker.welcome();
    await until(() => worker.link.of('report').filter(({ sequence }) => sequence === 1).length === 2);
    await worker.begin();
    await worker.stop();
    expect([counts.starts, counts.stops]).toEqual([2, 2]);
    expect(worker.fired.filter((name) => name === 'testStart')).toHaveLength(1);
    const sequences = worker.link.of('report').map(({ sequence }) => sequence);
    expect(sequences.slice(lost.length, 2 * lost.length)).toEqual(lost);
    expect(requestsOf(worker.link)).toBe(counts.runs);
  });

  test('hears again of a fault and of the wish to end the test', async () => {
    class Ender extends User {
      @task work() {
        throw new StopTest('enough');
      }
    }
    await using worker = await aWorker({ userClasses: [Ender] });
    worker.welcome();
    await worker.begin();
    worker.link.interrupt();
    worker.link.say({
      kind: 'spawn',
      test: 1,
      step: 1,
      startTime: 0,
      spacingSeconds: 0,
      counts: { Ender: 1, Unknown: 1 },
      starts: [],
      isLast: true,
    });
    await until(() => worker.runner.hasFault);
    worker.link.renew();
    worker.welcome();
    await until(() => worker.link.of('stopTest').length > 0 && worker.link.of('fault').length > 0);
    expect(worker.link.of('stopTest')[0]?.reason).toBe('enough');
  });

  test('that asks once more for a stop that is done hears so', async () => {
    await using worker = await aWorker({ userClasses: [idle('A')] });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ A: 1 });
    await worker.stop();
    worker.link.interrupt();
    worker.link.renew();
    worker.welcome();
    await until(() => worker.link.of('stopped').length === 2);
    worker.link.say({ kind: 'stop', test: 1, isHurried: false });
    await until(() => worker.link.of('stopped').length === 3);
    expect(worker.fired.filter((name) => name === 'testStop')).toHaveLength(1);
  });

  test('that welcomes nobody yet tells no more than one that cannot be heard: the test ends at its time', async () => {
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin({ runSeconds: 0 });
    await worker.spawn({ Counting: 2 });
    worker.link.interrupt();
    worker.link.renew();
    await until(() => worker.fired.includes('testStop'));
    expect([counts.stops, worker.runner.state, worker.runner.ending]).toEqual([2, 'stopped', undefined]);
    expect(worker.link.of('stopped'), 'nobody is told before the welcome').toEqual([]);
    worker.welcome();
    await until(() => worker.link.of('stopped').length > 0);
    await until(() => requestsOf(worker.link) === counts.runs);
  });

  test('that welcomes nobody yet renews no lease, and takes back whose lease was over', async () => {
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting], graceSeconds: 0.5 });
    worker.welcome();
    await worker.begin({ leaseSeconds: 1.5 });
    await worker.spawn({ Counting: 2 });
    worker.link.interrupt();
    worker.link.renew();
    worker.link.answersHeartbeats = false;
    await until(() => counts.stops === 2);
    expect(worker.runner.ending, 'the grace is for the time without a connection').toBeUndefined();
    worker.link.answersHeartbeats = true;
    worker.welcome();
    await until(() => worker.link.of('stopped').length > 0);
    await worker.begin({ leaseSeconds: 8 });
    await worker.spawn({ Counting: 2 }, { step: 10 });
    expect([counts.starts, worker.runner.userCount]).toEqual([4, 2]);
  });

  test('that is gone again before it welcomes anybody is waited for as long as the one before', async () => {
    await using worker = await aWorker({ userClasses: [idle('A')], graceSeconds: 0.3 });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ A: 1 });
    worker.link.interrupt();
    worker.link.renew();
    worker.link.interrupt();
    await worker.runner.ended;
    expect(worker.runner.ending?.why).toBe('lost');
  });

  test('hears nothing before its welcome, also when the connection breaks in between', async () => {
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ Counting: 1 });
    worker.link.interrupt();
    worker.link.renew();
    worker.link.interrupt();
    const reported = worker.link.of('report').length;
    worker.link.resume();
    const { runs } = counts;
    const beats = worker.link.of('heartbeat').length;
    await until(() => worker.link.of('heartbeat').length > beats + 60 && counts.runs > runs);
    expect(worker.link.of('report')).toHaveLength(reported);
    worker.welcome();
    await until(() => worker.link.of('report').length > reported);
    await worker.stop();
    expect(requestsOf(worker.link)).toBe(counts.runs);
  });

  test('of another run, which begins its test while users of the one before still end, has to wait for them', async () => {
    const order: string[] = [];
    class Slow extends User {
      override async onStop() {
        await this.sleep(0.2);
        order.push('stopped');
      }
      @task async work() {
        await this.sleep(1000);
      }
    }
    await using worker = await aWorker({ userClasses: [Slow] });
    worker.environment.events.testStart.addListener(() => order.push('testStart'));
    worker.welcome();
    await worker.begin();
    await worker.spawn({ Slow: 1 });
    worker.link.interrupt();
    worker.link.renew();
    worker.welcome({ run: 'another' });
    await worker.begin();
    expect(order).toEqual(['testStart', 'stopped', 'testStart']);
    await worker.spawn({ Slow: 1 });
    await worker.stop();
    expect(order.at(-1)).toBe('stopped');
  });

  test('of another run: users are stopped, and a test of the same number begins from nothing', async () => {
    using log = captureLog();
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ Counting: 2 });
    await until(() => counts.runs > 5);
    worker.link.interrupt();
    await until(() => counts.runs > 10);
    const reported = requestsOf(worker.link);
    worker.link.renew();
    worker.welcome({ run: 'another' });
    await worker.begin();
    expect(counts.stops).toBe(2);
    expect(worker.fired).toEqual(['testStart', 'testStopping', 'testStop', 'testStart']);
    expect(log.at('ERROR')[0]).toMatch(/^the master was started anew for another run: the users .* are stopped/);
    expect(log.at('ERROR')[1]).toBe(
      `${counts.runs - reported} requests of this worker were not reported: no master has acknowledged them`,
    );
    const runs = counts.runs;
    await worker.spawn({ Counting: 1 });
    await until(() => counts.runs > runs + 5);
    await worker.stop();
    expect(requestsOf(worker.link) - reported).toBe(counts.runs - runs);
  });
});
