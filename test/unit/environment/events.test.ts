import { describe, expect, test } from 'vitest';
import { constant, StopTest, task, User } from '../../../src/users/index.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { aRun, idle } from './running.js';

describe('events of a test', () => {
  test('[111] testStart comes once for each test, not when the user count changes, and again after a stop', async () => {
    await using run = aRun([idle('A')]);
    await run.start(2);
    await run.start(5);
    await run.start(1);
    expect(run.fired.filter((name) => name === 'testStart')).toHaveLength(1);
    await run.runner.stop();
    await run.start(1);
    expect(run.fired.filter((name) => name === 'testStart')).toHaveLength(2);
  });

  test('[112] testStopping comes before onStop of the users, testStop after, and a quit after a stop repeats none', async () => {
    const order: string[] = [];
    class Leaving extends User {
      static override waitTime = constant(1000);
      @task rest() {}
      override onStop() {
        order.push('onStop');
      }
    }
    await using run = aRun([Leaving]);
    run.environment.events.testStopping.addListener(() => order.push('testStopping'));
    run.environment.events.testStop.addListener(() => order.push(`testStop with ${run.runner.userCount}`));
    await run.start(2);
    await run.runner.stop();
    await run.runner.quit();
    expect(order).toEqual(['testStopping', 'onStop', 'onStop', 'testStop with 0']);
  });

  test('a runner that never started a test fires neither testStopping nor testStop when it quits', async () => {
    await using run = aRun([idle('A')]);
    await run.runner.stop();
    await run.runner.quit();
    expect(run.fired).toEqual([]);
    expect(run.runner.state).toBe('ready');
  });

  test('[125] spawningComplete comes once for each ramp, with the total', async () => {
    const totals: number[] = [];
    await using run = aRun([idle('A'), idle('B')]);
    run.environment.events.spawningComplete.addListener(({ userCount }) => totals.push(userCount));
    await run.start(7);
    await run.start(2);
    expect(totals).toEqual([7, 2]);
  });

  test('[140] a failing testStop listener does not keep the others from running', async () => {
    using log = captureLog();
    const called: string[] = [];
    await using run = aRun([idle('A')]);
    const { testStop } = run.environment.events;
    testStop.addListener(() => called.push('first'));
    testStop.addListener(() => {
      throw new Error('broken listener');
    });
    testStop.addListener(async () => {
      await Promise.resolve();
      throw new Error('broken later');
    });
    testStop.addListener(() => called.push('last'));
    await run.start(1);
    await run.runner.stop();
    expect(called).toEqual(['first', 'last']);
    expect(log.at('ERROR').join()).toMatch(/broken listener[\s\S]*broken later/);
    expect(run.environment.events.hasFailedListener).toBe(true);
  });

  test('[127] users wait until a slow testStart listener is done', async () => {
    let isReady = false;
    let sawReady: boolean | undefined;
    class Careful extends User {
      static override waitTime = constant(1000);
      @task look() {
        sawReady = isReady;
      }
    }
    await using run = aRun([Careful]);
    run.environment.events.testStart.addListener(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      isReady = true;
    });
    await run.start(1);
    await until(() => sawReady !== undefined);
    expect(sawReady).toBe(true);
  });

  test('a host that a testStart listener sets is the host of the users', async () => {
    const hosts: (string | undefined)[] = [];
    class Guest extends User {
      static override waitTime = constant(1000);
      @task look() {
        hosts.push(this.host);
      }
    }
    await using run = aRun([Guest]);
    run.environment.events.testStart.addListener(({ environment }) => {
      environment.host = 'http://late';
    });
    await run.start(1);
    await until(() => hosts.length > 0);
    expect(hosts).toEqual(['http://late']);
  });

  test('[121] the target user count is known in testStart, the target of each class only after the ramp', async () => {
    await using run = aRun([idle('A'), idle('B')]);
    let inTestStart: unknown;
    run.environment.events.testStart.addListener(() => {
      inTestStart = [run.runner.targetUserCount, run.runner.targetUserClassesCount];
    });
    await run.start(4);
    expect(inTestStart).toEqual([4, {}]);
    expect(run.runner.targetUserClassesCount).toEqual({ A: 2, B: 2 });
  });

  test('a testStart listener that throws StopTest ends the test before any user starts', async () => {
    await using run = aRun([idle('A')]);
    run.environment.events.testStart.addListener(() => {
      throw new StopTest('not today');
    });
    run.runner.start(5, 1000);
    await until(() => run.runner.state === 'stopped');
    expect(run.fired).toEqual(['testStart', 'testStopping', 'testStop']);
    expect(run.runner.userCount).toBe(0);
  });

  test('a stop while testStart listeners run ends the test, and no user starts afterwards', async () => {
    await using run = aRun([idle('A')]);
    let release = () => {};
    run.environment.events.testStart.addListener(
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    run.runner.start(5, 1000);
    await run.runner.stop();
    release();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([run.runner.state, run.runner.userCount]).toEqual(['stopped', 0]);
  });
});

describe('states', () => {
  test('a run goes through ready, spawning, running, cleanup and stopped', async () => {
    await using run = aRun([idle('A')]);
    const states: string[] = [run.runner.state];
    run.environment.events.testStopping.addListener(() => states.push(run.runner.state));
    run.runner.start(3, 20);
    states.push(run.runner.state);
    await until(() => run.runner.state !== 'spawning');
    states.push(run.runner.state);
    await run.runner.stop();
    states.push(run.runner.state);
    expect(states).toEqual(['ready', 'spawning', 'running', 'cleanup', 'stopped']);
  });

  test('a start while users are being stopped is refused with a sentence', async () => {
    await using run = aRun([idle('A')]);
    await run.start(1);
    const stopping = run.runner.stop();
    expect(() => run.runner.start(1, 1)).toThrow(/still being stopped/);
    await stopping;
  });

  test.each([
    [-1, 1, /user count must be a whole number/],
    [1.5, 1, /user count must be a whole number/],
    [1, 0, /spawn rate must be a number above 0/],
    [1, Number.NaN, /spawn rate must be a number above 0/],
  ])('start(%d, %d) is refused', async (users, rate, message) => {
    await using run = aRun([idle('A')]);
    expect(() => run.runner.start(users, rate)).toThrow(message);
    expect(run.runner.state).toBe('ready');
  });

  test('start with wait is refused when the users cannot all start in one step', async () => {
    await using run = aRun([idle('A')]);
    expect(() => run.runner.start(5, 2, { wait: true })).toThrow(/one step/);
    run.runner.start(2, 2, { wait: true });
    await until(() => run.runner.userCount === 2);
  });

  test('ended resolves when the runner has quit, and not when it has stopped', async () => {
    await using run = aRun([idle('A')]);
    let hasEnded = false;
    const ended = run.runner.ended.then(() => {
      hasEnded = true;
    });
    await run.start(1);
    await run.runner.stop();
    expect(hasEnded).toBe(false);
    await run.runner.quit();
    await ended;
    expect(() => run.runner.start(1, 1)).toThrow(/has quit/);
  });
});
