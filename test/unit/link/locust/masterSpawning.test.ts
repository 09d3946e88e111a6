/** What a worker of Locust's protocol is told of users, classes and options. */
import { describe, expect, test } from 'vitest';
import { captureLog } from '../../../capturedLog.js';
import { until } from '../../../until.js';
import { OurMaster, plain, spawn, testStart, welcome } from './scriptedWorker.js';

describe('a spawn', () => {
  test('has all that Locust demands: whole absolute counts of all classes, and a time that is no whole number', async () => {
    await using master = await OurMaster.open({ secretOptions: ['password'] });
    const { peer, heard } = await master.worker();
    const customOptions = { shopColor: 'red', password: 'hush' };
    heard.say(testStart({ stopTimeoutSeconds: 2.5, tags: ['a'], customOptions }));
    heard.say(spawn({ Shopper: 3 }));
    const told = await peer.next('spawn');
    expect(told).toEqual({
      timestamp: expect.any(Number),
      user_classes_count: { Admin: 0, Shopper: 3 },
      host: 'http://h',
      stop_timeout: 2.5,
      parsed_options: { shop_color: 'red', tags: ['a'], exclude_tags: null },
    });
    expect(told).not.toMatchObject({ timestamp: expect.toSatisfy(Number.isInteger) });
  });

  test('is followed by later ones, also when they are sent at once', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.worker();
    heard.say(testStart());
    for (let step = 1; step <= 5; step++) heard.say(spawn({ Shopper: step }, { step }));
    await peer.next('spawn', 4);
    const times = peer
      .all('spawn')
      .map(({ data }) => plain(data))
      .map((data) => Reflect.get(Object(data), 'timestamp'));
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
    const gaps = times.slice(1).map((time, at) => time - times[at]);
    expect(Math.min(...gaps), 'a millisecond, less what a float loses').toBeGreaterThan(0.0009);
  });

  test('of users that start one after the other is paced here: the worker starts what it is told at once', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.worker();
    heard.say(testStart());
    heard.say(spawn({ Shopper: 4 }, { ranks: [0, 1, 2, 3], spacingSeconds: 1 }));
    await until(() => peer.all('spawn').length >= 3);
    const counts = () =>
      peer
        .all('spawn')
        .map(({ data }) => Reflect.get(Object(Reflect.get(Object(plain(data)), 'user_classes_count')), 'Shopper'));
    await until(() => counts().at(-1) === 4);
    expect(counts()).toEqual([...new Set(counts())].toSorted());
    expect(counts()[0]).toBeLessThan(3);
  });

  test('is complete for the master when the worker says so, whatever boomer leaves out', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.worker(-1);
    heard.say(testStart());
    heard.say(spawn({ Shopper: 2 }, { step: 4 }));
    await peer.next('spawn');
    await peer.say('spawning', null);
    await peer.say('spawning_complete', { count: 2, user_classes_count: { Admin: 0, Shopper: 2 } });
    expect(await heard.next('users')).toEqual({
      kind: 'users',
      test: 1,
      step: 4,
      userCounts: { Admin: 0, Shopper: 2 },
      isSpent: false,
    });
  });

  test('that is not the last of its ramp is not reported', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.worker();
    heard.say(testStart());
    heard.say(spawn({ Shopper: 2 }, { isLast: false }));
    await peer.next('spawn');
    await peer.say('spawning', null);
    await peer.say('spawning_complete', { user_count: 2, user_classes_count: { Admin: 0, Shopper: 2 } });
    await peer.say('heartbeat', { state: 'running', current_cpu_usage: 0 });
    await heard.next('heartbeat');
    expect(heard.all('users')).toEqual([]);
  });

  test('and an option that Locust does not know: iterations are warned of', async () => {
    using log = captureLog();
    await using master = await OurMaster.open();
    const { heard } = await master.worker();
    heard.say(testStart({ iterations: { kind: 'perUser', count: 5 } }));
    await heard.next('started');
    expect(log.at('WARNING').at(-1)).toMatch(/^host_0 is a Locust worker, which knows no limit of iterations/);
  });
});

describe('user classes', () => {
  const configs = [
    { userClass: 'Shopper', values: { host: 'http://s', weight: 3, maxWait: 5 } },
    { userClass: 'Admin', values: { weight: 1, fixedCount: 1 } },
  ];

  test('are set up before their first user, with what is not the master’s own affair', async () => {
    await using master = await OurMaster.open();
    const peer = master.peer();
    await peer.say('client_ready', '2.47.0');
    await until(() => master.workers.length === 1);
    const [heard] = master.workers;
    heard?.say(welcome(0, configs));
    heard?.say(testStart());
    heard?.say(spawn({ Admin: 1 }));
    await peer.next('spawn');
    expect(peer.all('update_user_class')).toEqual([]);
    heard?.say(spawn({ Shopper: 1 }, { step: 2 }));
    await peer.next('spawn', 1);
    const types = peer.heard.map(({ type }) => type);
    expect(types.slice(-2)).toEqual(['update_user_class', 'spawn']);
    expect(await peer.next('update_user_class')).toEqual({ user_class_name: 'Shopper', host: 'http://s', max_wait: 5 });
  });

  test('that have users are changed at once, others when they get some, in the order of the changes', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.running();
    const change = (userClass: string, host: string) =>
      heard.say({ kind: 'updateUserClass', update: { userClass, host, tasks: ['buy'] } });
    change('Admin', 'http://1');
    change('Admin', 'http://2');
    change('Shopper', 'http://3');
    expect(await peer.next('update_user_class')).toEqual({
      user_class_name: 'Shopper',
      host: 'http://3',
      tasks: ['buy'],
    });
    heard.say(spawn({ Admin: 1 }, { step: 2 }));
    await peer.next('spawn', 1);
    expect(peer.all('update_user_class').map(({ data }) => Reflect.get(Object(plain(data)), 'host'))).toEqual([
      'http://3',
      'http://1',
      'http://2',
    ]);
  });

  test('that a worker does not have are left out for it, as Locust would start nobody; it is named once', async () => {
    using log = captureLog();
    await using master = await OurMaster.open();
    const { peer, heard } = await master.worker();
    heard.say({ kind: 'updateUserClass', update: { userClass: 'Admin', host: 'http://x' } });
    heard.say(testStart());
    await peer.say('stats', { stats: [], user_classes_count: { Shopper: 0 }, user_count: 0 });
    await peer.say('stats', { stats: [], user_classes_count: { Shopper: 0 }, user_count: 0 });
    await heard.next('report', 1);
    heard.say(spawn({ Shopper: 1, Admin: 1 }));
    expect(await peer.next('spawn')).toMatchObject({ user_classes_count: { Shopper: 1 } });
    expect(peer.all('update_user_class')).toEqual([]);
    expect(log.at('ERROR')).toEqual([expect.stringMatching(/^host_0 has no user class Admin, only Shopper: /)]);
  });

  test('that a worker turns out not to have after a spawn: it is told once more, without them', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.worker();
    heard.say(testStart());
    heard.say(spawn({ Shopper: 1, Admin: 1 }));
    expect(await peer.next('spawn')).toMatchObject({ user_classes_count: { Shopper: 1, Admin: 1 } });
    await peer.say('stats', { stats: [], user_classes_count: { Shopper: 0 }, user_count: 0 });
    expect(plain(await peer.next('spawn', 1))).toMatchObject({ user_classes_count: { Shopper: 1 } });
    expect(plain(await peer.next('spawn', 1))).not.toMatchObject({ user_classes_count: { Admin: 1 } });
  });
});

describe('messages of the locustfile', () => {
  test('cross both ways, dates and maps with numbers included', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.worker();
    heard.say({
      kind: 'custom',
      nodeId: 'master',
      type: 'hello',
      data: { at: new Date('2026-01-02T03:04:05.678Z'), list: [1, null] },
    });
    expect(await peer.next('hello')).toEqual({
      at: { __datetime__: true, as_str: '20260102T03:04:05.678000' },
      list: [1, null],
    });
    await peer.say('answer', {
      when: new Date('2026-01-02T03:04:05.678Z'),
      by: new Map([[5, 'x']]),
    });
    expect(await heard.next('custom')).toEqual({
      kind: 'custom',
      type: 'answer',
      data: { when: new Date('2026-01-02T03:04:05.678Z'), by: { 5: 'x' } },
      nodeId: 'host_0',
    });
  });

  test('under a name that Locust uses itself are not sent, which is logged', async () => {
    using log = captureLog();
    await using master = await OurMaster.open();
    const { peer, heard } = await master.worker();
    heard.say({ kind: 'custom', nodeId: 'master', type: 'quit', data: null });
    heard.say({ kind: 'custom', nodeId: 'master', type: 'mine', data: null });
    await peer.next('mine');
    expect(peer.all('quit')).toEqual([]);
    expect(log.at('WARNING').at(-1)).toMatch(/^a message of type quit is not sent to host_0: /);
  });

  test('that Locust cannot read are dropped with a reason, and others go on', async () => {
    using log = captureLog();
    await using master = await OurMaster.open();
    const { peer, heard } = await master.worker();
    heard.say({ kind: 'custom', nodeId: 'master', type: 'odd', data: { __datetime__: 1 } });
    heard.say({ kind: 'custom', nodeId: 'master', type: 'mine', data: null });
    await peer.next('mine');
    expect(log.at('ERROR')).toEqual([expect.stringMatching(/^a message of type odd cannot be sent to host_0: /)]);
  });

  test('the end of a ramp is told with the users of all workers', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.running();
    heard.say({ kind: 'spawningComplete', test: 1, userCount: 12 });
    expect(await peer.next('spawning_complete')).toEqual({ user_count: 12 });
  });
});
