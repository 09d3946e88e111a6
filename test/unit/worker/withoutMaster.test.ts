import { describe, expect, test } from 'vitest';
import { epochSeconds } from '../../../src/clock.js';
import { constant, task, User } from '../../../src/users/index.js';
import { type Contact, expired } from '../../../src/worker/lease.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { idle } from '../environment/running.js';
import { aWorker, counting, requestsOf } from './workers.js';

describe('what has come to its end', () => {
  const contact: Contact = { now: 100_000, provenAt: 100_000, interruptedAt: undefined, isHeard: true, epoch: 1000 };
  const endless = { leaseSeconds: undefined, runEnd: Number.POSITIVE_INFINITY };

  test('nothing, while the master is heard', () => {
    expect(expired({ ...contact, epoch: 9999 }, 60, { ...endless, runEnd: 1000 })).toEqual([]);
  });

  test('the lease, counted from the last heartbeat that was answered, also with a connection', () => {
    const test = { ...endless, leaseSeconds: 8 };
    expect(expired({ ...contact, provenAt: 92_000 }, 60, test)).toEqual([]);
    expect(expired({ ...contact, provenAt: 91_999 }, 60, test)).toEqual(['lease']);
    expect(expired({ ...contact, provenAt: 91_999 }, 60, undefined)).toEqual([]);
  });

  test('the run, two seconds after its time, if the master cannot say so', () => {
    const test = { ...endless, runEnd: 998 };
    const cut = { ...contact, interruptedAt: 99_000, isHeard: false };
    expect(expired(cut, 60, test)).toEqual([]);
    expect(expired({ ...cut, epoch: 1000.1 }, 60, test)).toEqual(['runTime']);
    expect(expired({ ...cut, interruptedAt: undefined, epoch: 1000.1 }, 60, test), 'not welcomed yet').toEqual([
      'runTime',
    ]);
  });

  test('the grace, counted from the loss of the connection', () => {
    const cut = { ...contact, isHeard: false };
    expect(expired({ ...cut, interruptedAt: 40_000 }, 60, endless)).toEqual([]);
    expect(expired({ ...cut, interruptedAt: 39_999 }, 60, undefined)).toEqual(['grace']);
    expect(expired(cut, 0, endless), 'not welcomed yet').toEqual([]);
  });
});

describe('a worker that cannot hear its master', () => {
  test('goes on for its grace, and brings everything when it is back', async () => {
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ Counting: 2 });
    worker.link.interrupt();
    await new Promise((resolve) => setImmediate(resolve)); // what was under way has arrived
    const before = worker.link.of('report').length;
    const runs = counts.runs;
    await until(() => counts.runs > runs + 250);
    expect(worker.link.of('report')).toHaveLength(before);
    worker.link.resume();
    await until(() => worker.link.of('report').length > before + 1);
    expect([counts.starts, counts.stops]).toEqual([2, 0]);
    await worker.stop();
    expect(requestsOf(worker.link)).toBe(counts.runs);
    expect(worker.link.of('report').map(({ sequence }) => sequence)).toEqual(
      worker.link.of('report').map((_, at) => at + 1),
    );
  });

  test('a stop whose master is gone again is acknowledged after the reports, when it is back', async () => {
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ Counting: 1 });
    await until(() => counts.runs > 3);
    worker.link.say({ kind: 'stop', test: 1, isHurried: false });
    worker.link.interrupt();
    await until(() => worker.fired.includes('testStop'));
    expect(worker.link.of('stopped')).toEqual([]);
    worker.link.resume();
    await until(() => worker.link.of('stopped').length === 1);
    expect(requestsOf(worker.link)).toBe(counts.runs);
  });

  test('[43] gives up when the grace is over: users are stopped in order, and what is missing is said', async () => {
    using log = captureLog();
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting], graceSeconds: 0.2 });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ Counting: 2 });
    worker.link.interrupt();
    const reported = requestsOf(worker.link);
    await worker.runner.ended;
    expect(counts.stops).toBe(2);
    expect(worker.fired.slice(-2)).toEqual(['testStopping', 'testStop']);
    const { ending, lossOfMaster } = worker.runner;
    expect(ending?.why).toBe('lost');
    expect(ending?.unreportedRequests).toBe(counts.runs - reported);
    expect(lossOfMaster).toBe(true);
    expect(log.at('ERROR')).toEqual([
      'the master is lost: it could not be reached for 0.2 seconds. The users of this worker are stopped',
      `${counts.runs - reported} requests of this worker were not reported: no master has acknowledged them`,
    ]);
  });

  test('a loss that is shorter than the grace ends nothing', async () => {
    await using worker = await aWorker({ userClasses: [idle('A')], graceSeconds: 2 });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ A: 1 });
    for (let round = 0; round < 3; round++) {
      worker.link.interrupt();
      await new Promise((resolve) => setTimeout(resolve, 900));
      worker.link.resume();
    }
    await until(() => worker.link.of('heartbeat').length > 3);
    expect([worker.runner.ending, worker.runner.userCount]).toEqual([undefined, 1]);
  });

  test('a link that is closed from outside is a loss, with its reason', async () => {
    using log = captureLog();
    await using worker = await aWorker({ userClasses: [idle('A')] });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ A: 1 });
    worker.link.drop(new Error('a message was malformed'));
    await worker.runner.ended;
    expect(worker.runner.ending).toEqual({ why: 'lost', reason: 'a message was malformed', unreportedRequests: 0 });
    expect(log.at('ERROR')[0]).toContain('the master is lost: a message was malformed');
    expect(worker.fired.at(-1)).toBe('testStop');
  });

  test('ends the test by itself when the run time is over, and reports it when the master is back', async () => {
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin({ runSeconds: -1.5 });
    await worker.spawn({ Counting: 2 });
    await until(() => counts.runs > 0);
    worker.link.interrupt();
    await until(() => worker.fired.includes('testStop'));
    expect([counts.stops, worker.runner.state, worker.runner.ending]).toEqual([2, 'stopped', undefined]);
    worker.link.resume();
    await until(() => worker.link.of('stopped').length === 1);
    expect(requestsOf(worker.link)).toBe(counts.runs);
    await worker.stop();
  });

  test('does not end the test at its time while the master is heard', async () => {
    await using worker = await aWorker({ userClasses: [idle('A')] });
    worker.welcome();
    await worker.begin({ runSeconds: -100, leaseSeconds: 100 });
    await worker.spawn({ A: 1 });
    const beats = worker.link.of('heartbeat').length;
    await until(() => worker.link.of('heartbeat').length > beats + 3);
    expect(worker.runner.userCount).toBe(1);
  });
});

describe('a lease', () => {
  test('ends the users when no heartbeat was answered for so long, and says so', async () => {
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin({ leaseSeconds: 8 });
    await worker.spawn({ Counting: 3 });
    worker.link.silentFor(8.1);
    await until(() => worker.link.of('stopped').length > 0);
    expect([counts.stops, worker.runner.userCount]).toEqual([3, 0]);
    expect(worker.fired).not.toContain('testStopping');
    expect(worker.hello().standing).toMatchObject({ test: 1, userCounts: { Counting: 0 } });
  });

  test('is asked before each task: a process that was frozen for longer runs none more', async () => {
    let runs = 0;
    let frozenAt = Number.POSITIVE_INFINITY;
    class Freezing extends User {
      static override waitTime = constant(0.001);
      @task work() {
        runs++;
        if (runs !== frozenAt) return;
        for (const start = performance.now(); performance.now() - start < 2_100; );
      }
    }
    await using worker = await aWorker({ userClasses: [Freezing] });
    worker.welcome();
    await worker.begin({ leaseSeconds: 2, stopTimeoutSeconds: 5 });
    await worker.spawn({ Freezing: 20 });
    await until(() => runs > 100);
    frozenAt = runs + 1;
    await until(() => worker.link.of('stopped').length > 0);
    expect(runs).toBe(frozenAt);
  });

  test('a worker that is taken back starts what the next spawn says, and no spawn of the time before', async () => {
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin({ leaseSeconds: 8 });
    await worker.spawn({ Counting: 3 });
    worker.link.silentFor(9);
    await until(() => worker.link.of('stopped').length > 0);
    worker.link.answersHeartbeats = true;
    const beats = worker.link.of('heartbeat').length;
    await until(() => worker.link.of('heartbeat').length > beats + 2);
    const old = { test: 1, step: 50, startTime: epochSeconds(), spacingSeconds: 0, starts: [], isLast: true };
    worker.link.say({ kind: 'spawn', ...old, counts: { Counting: 9 } });
    await worker.begin({ leaseSeconds: 8 });
    await worker.spawn({ Counting: 2 }, { step: 51, startTime: epochSeconds() - 30 });
    expect([counts.starts, worker.runner.userCount]).toEqual([5, 2]);
    expect(worker.hello().standing).toMatchObject({ step: 51 });
    expect(worker.fired.filter((name) => name === 'testStart')).toHaveLength(1);
  });

  test('that is renewed holds from what the master has heard, before the next heartbeat is answered', async () => {
    using log = captureLog();
    const { Counting, counts } = counting();
    await using worker = await aWorker({ userClasses: [Counting], times: { heartbeatSeconds: 1000 } });
    worker.welcome();
    await worker.begin({ leaseSeconds: 8 });
    await worker.spawn({ Counting: 2 });
    worker.link.silentFor(9);
    await until(() => worker.link.of('stopped').length > 0);
    await worker.begin({ leaseSeconds: 8 });
    await worker.spawn({ Counting: 2 });
    const runs = counts.runs;
    await until(() => counts.runs > runs + 100);
    expect([counts.starts, counts.stops, worker.link.of('stopped').length]).toEqual([4, 2, 1]);
    expect(log.at('WARNING')).toHaveLength(1);
  });

  test('iterations that were granted and not begun go back, those of tasks that are cut off too', async () => {
    class Endless extends User {
      @task async work() {
        await this.sleep(1000);
      }
    }
    await using worker = await aWorker({ userClasses: [Endless] });
    worker.welcome();
    await worker.begin({ leaseSeconds: 8, iterations: { kind: 'total', count: 100 } });
    worker.link.say({ kind: 'grant', test: 1, count: 10, isLast: true });
    await worker.spawn({ Endless: 2 });
    worker.link.silentFor(9);
    await until(() => worker.link.of('iterations').at(-1)?.state.returned === 10);
    expect(worker.hello().standing?.iterations).toEqual({ granted: 10, finished: 0, returned: 10, waiting: 0 });
    await worker.stop();
  });
});
