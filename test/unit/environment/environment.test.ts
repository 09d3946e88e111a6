import { describe, expect, test } from 'vitest';
import { Environment, exitCodeOf } from '../../../src/environment/index.js';
import { constant, LoadTestShape, TaskSet, task, User } from '../../../src/users/index.js';
import { until } from '../../until.js';
import { aRun, idle } from './running.js';

describe('user classes', () => {
  test('[86] classes of weight 0 are left out', () => {
    const environment = new Environment({ userClasses: [idle('B'), idle('None', { weight: 0 }), idle('A')] });
    expect(environment.userClasses.map(({ name }) => name)).toEqual(['A', 'B']);
  });

  test('a class of weight 0 with a fixed count stays', () => {
    const environment = new Environment({ userClasses: [idle('Only', { weight: 0, fixedCount: 2 })] });
    expect(environment.userClasses).toHaveLength(1);
  });

  test('[86] when every weight is 0 the environment is refused', () => {
    const userClasses = [idle('A', { weight: 0 }), idle('B', { weight: 0 })];
    expect(() => new Environment({ userClasses })).toThrow(/weight of all classes is 0 \(A, B\)/);
  });

  test('[87] two classes of one name are refused, with what each is', () => {
    class Base extends User {
      static override tasks = [() => {}];
    }
    const [first, second] = [idle('Same', { weight: 3 }), { Same: class extends Base {} }.Same];
    const make = () => new Environment({ userClasses: [first, second] });
    expect(make).toThrow(/Same \(Same extends .*weight 3.*; Same extends Base extends User, weight 1/);
  });

  test('[87] the same class given twice is one class', () => {
    const A = idle('A');
    expect(new Environment({ userClasses: [A, A] }).userClasses).toEqual([A]);
  });

  test('a class in place of a list of classes is refused with a sentence', () => {
    expect(() => Reflect.construct(Environment, [{ userClasses: idle('One') }])).toThrow(/userClasses must be a list/);
  });

  test('an abstract class is refused', () => {
    expect(() => new Environment({ userClasses: [User] })).toThrow(/User is no user class that can run/);
  });

  test('[88] updateUserClass changes host and tasks for users that start from now on, and weights for the next test', async () => {
    const seen: string[] = [];
    class Shopper extends User {
      static override waitTime = constant(0.01);
      @task browse() {
        seen.push(`browse ${this.host}`);
      }
      @task buy() {
        seen.push(`buy ${this.host}`);
      }
    }
    await using run = aRun([Shopper, idle('Other')]);
    await run.start(2);
    await until(() => seen.some((text) => text.startsWith('browse')) && seen.some((text) => text.startsWith('buy')));
    await run.runner.stop();
    seen.length = 0;
    run.environment.updateUserClass({ userClass: 'Shopper', host: 'http://new', tasks: ['buy'], weight: 3 });
    await run.start(4);
    await until(() => seen.length > 10);
    expect(new Set(seen)).toEqual(new Set(['buy http://new']));
    expect(run.runner.userClassesCount).toEqual({ Other: 1, Shopper: 3 });
  });

  test('[88] unknown classes and tasks are refused', () => {
    const environment = new Environment({ userClasses: [idle('A')] });
    expect(() => environment.updateUserClass({ userClass: 'Z' })).toThrow(/no user class Z in this test, only A/);
    expect(() => environment.updateUserClass({ userClass: 'A', tasks: ['nothing'] })).toThrow(/nothing/);
  });

  test('[85] assignEqualWeights gives every class weight 1 and every leaf task the same chance', async () => {
    const ran: Record<string, number> = {};
    class Inner extends TaskSet {
      @task(50) deep() {
        ran['deep'] = (ran['deep'] ?? 0) + 1;
      }
    }
    class Outer extends User {
      static override weight = 7;
      static override tasks = [Inner];
      @task top() {
        ran['top'] = (ran['top'] ?? 0) + 1;
      }
    }
    await using run = aRun([Outer, idle('Other')]);
    run.environment.assignEqualWeights();
    await run.start(2);
    expect(run.runner.userClassesCount).toEqual({ Other: 1, Outer: 1 });
    await until(() => (ran['deep'] ?? 0) > 20 && (ran['top'] ?? 0) > 20);
  });
});

class Ticking extends LoadTestShape {
  override tick() {
    return null;
  }
}

describe('options', () => {
  test('stop timeout, tags and headless come from the parsed options unless they are given', () => {
    const parsedOptions = { stopTimeout: 7, tags: ['a'], excludeTags: ['b'], headless: true };
    expect(new Environment({ parsedOptions })).toMatchObject({
      stopTimeout: 7,
      options: { tags: ['a'], excludeTags: ['b'], quitAtEnd: true },
    });
    const given = new Environment({ parsedOptions, stopTimeout: 1, tags: [], quitAtEnd: false });
    expect(given).toMatchObject({ stopTimeout: 1, options: { tags: [], quitAtEnd: false } });
  });

  test.each([
    [{ stopTimeout: -1 }, /stopTimeout must be a number of seconds/],
    [{ warmup: Number.NaN }, /warmup must be a number of seconds/],
    [{ iterations: { kind: 'total', count: 0.5 } }, /iterations must be a whole number/],
    [{ seed: 1.5 }, /seed must be a whole number/],
    [{ maxNames: 0 }, /maxNames must be a whole number/],
    [{ shape: Ticking }, /shape must be an object with a tick method/],
  ] as const)('%o is refused', (options, message) => {
    // @ts-expect-error: one of them is not even of the right type
    expect(() => new Environment(options)).toThrow(message);
  });

  test('an environment has one runner', () => {
    const environment = new Environment({ userClasses: [idle('A')] });
    environment.createLocalRunner();
    expect(() => environment.createLocalRunner()).toThrow(/has a runner already/);
  });

  test('before there is a runner its runtime is refused with a sentence', () => {
    expect(() => new Environment().runtime).toThrow(/createLocalRunner/);
  });
});

describe('exit code', () => {
  const stats = (errors: number, exceptions: number) => {
    const environment = new Environment();
    Object.defineProperty(environment, 'stats', {
      value: { errors: new Array(errors), exceptions: new Array(exceptions) },
    });
    return environment;
  };

  test('[5] processExitCode wins over everything, also 0 over failures', () => {
    const environment = stats(3, 1);
    environment.processExitCode = 0;
    expect(exitCodeOf(environment)).toBe(0);
    environment.processExitCode = 42;
    expect(exitCodeOf(environment)).toBe(42);
  });

  test('failures and exceptions are 1, or what is asked for, and come before failed listeners', () => {
    const environment = stats(1, 0);
    environment.events.hasFailedListener = true;
    expect(exitCodeOf(environment)).toBe(1);
    expect(exitCodeOf(environment, 0)).toBe(0);
    expect(exitCodeOf(stats(0, 1), 7)).toBe(7);
  });

  test('a failed listener is 2, and nothing at all 0', () => {
    const environment = stats(0, 0);
    expect(exitCodeOf(environment)).toBe(0);
    environment.events.hasFailedListener = true;
    expect(exitCodeOf(environment)).toBe(2);
  });
});
