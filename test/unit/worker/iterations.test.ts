import { describe, expect, test } from 'vitest';
import { task, User } from '../../../src/users/index.js';
import { until } from '../../until.js';
import { aWorker, counting } from './workers.js';

const aTotal = { kind: 'total', count: 1000 } as const;

describe('iterations of a total', () => {
  test('users wait for a grant, run what was granted and no more', async () => {
    const { Counting, counts } = counting(0);
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin({ iterations: aTotal });
    await worker.spawn({ Counting: 5 });
    await until(() => worker.link.of('iterations').at(-1)?.state.waiting === 5);
    expect(counts.runs).toBe(0);
    worker.link.say({ kind: 'grant', test: 1, count: 12, isLast: false });
    await until(() => worker.link.of('iterations').at(-1)?.state.finished === 12);
    expect(worker.link.of('iterations').at(-1)?.state).toEqual({ granted: 12, finished: 12, returned: 0, waiting: 5 });
    worker.link.say({ kind: 'grant', test: 1, count: 3, isLast: true });
    await until(() => worker.link.of('users').at(-1)?.isSpent);
    expect([counts.runs, counts.stops, worker.runner.userCount]).toEqual([15, 5, 0]);
    await worker.stop();
    expect(worker.link.of('report').at(-1)?.iterations).toMatchObject({ granted: 15, finished: 15 });
  });

  test('a grant that comes before listeners of testStart are done is not lost', async () => {
    const { Counting, counts } = counting(0);
    await using worker = await aWorker({ userClasses: [Counting] });
    let go: () => void = () => {};
    worker.environment.events.testStart.addListener(
      () =>
        new Promise<void>((resolve) => {
          go = resolve;
        }),
    );
    worker.welcome();
    const begun = worker.begin({ iterations: aTotal });
    await until(() => worker.fired.includes('testStart'));
    worker.link.say({ kind: 'grant', test: 1, count: 4, isLast: true });
    worker.link.say({ kind: 'reset', period: 1 });
    go();
    await begun;
    await worker.spawn({ Counting: 2 });
    await until(() => worker.link.of('users').at(-1)?.isSpent);
    expect(counts.runs).toBe(4);
  });

  test('what the master takes back is given back as far as it is not begun, and asked for again', async () => {
    const { Counting, counts } = counting(0.2);
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin({ iterations: aTotal });
    await worker.spawn({ Counting: 2 });
    worker.link.say({ kind: 'grant', test: 1, count: 10, isLast: false });
    worker.link.say({ kind: 'revoke', test: 1, count: 3 });
    await until(() => worker.link.of('iterations').at(-1)?.state.returned === 3);
    worker.link.say({ kind: 'revoke', test: 7, count: 3 });
    worker.link.say({ kind: 'revoke', test: 1, count: 100 });
    await until(() => worker.link.of('iterations').at(-1)?.state.returned === 8);
    await until(() => worker.link.of('iterations').at(-1)?.state.waiting === 2, { what: 'users that wait' });
    expect(counts.runs).toBe(2);
    worker.link.say({ kind: 'grant', test: 1, count: 2, isLast: true });
    await until(() => worker.link.of('users').at(-1)?.isSpent);
    expect(counts.runs).toBe(4);
  });

  test('more is asked for before users have to wait', async () => {
    const { Counting, counts } = counting(0.002);
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin({ iterations: aTotal });
    worker.link.say({ kind: 'grant', test: 1, count: 200, isLast: false });
    await worker.spawn({ Counting: 2 });
    await until(() => worker.link.of('iterations').some(({ state }) => state.waiting > 0));
    expect(counts.runs).toBeLessThan(200);
    await worker.stop();
  });

  test('users that wait for a grant are stopped at once, in spite of a stop timeout', async () => {
    const { Counting, counts } = counting(0);
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin({ iterations: aTotal, stopTimeoutSeconds: 1000 });
    await worker.spawn({ Counting: 20 });
    await until(() => worker.link.of('iterations').at(-1)?.state.waiting === 20);
    await worker.stop();
    expect([counts.runs, counts.stops]).toEqual([0, 20]);
  });

  test('a task that a stop cuts off is no iteration: it goes back, and so does what is left without users', async () => {
    class Endless extends User {
      @task async work() {
        await this.sleep(1000);
      }
    }
    await using worker = await aWorker({ userClasses: [Endless] });
    worker.welcome();
    await worker.begin({ iterations: aTotal });
    worker.link.say({ kind: 'grant', test: 1, count: 10, isLast: false });
    await worker.spawn({ Endless: 3 });
    await worker.spawn({ Endless: 1 });
    await until(() => worker.link.of('iterations').at(-1)?.state.returned === 2);
    await worker.spawn({ Endless: 0 });
    await until(() => worker.link.of('iterations').at(-1)?.state.returned === 10);
    expect(worker.link.of('iterations').at(-1)?.state).toEqual({ granted: 10, finished: 0, returned: 10, waiting: 0 });
    await worker.stop();
  });

  test('what was given back and comes again is run, also after the grant that was the last', async () => {
    let isEndless = true;
    let runs = 0;
    class Slow extends User {
      @task async work() {
        if (isEndless) await this.sleep(1000);
        runs++;
      }
    }
    await using worker = await aWorker({ userClasses: [Slow] });
    worker.welcome();
    await worker.begin({ iterations: aTotal });
    worker.link.say({ kind: 'grant', test: 1, count: 2, isLast: true });
    await worker.spawn({ Slow: 2 });
    await worker.spawn({ Slow: 0 });
    await until(() => worker.link.of('iterations').at(-1)?.state.returned === 2);
    isEndless = false;
    await worker.spawn({ Slow: 2 });
    worker.link.say({ kind: 'grant', test: 1, count: 2, isLast: true });
    await until(() => worker.link.of('users').at(-1)?.isSpent);
    expect(runs).toBe(2);
  });

  test('an iteration counts as finished with the samples of its task, in the same report', async () => {
    const { Counting } = counting(0);
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin({ iterations: aTotal });
    worker.link.say({ kind: 'grant', test: 1, count: 100_000, isLast: true });
    await worker.spawn({ Counting: 3 });
    await until(() => worker.link.of('report').length > 2);
    await worker.stop();
    let samples = 0;
    for (const { interval, iterations } of worker.link.of('report')) {
      for (const { ok } of interval.entries) samples += ok?.timed ?? 0;
      expect(iterations?.finished).toBe(samples);
    }
    expect(samples).toBeGreaterThan(100);
  });

  test('a number for each user needs no grant', async () => {
    const { Counting, counts } = counting(0);
    await using worker = await aWorker({ userClasses: [Counting] });
    worker.welcome();
    await worker.begin({ iterations: { kind: 'perUser', count: 3 } });
    await worker.spawn({ Counting: 4 });
    await until(() => worker.link.of('users').at(-1)?.isSpent);
    expect(counts.runs).toBe(12);
    expect(worker.link.of('iterations')).toEqual([]);
  });
});
