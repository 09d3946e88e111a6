import { describe, expect, test } from 'vitest';
import type { CustomMessage } from '../../../src/events/index.js';
import { constant, tag, task, User } from '../../../src/users/index.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { idle } from '../environment/running.js';
import { aWorker } from './workers.js';

describe('what a worker takes over from its master', () => {
  test('[124] custom options are in parsedOptions, also for whoever took these before', async () => {
    await using worker = await aWorker({ userClasses: [idle('A')] });
    const { parsedOptions } = worker.environment;
    const seen: unknown[] = [];
    worker.environment.events.testStart.addListener(({ environment }) =>
      seen.push(environment.parsedOptions['myOption']),
    );
    worker.welcome();
    await worker.begin({ customOptions: { myOption: 'first', depth: 3 } });
    expect([parsedOptions['myOption'], parsedOptions['depth']]).toEqual(['first', 3]);
    await worker.stop();
    await worker.begin({ customOptions: { myOption: 'second', depth: 3 } }, 2);
    expect(seen).toEqual(['first', 'second']);
  });

  test('[118] the host, or none, in which case its own and those of the classes hold', async () => {
    await using worker = await aWorker({ userClasses: [idle('A', { host: 'http://class' })] });
    worker.welcome();
    await worker.begin({ host: 'http://master' });
    expect(worker.environment.host).toBe('http://master');
    await worker.stop();
    await worker.begin({ host: undefined }, 2);
    expect(worker.environment.host).toBeUndefined();
  });

  test('stop timeout and whether exceptions of tasks are caught', async () => {
    let ended = 0;
    class Failing extends User {
      override onStop() {
        ended++;
      }
      @task work() {
        throw new TypeError('a bug of the test');
      }
    }
    await using worker = await aWorker({ userClasses: [Failing] });
    worker.welcome();
    await worker.begin({ stopTimeoutSeconds: 7, catchExceptions: false });
    expect(worker.environment.stopTimeout).toBe(7);
    await worker.spawn({ Failing: 1 });
    await until(() => ended === 1);
  });

  const tagged = () => {
    const ran = new Set<string>();
    class Tagged extends User {
      static override waitTime = constant(0.001);
      @task @tag('read') look() {
        ran.add('look');
      }
      @task @tag('write') buy() {
        ran.add('buy');
      }
    }
    return { Tagged, ran };
  };

  test('[38] the tags, once', async () => {
    const { Tagged, ran } = tagged();
    await using worker = await aWorker({ userClasses: [Tagged] });
    worker.welcome();
    await worker.begin({ tags: ['read'] });
    await worker.spawn({ Tagged: 5 });
    await worker.stop();
    await worker.begin({ tags: ['write'] }, 2);
    await worker.spawn({ Tagged: 5 }, { test: 2 });
    await until(() => ran.size > 0);
    await worker.stop(2);
    expect([...ran]).toEqual(['look']);
  });

  test('its own tags have no effect, also when the master names none', async () => {
    const { Tagged, ran } = tagged();
    await using worker = await aWorker({ userClasses: [Tagged], tags: ['read'] });
    worker.welcome();
    await worker.begin();
    await worker.spawn({ Tagged: 5 });
    await until(() => ran.size === 2);
    await worker.stop();
  });

  test('values set on user classes, equal weights and the cap of names, with the welcome', async () => {
    const [A, B] = [idle('A', { weight: 5 }), idle('B', { weight: 9 })];
    await using worker = await aWorker({ userClasses: [A, B] });
    worker.welcome({ userConfigs: [{ userClass: 'A', values: { host: 'http://a', fixedCount: 2 } }], maxNames: 1 });
    await until(() => A.host === 'http://a');
    expect([A.fixedCount, A.weight]).toEqual([2, 5]);
    worker.welcome({ equalWeights: true });
    await until(() => A.weight === 1 && B.weight === 1);
  });

  test('the cap of names: further ones are counted together', async () => {
    class Many extends User {
      static override waitTime = constant(0.001);
      @task work() {
        for (const name of ['a', 'b', 'c']) {
          this.environment.events.request.fire({ requestType: 'TEST', name, responseTime: 1, responseLength: 1 });
        }
      }
    }
    await using worker = await aWorker({ userClasses: [Many] });
    worker.welcome({ maxNames: 2 });
    await worker.begin();
    await worker.spawn({ Many: 1 });
    await worker.stop();
    const names = worker.link.of('report').flatMap(({ interval }) => interval.entries.map(({ name }) => name));
    expect([...new Set(names)].sort()).toEqual(['(other)', 'a', 'b']);
  });

  test('a value that cannot be used is a fault with a sentence, and the rest holds', async () => {
    using log = captureLog();
    const A = idle('A');
    await using worker = await aWorker({ userClasses: [A] });
    worker.welcome({
      userConfigs: [
        { userClass: 'Unknown', values: { weight: 1 } },
        { userClass: 'A', values: { host: 'http://a' } },
      ],
    });
    await until(() => A.host === 'http://a');
    await until(() => worker.link.of('fault').length === 1);
    expect(log.at('ERROR')).toEqual([
      'what is set on class Unknown on the master cannot be used here: there is no user class Unknown in this test, only A',
    ]);
    expect(worker.runner.hasFault).toBe(true);
  });

  test('an update of a user class while users run holds for those that start later', async () => {
    const ran: string[] = [];
    class Shopper extends User {
      static override waitTime = constant(1000);
      @task look() {
        ran.push('look');
      }
      @task buy() {
        ran.push('buy');
      }
    }
    await using worker = await aWorker({ userClasses: [Shopper] });
    worker.welcome();
    await worker.begin();
    worker.link.say({ kind: 'updateUserClass', update: { userClass: 'Shopper', tasks: ['buy'], host: 'http://b' } });
    worker.link.say({ kind: 'updateUserClass', update: { userClass: 'Shopper', tasks: ['nothing'] } });
    await worker.spawn({ Shopper: 10 });
    expect(ran).toEqual(Array.from({ length: 10 }, () => 'buy'));
    expect(Shopper.host).toBe('http://b');
    expect(worker.link.of('fault')).toHaveLength(1);
  });
});

describe('messages of a locustfile', () => {
  test('[119] are delivered, unknown ones are warned of, and what a listener throws is a fault and ends nothing', async () => {
    using log = captureLog();
    await using worker = await aWorker({ userClasses: [idle('A')] });
    const heard: CustomMessage[] = [];
    worker.runner.registerMessage('work', (message) => heard.push(message));
    worker.runner.registerMessage('bad', () => {
      throw new Error('a bug of the listener');
    });
    worker.runner.registerMessage('late', () => Promise.reject(new Error('a late bug')));
    expect(() => worker.runner.registerMessage('work', () => {})).toThrow('already');
    const say = (type: string) => worker.link.say({ kind: 'custom', type, data: { n: 1 }, nodeId: 'master' });
    for (const type of ['bad', 'late', 'unknown', 'work']) say(type);
    await until(() => heard.length === 1 && log.at('ERROR').length === 2);
    expect(heard[0]).toMatchObject({ type: 'work', data: { n: 1 }, nodeId: 'master' });
    expect(log.at('WARNING')[0]).toContain('a message of type unknown came from master');
    worker.runner.sendMessage('answer', [1, 2]);
    await until(() => worker.link.of('custom').length === 1);
    expect(worker.link.of('custom')[0]).toMatchObject({ type: 'answer', data: [1, 2], nodeId: worker.runner.clientId });
    await until(() => worker.link.of('fault').length > 0);
    expect(worker.link.of('fault'), 'once, however often they fail').toHaveLength(1);
  });

  test('wait for listeners of init, as a test does', async () => {
    await using worker = await aWorker({ userClasses: [idle('A')], isHeld: true });
    const heard: unknown[] = [];
    worker.welcome();
    worker.link.say({ kind: 'custom', type: 'work', data: 1, nodeId: 'master' });
    const begun = worker.begin();
    await until(() => worker.runner.workerIndex === 3 && worker.link.of('heartbeat').length > 2);
    expect(worker.fired).toEqual([]);
    worker.runner.registerMessage('work', ({ data }) => heard.push(data));
    worker.runner.release();
    await begun;
    expect([heard, worker.fired]).toEqual([[1], ['testStart']]);
  });
});

describe('seeds', () => {
  const drawn = async (index: number, seed: number): Promise<number[]> => {
    const numbers: number[] = [];
    class Chooser extends User {
      static override waitTime = constant(1000);
      override onStart() {
        const draw = this.environment.runtime.randomOf(this);
        numbers.push(draw(), draw());
      }
      @task rest() {}
    }
    await using worker = await aWorker({ userClasses: [Chooser] });
    worker.link.say({
      kind: 'welcome',
      index,
      setup: { run: 'run', userConfigs: [], equalWeights: false, maxNames: 10 },
    });
    await worker.begin({ seed });
    await worker.spawn({ Chooser: 3 });
    return numbers;
  };

  test('give the same numbers in each run, and others on a worker of another index', async () => {
    const [first, again, other, otherSeed] = [
      await drawn(0, 7),
      await drawn(0, 7),
      await drawn(1, 7),
      await drawn(0, 8),
    ];
    expect(first).toHaveLength(6);
    expect(new Set(first).size).toBe(6);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(otherSeed).not.toEqual(first);
  });
});
