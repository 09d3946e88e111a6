import { describe, expect, test } from 'vitest';
import { captureLog } from '../../../capturedLog.js';
import { until } from '../../../until.js';
import { aReport, aSpawn, fields, OurWorker, ScriptedMaster } from './scriptedMaster.js';

/** A worker in its first test. */
async function spawned(options: Parameters<typeof OurWorker.open>[1] = {}) {
  const master = await ScriptedMaster.open();
  const worker = await OurWorker.open(master.port, { reportSeconds: 1, ...options });
  await master.say('spawn', aSpawn());
  await worker.next('spawn');
  return {
    master,
    worker,
    [Symbol.asyncDispose]: async () => {
      worker[Symbol.dispose]();
      await master[Symbol.asyncDispose]();
    },
  };
}

describe('a spawn', () => {
  test.concurrent('begins a test with what Locust says of it, and its counts are of all users', async () => {
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port);
    const options = {
      host: 'http://o',
      tags: ['a'],
      exclude_tags: null,
      my_option: 5,
      locustfile: 'x.py',
      worker: true,
    };
    await master.say('spawn', aSpawn({ stop_timeout: 2, parsed_options: options }));
    expect(await worker.next('testStart')).toMatchObject({
      test: 1,
      settings: {
        host: 'http://h',
        stopTimeoutSeconds: 2,
        tags: ['a'],
        excludeTags: [],
        customOptions: { myOption: 5 },
        leaseSeconds: undefined,
        runSeconds: undefined,
      },
    });
    expect(await worker.next('spawn')).toMatchObject({
      test: 1,
      step: 1,
      counts: { Shopper: 2, Admin: 0 },
      isLast: true,
    });
    await master.say('spawn', aSpawn({ user_classes_count: { Shopper: 5 } }));
    expect(await worker.next('spawn', 1)).toMatchObject({ test: 1, step: 2, counts: { Shopper: 5 } });
    expect(worker.kinds().filter((kind) => kind === 'testStart')).toHaveLength(1);
  });

  test.concurrent('is answered at once, and once more when its users are there, with the counts of all classes', async () => {
    await using pair = await spawned();
    const { master, worker } = pair;
    await master.next('spawning');
    worker.link.send({ kind: 'users', test: 1, step: 1, userCounts: { Shopper: 2 }, isSpent: false });
    expect(fields(await master.next('spawning_complete'))).toEqual({
      user_classes_count: new Map(Object.entries({ Shopper: 2, Admin: 0 })),
      user_count: 2,
    });
  });

  test.concurrent('is followed by no answer for users of an older spawn, or of another test', async () => {
    await using pair = await spawned();
    const { master, worker } = pair;
    await master.say('spawn', aSpawn());
    await worker.next('spawn', 1);
    for (const [test, step] of [
      [1, 1],
      [2, 2],
      [1, 0],
    ] as const) {
      worker.link.send({ kind: 'users', test, step, userCounts: { Shopper: 9 }, isSpent: false });
    }
    worker.link.send({ kind: 'users', test: 1, step: 2, userCounts: { Shopper: 2 }, isSpent: false });
    expect(fields(await master.next('spawning_complete'))).toMatchObject({ user_count: 2 });
    expect(master.all('spawning_complete')).toHaveLength(1);
  });

  test.concurrent('[136] that is no newer than the last one is answered, and not obeyed', async () => {
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port);
    await master.say('spawn', aSpawn({ timestamp: 100.5 }));
    await worker.next('spawn');
    for (const timestamp of [100.5, 99, 0])
      await master.say('spawn', aSpawn({ timestamp, user_classes_count: { Shopper: 9 } }));
    await master.next('spawning', 3);
    await master.say('spawn', aSpawn({ timestamp: 100.6, user_classes_count: { Shopper: 3 } }));
    expect(await worker.next('spawn', 1)).toMatchObject({ step: 2, counts: { Shopper: 3 } });
  });

  test('of a class that the locustfile has not is said once, and the others start', async () => {
    using log = captureLog();
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port);
    for (let step = 1; step <= 2; step++) {
      await master.say('spawn', aSpawn({ user_classes_count: { Shopper: step, Buyer: 3, Gone: 0 } }));
      expect(await worker.next('spawn', step - 1)).toMatchObject({ counts: { Shopper: step } });
    }
    expect(log.at('ERROR')).toEqual([
      'the master wants users of class Buyer, and this locustfile has none: both must have the same classes',
    ]);
  });

  test.concurrent('that is the last of the ramp: the word of the master that all users are there is handed on', async () => {
    await using pair = await spawned();
    await pair.master.say('spawning_complete', { user_count: 40 });
    expect(await pair.worker.next('spawningComplete')).toMatchObject({ test: 1, userCount: 40 });
  });
});

describe('what was measured', () => {
  test.concurrent('reaches the master, the seconds since the last message in one, and is acknowledged when it was sent', async () => {
    await using pair = await spawned();
    const { master, worker } = pair;
    for (const micros of [12_000, 250_000]) {
      worker.report(aReport((recorder) => recorder.entry('GET', '/a').record(micros, 10)));
    }
    await until(() => total(master, 'num_requests') === 2);
    const sent = master.all('stats').find((heard) => entriesOf(heard.data).length > 0)!;
    const [entry] = entriesOf(sent.data);
    expect(entry).toMatchObject({ name: '/a', method: 'GET', num_requests: 2, total_content_length: 20 });
    const buckets = entry!['response_times'] as Map<unknown, unknown>;
    expect([...buckets.keys()].sort()).toEqual([12, 250]);
    expect(fields(sent)['user_classes_count']).toEqual(new Map(Object.entries({ Shopper: 1, Admin: 0 })));
    await until(() => worker.heard.some((message) => message.kind === 'acknowledge' && message.sequence === 2));
    expect(total(master, 'num_requests')).toBe(2);
  });

  test.concurrent('exceptions are a message each, with text and traceback', async () => {
    await using pair = await spawned();
    const exceptions = [
      { message: 'Error: a', traceback: 'Error: a\n  at b', count: 2 },
      { message: 'Error: c', traceback: 'Error: c\n  at d', count: 1 },
    ];
    pair.worker.report({ exceptions });
    await pair.master.next('exception', 2);
    expect(pair.master.all('exception').map(fields)).toEqual([
      { msg: 'Error: a', traceback: 'Error: a\n  at b' },
      { msg: 'Error: a', traceback: 'Error: a\n  at b' },
      { msg: 'Error: c', traceback: 'Error: c\n  at d' },
    ]);
  });

  test('of a flood of exceptions a thousand are sent, and the rest is named', async () => {
    using log = captureLog();
    await using pair = await spawned();
    pair.worker.report({ exceptions: [{ message: 'Error: a', traceback: 't', count: 1500 }] });
    await pair.master.next('exception', 999);
    pair.worker.link.send({ kind: 'custom', type: 'mark', data: null, nodeId: '' });
    await pair.master.next('mark');
    expect(pair.master.all('exception')).toHaveLength(1000);
    expect(log.at('WARNING')).toContain('500 more exceptions "Error: a" are not sent to the Locust master');
  });

  test.concurrent('what listeners of reportToMaster add is sent each time, and never instead of what Locust needs', async () => {
    await using pair = await spawned();
    const { master, worker } = pair;
    for (const bytes of [10, 20, 30]) worker.report({ data: { bytes, stats: 'mine', user_count: 'mine' } });
    await until(() => sentBytes(master).length === 3);
    expect(sentBytes(master)).toEqual([10, 20, 30]);
    for (const heard of master.all('stats')) {
      expect([Array.isArray(fields(heard)['stats']), typeof fields(heard)['user_count']]).toEqual([true, 'number']);
    }
  });

  test('what they add that Locust cannot read is left out, with one line of the log', async () => {
    using log = captureLog();
    await using pair = await spawned();
    for (let i = 0; i < 2; i++) {
      pair.worker.report({ data: { good: i, bad: { __datetime__: true } } });
    }
    await until(() => pair.master.all('stats').some((heard) => fields(heard)['good'] === 1));
    expect(pair.master.all('stats').some((heard) => 'bad' in fields(heard))).toBe(false);
    expect(log.at('ERROR')).toEqual([
      "what a listener of reportToMaster adds as bad is not sent to the Locust master: a message cannot have the key __datetime__: it is Locust's own",
    ]);
  });

  test.concurrent('has the start of the test as its own', async () => {
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port, { reportSeconds: 1 });
    await master.next('stats', 1);
    const start = Date.now() / 1000;
    await master.say('spawn', aSpawn());
    await worker.next('spawn');
    worker.report(aReport((recorder) => recorder.entry('GET', '/a').record(1000, 0)));
    await until(() => total(master, 'num_requests') === 1);
    const sent = master.all('stats').find(({ data }) => entriesOf(data).length > 0)!;
    expect(entriesOf(sent.data)[0]!['start_time']).toBeGreaterThanOrEqual(start - 0.002);
  });

  test.concurrent('before the test that goes on is not counted in it', async () => {
    await using pair = await spawned();
    const { master, worker } = pair;
    worker.report({ ...aReport((recorder) => recorder.entry('GET', '/old').record(1000, 0)), period: 0 });
    worker.report(aReport((recorder) => recorder.entry('GET', '/new').record(1000, 0)));
    await until(() => total(master, 'num_requests') > 0);
    expect(total(master, 'num_requests')).toBe(1);
  });
});

describe('the end of a test', () => {
  test.concurrent('[136] after a stop the last samples go first, then the worker is gone, then there again', async () => {
    await using pair = await spawned();
    const { master, worker } = pair;
    const before = master.heard.length;
    await master.say('stop', null);
    expect(await worker.next('stop')).toMatchObject({ test: 1, isHurried: false });
    expect(master.all('client_stopped')).toHaveLength(0);
    worker.report(aReport((recorder) => recorder.entry('GET', '/a').record(1000, 0)));
    worker.link.send({ kind: 'stopped', test: 1 });
    await master.next('client_ready', 1);
    const said = master
      .types()
      .slice(before)
      .filter((type) => type !== 'heartbeat' && type !== 'spawning');
    expect(said.slice(-3)).toEqual(['stats', 'client_stopped', 'client_ready']);
    const last = master.all('stats').at(-1)!;
    expect(fields(last)).toMatchObject({ user_count: 0, stats_total: expect.any(Map) });
    expect(total(master, 'num_requests')).toBe(1);
    expect(master.all('client_ready')[1]).toMatchObject({ data: -1 });
  });

  test.concurrent('a stop to a worker that runs nothing is answered as well', async () => {
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port);
    await master.say('stop', null);
    await master.next('client_ready', 1);
    expect(master.types().filter((type) => type.startsWith('client_'))).toEqual([
      'client_ready',
      'client_stopped',
      'client_ready',
    ]);
    expect(worker.kinds()).toEqual(['welcome']);
  });

  test.concurrent('the next spawn begins another test; one that comes during the stop begins it when that is over', async () => {
    await using pair = await spawned();
    const { master, worker } = pair;
    await master.say('stop', null);
    await worker.next('stop');
    for (const users of [3, 4]) await master.say('spawn', aSpawn({ user_classes_count: { Shopper: users } }));
    await master.say('mark', null);
    await worker.next('custom');
    expect(worker.kinds().filter((kind) => kind === 'testStart')).toHaveLength(1);
    worker.link.send({ kind: 'stopped', test: 1 });
    expect(await worker.next('testStart', 1)).toMatchObject({ test: 2, period: 2 });
    expect(await worker.next('spawn', 1)).toMatchObject({ test: 2, step: 1, counts: { Shopper: 4 } });
    await master.next('spawning', 1);
    expect(master.types().filter((type) => /^client_|^spawning$/.test(type))).toEqual([
      'client_ready',
      'spawning',
      'client_stopped',
      'client_ready',
      'spawning',
    ]);
  });

  test.concurrent('users that are heard of after it do not make the master take the worker for running', async () => {
    await using pair = await spawned();
    const { master, worker } = pair;
    await master.say('stop', null);
    await worker.next('stop');
    worker.link.send({ kind: 'stopped', test: 1 });
    worker.link.send({ kind: 'users', test: 1, step: 1, userCounts: { Shopper: 1 }, isSpent: false });
    worker.link.send({ kind: 'custom', type: 'mark', data: null, nodeId: '' });
    await master.next('mark');
    expect(master.all('spawning_complete')).toHaveLength(0);
  });

  test.concurrent('at quit the last samples go, and then quit: not a word that would make the master start users anew', async () => {
    await using pair = await spawned();
    const { master, worker } = pair;
    await master.say('quit', null);
    await worker.next('quit');
    worker.report(aReport((recorder) => recorder.entry('GET', '/a').record(1000, 0)));
    worker.link.send({ kind: 'stopped', test: 1 });
    await until(() => worker.heard.some(({ kind }) => kind === 'acknowledge'));
    worker.link.send({ kind: 'quit' });
    await master.next('quit');
    expect(master.types().filter((type) => type.startsWith('client_'))).toEqual(['client_ready']);
    expect(total(master, 'num_requests')).toBe(1);
    expect(master.types().at(-1)).toBe('quit');
    await until(() => worker.closed !== undefined);
    expect(worker.closed?.reason).toBeUndefined();
  });

  test('that a user wants stops the users here, once, and the master sees why', async () => {
    using log = captureLog();
    await using pair = await spawned();
    const { master, worker } = pair;
    for (let i = 0; i < 2; i++) worker.link.send({ kind: 'stopTest', test: 1, reason: 'no stock', isBadSetup: false });
    await worker.next('stop');
    expect(fields(await master.next('exception'))).toEqual({
      msg: 'no stock',
      traceback: 'the test was ended by a user: no stock',
    });
    worker.link.send({ kind: 'stopped', test: 1 });
    expect(log.at('ERROR')).toEqual([
      'no stock: the users of this worker stop; a Locust master cannot be told to end the test',
    ]);
    await master.say('stop', null);
    await master.next('client_stopped');
    expect(worker.kinds().filter((kind) => kind === 'stop')).toHaveLength(1);
  });
});

describe('other messages', () => {
  test.concurrent('custom ones cross both ways, dates and all', async () => {
    await using pair = await spawned();
    const { master, worker } = pair;
    const when = new Date('2024-02-29T12:00:00.250Z');
    worker.link.send({ kind: 'custom', type: 'mine', data: { list: [1, 2.5, null], when }, nodeId: '' });
    const heard = await master.next('mine');
    expect(fields(heard)['list']).toEqual([1, 2.5, null]);
    await master.say('yours', { when, counts: new Map([[5, 1]]) });
    expect(await worker.next('custom')).toMatchObject({ type: 'yours', data: { when, counts: { 5: 1 } } });
  });

  test("none that is sent has a name of Locust's own", async () => {
    using log = captureLog();
    await using pair = await spawned();
    const { master, worker } = pair;
    const before = [
      'client_ready',
      'client_stopped',
      'heartbeat',
      'stats',
      'spawning',
      'spawning_complete',
      'exception',
    ];
    const names = [...before, 'logs', 'locustfile', 'quit'];
    for (const type of names) worker.link.send({ kind: 'custom', type, data: 'mine', nodeId: '' });
    worker.link.send({ kind: 'custom', type: 'mark', data: null, nodeId: '' });
    await master.next('mark');
    expect(master.heard.filter(({ data }) => data === 'mine')).toEqual([]);
    expect(log.at('WARNING')).toEqual(
      names.map((name) => `a message of type ${name} is not sent: Locust has a message of its own of that name`),
    );
  });

  test.concurrent('one that Locust could not read throws where it is sent', async () => {
    await using pair = await spawned();
    const send = (data: unknown) => pair.worker.link.send({ kind: 'custom', type: 'mine', data, nodeId: '' });
    expect(() => send({ date: new Date(Number.NaN) })).toThrow(
      'a date in a message must be one of the years 1 to 9999',
    );
    send('good');
    expect((await pair.master.next('mine')).data).toBe('good');
  });

  test('a change of a user class is handed on, and what only Locust has is named', async () => {
    using log = captureLog();
    await using pair = await spawned();
    await pair.master.say('update_user_class', {
      user_class_name: 'Shopper',
      host: 'http://x',
      weight: 2,
      fixed_count: 3,
      tasks: ['browse'],
      wait_time: 5,
    });
    expect(await pair.worker.next('updateUserClass')).toEqual({
      kind: 'updateUserClass',
      update: { userClass: 'Shopper', host: 'http://x', weight: 2, fixedCount: 3, tasks: ['browse'] },
    });
    expect(log.at('WARNING')).toEqual([
      'of class Shopper only host, weight, fixed_count and tasks can be changed, not wait_time',
    ]);
  });
});

function entriesOf(data: unknown): readonly Record<string, unknown>[] {
  const stats = data instanceof Map ? (data.get('stats') as readonly Map<string, unknown>[]) : [];
  return stats.map((entry) => Object.fromEntries(entry));
}

/** Over all that the master was sent. */
function total(master: ScriptedMaster, key: string): number {
  return master
    .all('stats')
    .map((heard) => fields(heard)['stats_total'] as Map<string, number>)
    .reduce((sum, entry) => sum + entry.get(key)!, 0);
}

function sentBytes(master: ScriptedMaster): unknown[] {
  return master.all('stats').flatMap((heard) => ('bytes' in fields(heard) ? [fields(heard)['bytes']] : []));
}
