import { describe, expect, test } from 'vitest';
import { constant, LoadTestShape, StopTest, task, User } from '../../../src/users/index.js';
import { captureLog } from '../../capturedLog.js';
import { Pulse } from '../../pulse.js';
import { until } from '../../until.js';
import { aRun, idle } from './running.js';

describe('ramps', () => {
  test('unknown user classes are refused by start, and nothing changes', async () => {
    await using run = aRun([idle('A'), idle('B')]);
    expect(() => run.runner.start(1, 1, { userClasses: ['C'] })).toThrow(
      'there is no user class C in this test, only A, B',
    );
    expect(run.runner.state).toBe('ready');
  });

  test('[113] a lower target while the ramp goes on is where it ends', async () => {
    await using run = aRun([idle('A')]);
    run.runner.start(10, 5);
    await until(() => run.runner.userCount >= 2);
    run.runner.start(1, 5);
    expect(run.runner.state).toBe('spawning');
    await until(() => run.runner.state === 'running');
    expect(run.runner.userCount).toBe(1);
    expect(run.runner.targetUserCount).toBe(1);
  });

  test('[117] two equal classes share 10 users 5 and 5, and after going down to 5, 3 and 2', async () => {
    await using run = aRun([idle('A'), idle('B')]);
    await run.start(10);
    expect(run.runner.userClassesCount).toEqual({ A: 5, B: 5 });
    await run.start(5);
    expect(run.runner.userClassesCount).toEqual({ A: 3, B: 2 });
    expect(run.runner.targetUserClassesCount).toEqual({ A: 3, B: 2 });
  });

  test('[21] a fixed count of 2 beside two plain classes makes 2, 4 and 4 of 10 users', async () => {
    await using run = aRun([idle('F', { fixedCount: 2 }), idle('A'), idle('B')]);
    await run.start(10);
    expect(run.runner.userClassesCount).toEqual({ A: 4, B: 4, F: 2 });
  });

  test('within a step starts are spread evenly: user k of a ramp starts at k / rate', async () => {
    const starts: number[] = [];
    class Timed extends User {
      static override waitTime = constant(1000);
      @task nothing() {}
      override onStart() {
        starts.push(performance.now());
      }
    }
    await using run = aRun([Timed]);
    using pulse = new Pulse();
    run.runner.start(40, 40);
    await until(() => starts.length === 40);
    expect(Math.max(...pulse.offThePlan(starts, 1000 / 40)), 'milliseconds off the plan').toBeLessThan(200);
  });

  test('[116] going down from 10 users to 2 at rate 4 takes about a second', async () => {
    await using run = aRun([idle('A')]);
    await run.start(10);
    const begin = performance.now();
    await run.start(2, 4);
    const seconds = (performance.now() - begin) / 1000;
    expect(seconds).toBeGreaterThan(0.95);
    expect(seconds).toBeLessThan(2);
  });

  test('[116] with a stop timeout the tasks of leaving users finish, and the ramp ends with the last of them', async () => {
    let cutShort = 0;
    let finished = 0;
    class Busy extends User {
      @task async work() {
        const begin = performance.now();
        try {
          await this.sleep(0.4);
        } finally {
          if (performance.now() - begin < 390) cutShort++;
          else finished++;
        }
      }
    }
    await using run = aRun([Busy], { stopTimeout: 5 });
    await run.start(6);
    run.runner.start(2, 4);
    await until(() => run.runner.state === 'running');
    expect(run.runner.userCount).toBe(2);
    expect(cutShort).toBe(0);
    expect(finished).toBeGreaterThanOrEqual(4);
  });

  test('a user that ended by itself is replaced with the next change, and not before', async () => {
    let made = 0;
    class Brief extends User {
      static override waitTime = constant(0.01);
      readonly number = ++made;
      @task leave() {
        if (this.number === 1) this.stop();
      }
    }
    await using run = aRun([Brief]);
    run.runner.start(3, 1000);
    await until(() => made === 3 && run.runner.userCount === 2);
    await until(() => run.runner.state === 'running');
    expect(run.runner.targetUserCount).toBe(3);
    run.runner.start(3, 1000);
    await until(() => run.runner.userCount === 3);
    expect(made).toBe(4);
  });

  test('[120] a later test starts from zero', async () => {
    await using run = aRun([idle('A')]);
    await run.start(5);
    await run.runner.stop();
    expect(run.runner.userCount).toBe(0);
    await run.start(2);
    expect(run.runner.userCount).toBe(2);
  });

  test('[120] a stop in the middle of a ramp ends the ramp', async () => {
    await using run = aRun([idle('A')]);
    run.runner.start(1000, 20);
    await until(() => run.runner.userCount >= 2);
    await run.runner.stop();
    const { userCount, state } = run.runner;
    expect([userCount, state]).toEqual([0, 'stopped']);
    expect(run.fired).not.toContain('spawningComplete');
  });
});

/** A shape that gives these answers, one a tick, and the last one for ever. */
function shapeOf(...answers: unknown[]): { shape: LoadTestShape; ticks: () => number } {
  let ticks = 0;
  class Scripted extends LoadTestShape {
    override tick() {
      const answer = answers[Math.min(ticks++, answers.length - 1)];
      if (answer instanceof Error) throw answer;
      return answer as [number, number];
    }
  }
  return { shape: new Scripted(), ticks: () => ticks };
}

describe('shapes', () => {
  test('[133] the same tick twice changes nothing, another one does, and null ends the test', async () => {
    using log = captureLog();
    const { shape } = shapeOf([2, 100], [2, 100], [4, 100], null);
    await using run = aRun([idle('A')], { shape });
    const counts: number[] = [];
    run.environment.events.spawningComplete.addListener(({ userCount }) => counts.push(userCount));
    run.runner.startShape();
    await until(() => run.runner.state === 'stopped');
    expect(counts).toEqual([2, 4]);
    expect(log.at('INFO').filter((line) => line.includes('updating to'))).toHaveLength(2);
  });

  test('[133] a shape goes down as well, and its runner tells it the users', async () => {
    const seen: number[] = [];
    class Falling extends LoadTestShape {
      override tick(): [number, number] | null {
        seen.push(this.runner?.userCount ?? -1);
        const stages: [number, number][] = [
          [5, 100],
          [1, 100],
        ];
        return stages[seen.length - 1] ?? null;
      }
    }
    await using run = aRun([idle('A')], { shape: new Falling() });
    run.runner.startShape();
    await until(() => run.runner.state === 'stopped');
    expect(seen[0]).toBe(0);
    expect(seen[1]).toBe(5);
    expect(seen[2]).toBe(1);
  });

  test('[126] a shape that was stopped can be started again, from its time zero', async () => {
    const { shape, ticks } = shapeOf([3, 100]);
    await using run = aRun([idle('A')], { shape });
    run.runner.startShape();
    await until(() => run.runner.userCount === 3);
    await run.runner.stop();
    const before = ticks();
    expect(run.runner.userCount).toBe(0);
    run.runner.startShape();
    await until(() => run.runner.userCount === 3);
    expect(ticks()).toBeGreaterThan(before);
    expect(shape.getRunTime()).toBeLessThan(5);
  });

  test('a second startShape while one runs only says so', async () => {
    using log = captureLog();
    const { shape } = shapeOf([1, 100]);
    await using run = aRun([idle('A')], { shape });
    run.runner.startShape();
    run.runner.startShape();
    expect(log.at('INFO').join('\n')).toMatch(/ongoing shape test/);
    await until(() => run.runner.userCount === 1);
  });

  test('[149] a tick with user classes starts only those', async () => {
    const [A, B] = [idle('A'), idle('B')];
    const { shape } = shapeOf([2, 100, [A]]);
    await using run = aRun([A, B], { shape });
    run.runner.startShape();
    await until(() => run.runner.userCount === 2);
    expect(run.runner.userClassesCount).toEqual({ A: 2, B: 0 });
  });

  test.each([
    [['ten', 1], /users must be a number/],
    [[10], /must return \[users, spawnRate\]/],
    [[10, 0], /spawnRate must be a number above 0/],
    [{ users: 3 }, /must return \[users, spawnRate\]/],
    [[1, 1, ['Nobody']], /no user class Nobody, only A/],
    [new Error('shape broke'), /tick of the load shape failed: Error: shape broke/],
  ])('a shape that gives %o ends the test with one clear message and a fault', async (answer, message) => {
    using log = captureLog();
    const { shape } = shapeOf(answer);
    await using run = aRun([idle('A')], { shape, quitAtEnd: true });
    run.runner.startShape();
    await run.runner.ended;
    expect(log.at('CRITICAL')).toHaveLength(1);
    expect(log.at('CRITICAL')[0]).toMatch(message);
    expect(run.runner.hasFault).toBe(true);
  });

  test('a shape that throws StopTest ends the test without a fault', async () => {
    using log = captureLog();
    const { shape } = shapeOf([1, 100], new StopTest('enough'));
    await using run = aRun([idle('A')], { shape });
    run.runner.startShape();
    await until(() => run.runner.state === 'stopped');
    expect(log.at('ERROR').join()).toContain('enough');
    expect(run.runner.hasFault).toBe(false);
  });

  test('with quitAtEnd the end of the shape ends the runner', async () => {
    const { shape } = shapeOf([1, 100], null);
    await using run = aRun([idle('A')], { shape, quitAtEnd: true });
    run.runner.startShape();
    await run.runner.ended;
    expect(run.fired.at(-1)).toBe('testStop');
  });

  test('startShape without a shape is refused', async () => {
    await using run = aRun([idle('A')]);
    expect(() => run.runner.startShape()).toThrow(/no load shape/);
  });
});
