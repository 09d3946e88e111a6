import { describe, expect, test } from 'vitest';
import { constant, TaskSet, task, User } from '../../../src/users/index.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { aRun, idle } from './running.js';

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
};

/** Users whose tasks take so long, and who count how those end. */
function working(taskSeconds: number) {
  const counts = { begun: 0, finished: 0, cut: 0, onStop: 0 };
  class Working extends User {
    static override waitTime = constant(0.01);
    @task async work() {
      counts.begun++;
      try {
        await this.sleep(taskSeconds);
        counts.finished++;
      } catch (stop) {
        counts.cut++;
        throw stop;
      }
    }
    override onStop() {
      counts.onStop++;
    }
  }
  return { Working, counts };
}

describe('stopping', () => {
  test('[139] without a stop timeout tasks are ended at once, and onStop runs', async () => {
    const { Working, counts } = working(60);
    await using run = aRun([Working]);
    await run.start(3);
    await until(() => counts.begun === 3);
    expect(await seconds(() => run.runner.stop())).toBeLessThan(2);
    expect(counts).toEqual({ begun: 3, finished: 0, cut: 3, onStop: 3 });
  });

  test('[139] a stop timeout that is too short ends tasks in the middle, with a line in the log', async () => {
    using log = captureLog();
    const { Working, counts } = working(60);
    await using run = aRun([Working], { stopTimeout: 0.3 });
    await run.start(2);
    await until(() => counts.begun === 2);
    expect(await seconds(() => run.runner.stop())).toBeGreaterThan(0.29);
    expect([counts.finished, counts.cut, counts.onStop]).toEqual([0, 2, 2]);
    expect(log.at('INFO').join('\n')).toMatch(/not all users finished their tasks within 0.3 seconds/i);
  });

  test('[139] a stop timeout that is long enough lets tasks finish, and no further one begins', async () => {
    const { Working, counts } = working(0.3);
    await using run = aRun([Working], { stopTimeout: 30 });
    await run.start(2);
    await until(() => counts.begun >= 2);
    expect(await seconds(() => run.runner.stop())).toBeLessThan(5);
    expect(counts.cut).toBe(0);
    expect(counts.begun).toBe(counts.finished);
    expect(counts.onStop).toBe(2);
  });

  test('[139] users that wait end at once whatever the stop timeout', async () => {
    await using run = aRun([idle('A')], { stopTimeout: 60 });
    await run.start(5);
    await until(() => run.runner.state === 'running');
    expect(await seconds(() => run.runner.stop())).toBeLessThan(5);
  });

  test('[139] onStart counts as a running task: it finishes, and no task follows', async () => {
    const order: string[] = [];
    class Slow extends User {
      override async onStart() {
        order.push('begin');
        await this.sleep(0.3);
        order.push('end');
      }
      @task never() {
        order.push('task');
      }
    }
    await using run = aRun([Slow], { stopTimeout: 10 });
    run.runner.start(1, 1);
    await until(() => order.length === 1);
    await run.runner.stop();
    expect(order).toEqual(['begin', 'end']);
  });

  test('[139] a user in a nested task set that interrupts is stopped promptly', async () => {
    class Inner extends TaskSet {
      @task leave() {
        this.interrupt();
      }
    }
    class Nested extends User {
      static override tasks = [Inner];
    }
    await using run = aRun([Nested], { stopTimeout: 30 });
    await run.start(2);
    expect(await seconds(() => run.runner.stop())).toBeLessThan(5);
    expect(run.runner.userCount).toBe(0);
  });

  test('[115] many users run their onStop at the same time', async () => {
    let stopped = 0;
    class Polite extends User {
      static override waitTime = constant(1000);
      @task rest() {}
      override async onStop() {
        await this.sleep(0.3);
        stopped++;
      }
    }
    await using run = aRun([Polite]);
    await run.start(30);
    expect(await seconds(() => run.runner.stop())).toBeLessThan(5);
    expect(stopped).toBe(30);
  });

  test.each([0, 5])(
    '[115] a task may call runner.quit() with a stop timeout of %d s, and its onStop runs',
    async (stopTimeout) => {
      let stopped = 0;
      class Quitter extends User {
        static override waitTime = constant(0.01);
        @task leave() {
          this.environment.runner?.quit().catch(() => {});
        }
        override onStop() {
          stopped++;
        }
      }
      await using run = aRun([Quitter], { stopTimeout });
      run.runner.start(3, 1000);
      await run.runner.ended;
      expect(run.runner.userCount).toBe(0);
      expect(stopped).toBeGreaterThan(0);
      expect(run.fired.at(-1)).toBe('testStop');
    },
  );

  test('[115] a task that even waits for runner.quit() does not hang it', async () => {
    class Waiting extends User {
      @task async leave() {
        await this.environment.runner?.quit();
      }
    }
    await using run = aRun([Waiting]);
    run.runner.start(1, 1);
    await run.runner.ended;
    expect(run.runner.userCount).toBe(0);
  });

  test.each(['testStopping', 'testStop'] as const)(
    'a listener of %s may wait for runner.stop() and runner.quit()',
    async (name) => {
      await using run = aRun([idle('Idle')]);
      let isOver = 0;
      run.environment.events[name].addListener(async ({ environment }) => {
        await environment.runner?.stop();
        await environment.runner?.quit();
        isOver++;
      });
      await run.start(1);
      await run.runner.quit();
      expect(isOver).toBe(1);
      expect(run.fired).toEqual(['testStart', 'spawningComplete', 'testStopping', 'testStop']);
      await run.runner.ended;
    },
  );

  test('a stop from outside waits for the listeners of testStop', async () => {
    await using run = aRun([idle('Idle')]);
    let isOver = false;
    run.environment.events.testStop.addListener(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      isOver = true;
    });
    await run.start(1);
    await run.runner.stop();
    expect(isOver).toBe(true);
  });

  test('a task that catches its stop and goes on for ever is left behind, and the run ends', async () => {
    using log = captureLog();
    class Stubborn extends User {
      @task async stay() {
        for (;;) {
          try {
            await this.sleep(0.01);
          } catch {
            // not my problem
          }
        }
      }
    }
    await using run = aRun([Stubborn]);
    await run.start(2);
    await run.runner.stop();
    expect(run.runner.userCount).toBe(0);
    expect(log.at('WARNING').join('\n')).toMatch(/stay/);
  });

  test('stop twice is one stop', async () => {
    await using run = aRun([idle('A')]);
    await run.start(1);
    await Promise.all([run.runner.stop(), run.runner.stop()]);
    expect(run.fired.filter((name) => name === 'testStop')).toHaveLength(1);
  });
});
