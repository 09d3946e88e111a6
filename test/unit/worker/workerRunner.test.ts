import { describe, expect, test } from 'vitest';
import { TsloadError } from '../../../src/errors.js';
import { StopTest, task, User } from '../../../src/users/index.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { idle } from '../environment/running.js';
import { aWorker, counting, requestsOf } from './workers.js';

describe('a worker and its master', () => {
  test('learns its index, starts users as told and reports every request', async () => {
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting] });
    expect(worker.runner.workerIndex).toBe(3); // listeners of init know it, and what is set for the run
    await worker.begin();
    await worker.spawn({ Counting: 4 });
    expect([worker.runner.userCount, worker.runner.targetUserCount]).toEqual([4, 4]);
    await until(() => counts.runs > 20);
    await worker.stop();
    expect(requestsOf(worker.link)).toBe(counts.runs);
    expect(counts.stops).toBe(4);
  });

  test('says that it has stopped after its last report', async () => {
    const { Counting } = counting();
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ Counting: 1 });
    await worker.stop();
    const kinds = worker.link.received.map(({ kind }) => kind).filter((kind) => kind !== 'heartbeat');
    expect(kinds.lastIndexOf('report')).toBeLessThan(kinds.indexOf('stopped'));
  });

  test('reports the last samples of a test as those of that test, though the next one has begun', async () => {
    let finish = () => {};
    class Slow extends User {
      @task
      async work() {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        this.environment.events.request.fire({ requestType: 'X', name: 'x', responseTime: 1, responseLength: 0 });
      }
    }
    await using worker = await aWorker({ userClasses: [Slow] });
    await worker.begin({ stopTimeoutSeconds: 30 });
    await worker.spawn({ Slow: 1 });
    worker.link.say({ kind: 'stop', test: 1, isHurried: false });
    await until(() => worker.fired.includes('testStopping'));
    const next = worker.begin({}, 2);
    await until(() => worker.hello().standing?.test === 2);
    finish();
    await next;
    const periods = worker.link.of('report').filter(({ interval }) => interval.entries.length > 0);
    expect(periods.map(({ period }) => period)).toEqual([1]);
  });

  test('[111] [112] fires each event of a test once', async () => {
    await using worker = await aWorker({ userClasses: [idle('A')] });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ A: 1 });
    worker.link.say({ kind: 'spawningComplete', test: 1, userCount: 7 });
    await until(() => worker.fired.includes('spawningComplete 7'));
    await worker.spawn({ A: 2 });
    await worker.stop();
    expect(worker.fired).toEqual(['testStart', 'spawningComplete 7', 'testStopping', 'testStop']);
    await worker.begin({}, 2);
    expect(worker.fired.at(-1)).toBe('testStart');
  });

  test('[136] a spawn that is not newer than the last one is discarded', async () => {
    await using worker = await aWorker({ userClasses: [idle('A')] });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ A: 3 }, { step: 5 });
    worker.link.say({ kind: 'reset', period: 1 });
    for (const step of [4, 5]) {
      const message = { test: 1, step, startTime: 0, spacingSeconds: 0, counts: { A: 0 }, starts: [], isLast: true };
      worker.link.say({ kind: 'spawn', ...message });
    }
    await worker.spawn({ A: 3 }, { step: 6 });
    expect(worker.runner.userCount).toBe(3);
  });

  test('[136] the stop timeout of the master holds: a task may finish', async () => {
    let finished = 0;
    let begun = 0;
    class Slow extends User {
      @task async work() {
        begun++;
        await this.sleep(0.2);
        finished++;
      }
    }
    await using worker = await aWorker({ userClasses: [Slow] });
    worker.welcome();
    await worker.begin({ stopTimeoutSeconds: 20 });
    await worker.spawn({ Slow: 2 });
    await until(() => begun === 2);
    await worker.stop();
    expect(finished).toBe(2);
  });

  test('a hurried stop waits for no task', async () => {
    let isOver = false;
    class Slow extends User {
      @task async work() {
        await this.sleep(100);
        isOver = true;
      }
    }
    await using worker = await aWorker({ userClasses: [Slow] });
    worker.welcome();
    await worker.begin({ stopTimeoutSeconds: 100 });
    await worker.spawn({ Slow: 1 });
    worker.link.say({ kind: 'stop', test: 1, isHurried: false });
    await until(() => worker.runner.state === 'stopping');
    worker.link.say({ kind: 'stop', test: 1, isHurried: true });
    await until(() => worker.link.of('stopped').length > 0);
    expect(isOver).toBe(false);
  });

  test('tells the master that one of its listeners failed, whose exit code is that of all nodes', async () => {
    using log = captureLog();
    await using worker = await aWorker({ userClasses: [idle('A')] });
    worker.environment.events.testStop.addListener(() => {
      throw new Error('not cleaned up');
    });
    await worker.begin();
    expect(worker.link.of('fault')).toEqual([]);
    await worker.stop();
    expect(worker.link.of('fault')).toHaveLength(1);
    expect(log.at('ERROR')[0]).toMatch(/a listener of testStop failed: Error: not cleaned up/);
  });

  test('[136] sends a heartbeat each second with what it does and uses, and hears the answer', async () => {
    await using worker = await aWorker({ userClasses: [idle('A')] });
    const heard: string[] = [];
    worker.environment.events.heartbeatSent.addListener(() => heard.push('the event of the master'));
    worker.environment.events.heartbeatReceived.addListener(({ timestamp, clientId }) => {
      heard.push(clientId);
      expect(Math.abs(timestamp - Date.now() / 1000)).toBeLessThan(60);
      throw new StopTest('a heartbeat steers nothing');
    });
    await until(() => worker.link.of('heartbeat').length > 2);
    expect(worker.link.of('heartbeat')[0]).toEqual({
      kind: 'heartbeat',
      state: 'ready',
      cpuPercent: expect.any(Number),
      memoryBytes: expect.any(Number),
      roundTripMillis: 0.5,
      clockOffsetSeconds: 0,
    });
    expect([...new Set(heard)]).toEqual([worker.runner.clientId]);
    worker.welcome();
    await worker.begin();
    await until(() => worker.link.of('heartbeat').at(-1)?.state === 'spawning');
    await worker.spawn({ A: 1 });
    await until(() => worker.link.of('heartbeat').at(-1)?.state === 'running');
  });

  test('counts exceptions of tasks with their number', async () => {
    class Failing extends User {
      @task work() {
        throw new TypeError('a bug of the test');
      }
    }
    await using worker = await aWorker({ userClasses: [Failing] });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ Failing: 1 });
    await until(() => worker.link.of('report').some(({ exceptions }) => exceptions.length > 0));
    const [exception] = worker.link.of('report').flatMap(({ exceptions }) => exceptions);
    expect(exception?.message).toBe('TypeError: a bug of the test');
    await worker.stop();
  });

  test('a reset begins a new period with nothing of the one before', async () => {
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ Counting: 2 });
    await until(() => counts.runs > 10);
    worker.link.say({ kind: 'reset', period: 9 });
    await until(() => worker.link.of('report').some(({ period }) => period === 9));
    await worker.stop();
    expect(worker.link.of('report').at(-1)?.period).toBe(9);
  });

  test('[115] a task may have the runner quit: this worker leaves with all that it measured', async () => {
    const { Counting, counts } = counting();
    let asked = 0;
    class Quitter extends Counting {
      @task async leave() {
        if (counts.runs > 5 && asked++ === 0) await this.environment.runner?.quit();
      }
    }
    await using worker = await aWorker({ userClasses: [Quitter] });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ Quitter: 3 });
    await worker.runner.ended;
    expect(worker.runner.ending).toEqual({ why: 'left', reason: '', unreportedRequests: 0 });
    expect(worker.runner.lossOfMaster).toBe(false);
    expect(worker.fired).toEqual(['testStart', 'testStopping', 'testStop']);
    expect(requestsOf(worker.link)).toBe(counts.runs);
    expect(counts.stops).toBe(3);
    expect(worker.link.received.at(-1)?.kind).toBe('quit');
  });

  test('a quit of the master is answered when everything is stopped and the last reports are safe', async () => {
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting], times: { lastReportsSeconds: 30 } });
    const unsaid: number[] = [];
    worker.link.answer = (message) => void (message.kind === 'report' && unsaid.push(message.sequence));
    worker.welcome();
    await worker.begin();
    await worker.spawn({ Counting: 2 });
    await until(() => counts.runs > 5);
    worker.link.say({ kind: 'quit' });
    await until(() => worker.fired.includes('testStop'));
    await until(() => requestsOf(worker.link) === counts.runs);
    expect(worker.link.isClosed).toBe(false);
    worker.link.say({ kind: 'acknowledge', sequence: Math.max(...unsaid) });
    await worker.runner.ended;
    expect(worker.runner.ending).toEqual({ why: 'quit', reason: '', unreportedRequests: 0 });
  });

  test('a quit with a master that acknowledges nothing waits for a while, and says what is missing', async () => {
    using log = captureLog();
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.link.answer = () => {};
    worker.welcome();
    await worker.begin();
    await worker.spawn({ Counting: 1 });
    await until(() => counts.runs > 5);
    worker.link.say({ kind: 'quit' });
    await worker.runner.ended;
    expect(worker.runner.ending?.unreportedRequests).toBe(counts.runs);
    expect(worker.runner.lossOfMaster).toBe(true);
    expect(log.at('ERROR')).toContain(
      `${counts.runs} requests of this worker were not reported: no master has acknowledged them`,
    );
  });

  test('is refused what only a master can do, in one sentence', async () => {
    await using worker = await aWorker({ userClasses: [idle('A')] });
    const { runner } = worker;
    for (const call of [() => runner.start(), () => runner.startShape(), () => runner.resetStats()]) {
      expect(call).toThrow(TsloadError);
    }
    expect(() => runner.start()).toThrow('a worker starts no test by itself: call runner.start() on the master');
    expect(() => worker.environment.createLocalRunner()).toThrow('has a runner already');
  });

  test('without a token it says how one is given', async () => {
    const { Environment } = await import('../../../src/environment/index.js');
    const environment = new Environment({ userClasses: [idle('A')] });
    await expect(environment.createWorkerRunner({ token: '' })).rejects.toThrow(
      'a worker needs the token of its master: give token, or set TSLOAD_TOKEN',
    );
  });

  test('a StopTest is told to the master, and nothing stops before that says so', async () => {
    class Ender extends User {
      @task work() {
        throw new StopTest('enough');
      }
    }
    await using worker = await aWorker({ userClasses: [Ender] });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ Ender: 1 });
    await until(() => worker.link.of('stopTest').length > 0);
    expect(worker.link.of('stopTest')[0]).toMatchObject({ test: 1, reason: 'enough', isBadSetup: false });
    expect(worker.fired).not.toContain('testStopping');
  });
});
