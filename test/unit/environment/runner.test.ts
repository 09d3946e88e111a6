import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../../src/environment/index.js';
import { constant, HttpUser, StopTest, tag, task, User } from '../../../src/users/index.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { aRun, idle } from './running.js';

/** A user that counts one request each hundredth of a second. */
function counting() {
  const counts = { requests: 0 };
  class Counting extends User {
    static override waitTime = constant(0.01);
    @task count() {
      counts.requests++;
      this.environment.events.request.fire({
        requestType: 'TEST',
        name: 'count',
        responseTime: 5,
        responseLength: 10,
      });
    }
  }
  return { Counting, counts };
}

describe('statistics of a run', () => {
  test('every request is counted, up to the last before the stop', async () => {
    const { Counting, counts } = counting();
    await using run = aRun([Counting]);
    await run.start(3);
    await until(() => counts.requests > 150);
    await run.runner.stop();
    expect(run.environment.stats.entry('count', 'TEST')?.numRequests).toBe(counts.requests);
    expect(run.environment.stats.total.numRequests).toBe(counts.requests);
  });

  test('a new test begins with empty statistics, a change of the user count does not', async () => {
    const { Counting, counts } = counting();
    await using run = aRun([Counting]);
    await run.start(1);
    await until(() => counts.requests > 5);
    await run.start(2);
    await until(() => counts.requests > 10);
    await run.runner.stop();
    expect(run.environment.stats.total.numRequests).toBe(counts.requests);
    counts.requests = 0;
    await run.start(1);
    await until(() => counts.requests > 5);
    await run.runner.stop();
    expect(run.environment.stats.total.numRequests).toBe(counts.requests);
  });

  test('[114] with resetStats only requests after spawningComplete count', async () => {
    const { Counting, counts } = counting();
    await using run = aRun([Counting], { resetStats: true });
    let before = 0;
    run.environment.events.spawningComplete.addListener(() => {
      before = counts.requests;
    });
    run.runner.start(4, 10);
    await until(() => run.runner.state === 'running' && counts.requests > 100);
    await run.runner.stop();
    expect(before).toBeGreaterThan(5);
    const { numRequests } = run.environment.stats.total;
    expect(numRequests).toBeLessThan(counts.requests);
    expect(numRequests).toBeGreaterThanOrEqual(counts.requests - before - 8);
  });

  test('[114] without resetStats requests of the ramp count as well', async () => {
    const { Counting, counts } = counting();
    await using run = aRun([Counting]);
    run.runner.start(4, 10);
    await until(() => run.runner.state === 'running');
    await run.runner.stop();
    expect(run.environment.stats.total.numRequests).toBe(counts.requests);
  });

  test('runner.resetStats fires the event and sets everything to zero', async () => {
    const { Counting, counts } = counting();
    await using run = aRun([Counting]);
    await run.start(2);
    await until(() => run.environment.stats.total.numRequests > 20);
    const before = counts.requests;
    run.runner.resetStats();
    expect(run.environment.stats.total.numRequests).toBe(0);
    await run.runner.stop();
    expect(run.fired).toContain('resetStats');
    expect(run.environment.stats.total.numRequests).toBeLessThanOrEqual(counts.requests - before + 2);
  });

  test('samples of the warm-up are in no total', async () => {
    const { Counting, counts } = counting();
    await using run = aRun([Counting], { warmup: 0.5 });
    await run.start(2);
    await until(() => counts.requests > 120);
    await run.runner.stop();
    const { stats } = run.environment;
    expect(stats.warmupRequests).toBeGreaterThan(20);
    expect(stats.total.numRequests).toBeGreaterThan(5);
    expect(stats.warmupRequests + stats.total.numRequests).toBe(counts.requests);
  });

  test('the history has a point for each second, with the users', async () => {
    await using run = aRun([idle('A')]);
    await run.start(3);
    await until(() => run.environment.stats.history.some(({ userCount }) => userCount === 3));
    await run.runner.stop();
  });
});

describe('exceptions', () => {
  function failing(catches: boolean) {
    let runs = 0;
    class Failing extends User {
      static override waitTime = constant(0.01);
      @task explode() {
        runs++;
        throw new TypeError('no such item');
      }
    }
    return { run: aRun([Failing], { catchExceptions: catches }), runs: () => runs };
  }

  test('[134] an exception of a task is logged and counted, the user goes on, and equal tracebacks are one line', async () => {
    using log = captureLog();
    const { run, runs } = failing(true);
    await using _ = run;
    await run.start(1);
    await until(() => runs() >= 5);
    await run.runner.stop();
    const { exceptions } = run.environment.stats;
    expect(exceptions).toHaveLength(1);
    expect(exceptions[0]).toMatchObject({ count: runs(), nodes: ['local'] });
    expect(exceptions[0]?.message).toBe('TypeError: no such item');
    expect(exceptions[0]?.traceback).toMatch(/no such item\n\s+at .*explode/);
    expect(log.at('ERROR').join('\n')).toContain('no such item');
    expect(exitCodeOf(run.environment)).toBe(1);
  });

  test('[134] without catchExceptions the user ends after its first exception', async () => {
    const { run, runs } = failing(false);
    await using _ = run;
    run.runner.start(1, 1);
    await until(() => runs() === 1 && run.runner.userCount === 0);
    await run.runner.stop();
    expect(runs()).toBe(1);
    expect(run.environment.stats.exceptions[0]?.count).toBe(1);
  });
});

function readLicence(): string {
  throw new Error('no licence');
}

describe('users that cannot be made', () => {
  test('[109] a constructor that does not call super makes one clear message, a fault, and the test ends', async () => {
    using log = captureLog();
    class Forgetful extends User {
      // @ts-expect-error: this is the mistake
      // biome-ignore lint/correctness/noUnreachableSuper: the same
      constructor() {
        /* super is not called */
      }
      @task work() {}
    }
    await using run = aRun([Forgetful]);
    run.runner.start(20, 1000);
    await until(() => run.runner.state === 'stopped');
    expect(log.at('CRITICAL')).toHaveLength(1);
    expect(log.at('CRITICAL')[0]).toMatch(/Forgetful.*super\(environment\)/);
    expect(run.runner.hasFault).toBe(true);
    expect(exitCodeOf(run.environment)).toBe(2);
  });

  test('a class whose constructor throws leaves the users of other classes running', async () => {
    using log = captureLog();
    class Broken extends User {
      readonly licence = readLicence();
    }
    await using run = aRun([Broken, idle('Sound')]);
    run.runner.start(6, 1000);
    await until(() => run.runner.state === 'running');
    expect(run.runner.userClassesCount).toEqual({ Broken: 0, Sound: 3 });
    expect(log.at('CRITICAL')).toHaveLength(1);
    expect(log.at('CRITICAL')[0]).toContain('no licence');
    await run.runner.stop();
    expect(exitCodeOf(run.environment)).toBe(2);
  });

  test('a class whose constructor throws in the first step of a ramp does not keep later ones from starting', async () => {
    using log = captureLog();
    class Broken extends User {
      readonly licence = readLicence();
    }
    await using run = aRun([Broken, idle('Sound')]);
    run.runner.start(2, 20);
    await until(() => run.runner.state === 'running');
    expect(run.runner.userClassesCount).toEqual({ Broken: 0, Sound: 1 });
    expect(log.at('CRITICAL')).toHaveLength(1);
  });

  test('classes whose constructors all throw end the test, those of a later step as well', async () => {
    using log = captureLog();
    class Broken extends User {
      readonly licence = readLicence();
    }
    class AsBad extends Broken {}
    await using run = aRun([Broken, AsBad]);
    run.runner.start(2, 2);
    await until(() => run.runner.state === 'stopped');
    expect(log.at('CRITICAL')).toHaveLength(2);
    expect(log.at('ERROR').join('\n')).toContain(
      'no users can be started here: no user of AsBad, Broken could be made',
    );
  });

  test('[35] an HttpUser without a host says so, and the test stops; in a headless run the runner ends', async () => {
    using log = captureLog();
    class Homeless extends HttpUser {
      @task get() {}
    }
    await using run = aRun([Homeless]);
    run.runner.start(3, 1000);
    await until(() => run.runner.state === 'stopped');
    expect(log.at('ERROR').join('\n')).toMatch(/host/);
    expect(log.at('WARNING').join('\n')).toMatch(/stopping/i);
    expect(run.environment.stats.errors).toEqual([]);
    await using headless = aRun([Homeless], { parsedOptions: { headless: true } });
    headless.runner.start(1, 1);
    await headless.runner.ended;
  });

  test('a StopTest in a task ends the whole test', async () => {
    class Enough extends User {
      static override waitTime = constant(0.01);
      @task check() {
        throw new StopTest('the target is down');
      }
    }
    await using run = aRun([Enough, idle('Other')]);
    run.runner.start(4, 1000);
    await until(() => run.runner.state === 'stopped');
    expect(run.runner.userCount).toBe(0);
    expect(exitCodeOf(run.environment)).toBe(0);
  });
});

describe('iterations', () => {
  function limited(kind: 'total' | 'perUser', count: number) {
    let runs = 0;
    const byUser = new Map<object, number>();
    class Limited extends User {
      @task work() {
        runs++;
        byUser.set(this, (byUser.get(this) ?? 0) + 1);
      }
    }
    return { run: aRun([Limited], { iterations: { kind, count } }), runs: () => runs, byUser };
  }

  test('a total is met exactly, and then the test ends by itself', async () => {
    const { run, runs } = limited('total', 137);
    await using _ = run;
    run.runner.start(10, 1000);
    await until(() => run.runner.state === 'stopped');
    expect(runs()).toBe(137);
    expect(run.fired).toEqual(
      ['testStart', 'spawningComplete', 'testStopping', 'testStop'].filter((name) => run.fired.includes(name)),
    );
  });

  test('a total that is used up during the ramp ends the test there', async () => {
    const { run, runs } = limited('total', 2);
    await using _ = run;
    run.runner.start(500, 10);
    await until(() => run.runner.state === 'stopped');
    expect(runs()).toBe(2);
  });

  test('a number for each user is met by each, those that start late included', async () => {
    const { run, runs, byUser } = limited('perUser', 3);
    await using _ = run;
    run.runner.start(4, 10);
    await until(() => run.runner.state === 'stopped');
    expect(runs()).toBe(12);
    expect([...byUser.values()]).toEqual([3, 3, 3, 3]);
  });
});

describe('seeds', () => {
  async function choices(seed: number | undefined): Promise<string> {
    const chosen = new Map<number, string>();
    let users = 0;
    class Chooser extends User {
      readonly number = users++;
      note(letter: string) {
        chosen.set(this.number, (chosen.get(this.number) ?? '') + letter);
        if (chosen.get(this.number)!.length >= 20) this.stop();
      }
      @task a() {
        this.note('a');
      }
      @task b() {
        this.note('b');
      }
      @task c() {
        this.note('c');
      }
    }
    await using run = aRun([Chooser], { seed });
    run.runner.start(3, 1000);
    await until(() => chosen.size === 3 && [...chosen.values()].every((text) => text.length === 20));
    return [...chosen]
      .sort(([x], [y]) => x - y)
      .map(([, text]) => text)
      .join(' ');
  }

  test('the same seed gives each user the same tasks, another seed others, and no two users the same', async () => {
    const first = await choices(42);
    expect(await choices(42)).toBe(first);
    expect(await choices(43)).not.toBe(first);
    expect(new Set(first.split(' ')).size).toBe(3);
  });

  test('without a seed every run is another', async () => {
    expect(await choices(undefined)).not.toBe(await choices(undefined));
  });
});

describe('custom messages', () => {
  test('[119] a message comes back to the node that sent it, with type, data and sender', async () => {
    await using run = aRun([idle('A')]);
    const got: unknown[] = [];
    run.runner.registerMessage('accounts', (message, environment) =>
      got.push([message, environment === run.environment]),
    );
    run.runner.sendMessage('accounts', { from: 1, to: 9 });
    await until(() => got.length === 1);
    expect(got[0]).toEqual([{ type: 'accounts', data: { from: 1, to: 9 }, nodeId: 'local' }, true]);
  });

  test('[119] an unknown type is warned of, a listener that fails is logged and no less of a failure than others', async () => {
    using log = captureLog();
    await using run = aRun([idle('A')]);
    run.runner.registerMessage('bad', async () => {
      throw new Error('listener broke');
    });
    for (let i = 0; i < 3; i++) run.runner.sendMessage('nobody', i);
    run.runner.sendMessage('bad');
    await until(() => log.at('ERROR').length > 0 && log.at('WARNING').length > 0);
    expect(log.at('WARNING')).toEqual([expect.stringMatching(/nobody.*no listener/)]);
    expect(log.at('ERROR')[0]).toContain('listener broke');
    expect(run.environment.events.hasFailedListener, 'the exit code is 2, as with every listener').toBe(true);
  });

  test('[119] a second listener for a type is refused', async () => {
    await using run = aRun([idle('A')]);
    run.runner.registerMessage('once', () => {});
    expect(() => run.runner.registerMessage('once', () => {})).toThrow(/once/);
  });
});

describe('hosts and tags', () => {
  test('[118] a host of the environment overrides that of the class, an empty one does not', async () => {
    const hosts: (string | undefined)[] = [];
    class Guest extends User {
      static override host = 'http://class';
      static override waitTime = constant(1000);
      @task look() {
        hosts.push(this.host);
      }
    }
    for (const host of ['http://env', '', undefined]) {
      await using run = aRun([Guest], { host });
      await run.start(1);
      await until(() => hosts.length > 0);
      await run.runner.stop();
    }
    expect(hosts).toEqual(['http://env', 'http://class', 'http://class'].slice(0, hosts.length));
    expect(hosts).toContain('http://class');
  });

  test('[82] tags of the environment choose the tasks of all its users', async () => {
    const ran: string[] = [];
    class Mixed extends User {
      @task @tag('fast') quick() {
        ran.push('quick');
      }
      @task @tag('slow') slow() {
        ran.push('slow');
      }
    }
    await using run = aRun([Mixed], { tags: ['fast'] });
    await run.start(1);
    await until(() => ran.length > 20);
    expect(new Set(ran)).toEqual(new Set(['quick']));
  });
});

describe('usage', () => {
  test('[110] usageMonitor comes with CPU and memory, and an overload with cpuWarning, a line, and a flag', async () => {
    using log = captureLog();
    class Spinner extends User {
      @task spin() {
        const end = performance.now() + 20;
        while (performance.now() < end);
      }
    }
    await using run = aRun([Spinner], { usageLimits: { intervalSeconds: 0.2, warningPercent: 5 } });
    const samples: number[] = [];
    const warnings: number[] = [];
    run.environment.events.usageMonitor.addListener(({ memoryUsage }) => samples.push(memoryUsage));
    run.environment.events.cpuWarning.addListener(({ cpuUsage }) => warnings.push(cpuUsage));
    expect(run.runner.hasCpuWarning).toBe(false);
    await run.start(1);
    await until(() => warnings.length >= 2);
    expect(warnings[0]).toBeGreaterThan(5);
    expect(samples[0]).toBeGreaterThan(1e6);
    expect(run.runner.hasCpuWarning).toBe(true);
    expect(log.at('WARNING').filter((line) => line.includes('CPU usage'))).toHaveLength(1);
    await run.runner.stop();
    expect(log.at('WARNING').filter((line) => line.includes('CPU usage'))).toHaveLength(2);
  });

  test('seconds in which the event loop was busy are marked in the history', async () => {
    class Hog extends User {
      @task hog() {
        const end = performance.now() + 100;
        while (performance.now() < end);
      }
    }
    await using run = aRun([Hog]);
    run.runner.start(1, 1);
    await until(() => run.environment.stats.history.some(({ isSaturated }) => isSaturated));
    await run.runner.stop();
    expect(run.environment.stats.saturatedSeconds).toBeGreaterThan(0);
  });
});
