/** How workers of Locust's protocol come to a master of ours, are missing, come back and leave. */
import { describe, expect, test } from 'vitest';
import { epochSeconds } from '../../../../src/clock.js';
import { captureLog } from '../../../capturedLog.js';
import { until } from '../../../until.js';
import { OurMaster, spawn, testStart, welcome } from './scriptedWorker.js';

const stop = { kind: 'stop', test: 1, isHurried: false } as const;
const beat = { state: 'ready', current_cpu_usage: 12.5, current_memory_usage: 1000 };

describe('a worker registers', () => {
  test('and is told its index; every message to it has its id', async () => {
    await using master = await OurMaster.open();
    const peer = master.peer('host_a');
    await peer.say('client_ready', '2.47.0');
    await until(() => master.workers.length === 1);
    expect(master.workers[0]?.hello).toMatchObject({ worker: 'host_a', version: 'locust 2.47.0' });
    master.workers[0]?.say(welcome(7));
    expect(await peer.next('ack')).toEqual({ index: 7 });
    expect(peer.heard.map(({ nodeId }) => nodeId)).toEqual(['host_a']);
  });

  test.each([
    ['-1, as boomer', -1, undefined, /./],
    ['another patch of the version', '2.47.9', 'DEBUG', /has Locust 2\.47\.9; this master follows 2\.47\.0/],
    ['another version', '2.30.1', 'WARNING', /has Locust 2\.30\.1, and this master follows 2\.47\.0: it takes part/],
  ] as const)('%s: it takes part', async (_, version, level, text) => {
    using log = captureLog();
    await using master = await OurMaster.open();
    await master.worker(version);
    const said = (['DEBUG', 'WARNING', 'ERROR'] as const).flatMap((each) =>
      log
        .at(each)
        .filter((line) => line.startsWith('host_0'))
        .map((line) => [each, line] as const),
    );
    expect(said).toEqual(level === undefined ? [] : [[level, expect.stringMatching(text)]]);
  });

  test.each([
    ['nothing, as Locust 1', null, 'ERROR', /is a worker of Locust 1, which cannot take part: install/],
    ['a number', 3, 'WARNING', /the version of a worker must be a text or -1/],
  ] as const)('with %s: it is left without an answer, and the log says why', async (_, version, level, text) => {
    using log = captureLog();
    await using master = await OurMaster.open();
    const old = master.peer();
    await old.say('client_ready', version);
    await until(() => log.at(level).some((line) => text.test(line)));
    await master.worker('2.47.0', 'host_other');
    expect(master.workers.map(({ hello }) => hello.worker)).toEqual(['host_other']);
    expect(old.heard).toEqual([]);
  });

  test('with a version that is refused, again and again: the log says so once', async () => {
    using log = captureLog();
    await using master = await OurMaster.open();
    const old = master.peer();
    for (let i = 0; i < 20; i++) await old.say('client_ready', null);
    await old.say('client_ready', '2.47.0');
    await until(() => master.workers.length === 1);
    expect(log.at('ERROR').filter((line) => line.includes('is a worker of Locust 1'))).toHaveLength(1);
  });

  test('and is not let in yet: its heart is answered, and what it says meanwhile does not pile up', async () => {
    await using master = await OurMaster.open();
    const peer = master.peer();
    await peer.say('client_ready', '2.47.0');
    await peer.say('mine', 1);
    await peer.say('heartbeat', beat);
    await peer.next('heartbeat');
    const [heard] = master.workers;
    heard?.say(welcome(0));
    await peer.say('mine', 2);
    await heard?.next('custom');
    expect(heard?.messages).toMatchObject([{ kind: 'custom', data: 2 }]);
  });

  test('anew without end, as soon as it has users: it is not taken each time, and stays the worker that it was', async () => {
    await using master = await OurMaster.open();
    const { peer } = await master.worker();
    for (let i = 0; i < 20; i++) {
      const heard = master.workers.at(-1);
      heard?.say(welcome(0));
      heard?.say(testStart());
      heard?.say(spawn({ Shopper: 1 }));
      const asked = peer.all('heartbeat').length;
      await peer.say('spawning', null);
      await peer.say('client_ready', '2.47.0');
      await peer.say('heartbeat', beat);
      await peer.next('heartbeat', asked);
    }
    expect(master.workers.length).toBeLessThan(10);
    expect(master.workers.at(-1)?.changes).toEqual([]);
  });

  test('again, when its answer was late: it is answered again, and stays the same worker', async () => {
    await using master = await OurMaster.open();
    const { peer } = await master.worker();
    await peer.say('client_ready', '2.47.0');
    expect(await peer.next('ack', 1)).toEqual({ index: 0 });
    expect(master.workers).toHaveLength(1);
  });

  test('again, while it has users: it is another worker, which begins without any, and the former one is gone', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.running();
    await peer.say('client_ready', '2.47.0');
    await until(() => master.workers.length === 2);
    expect(heard.changes).toEqual(['closed: host_0 began anew, without the users that it had']);
    expect(master.workers[1]?.hello.worker).toBe('host_0');
  });
});

describe('heartbeats', () => {
  test('are answered, and handed on', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.worker();
    await peer.say('heartbeat', beat);
    expect(await peer.next('heartbeat')).toBe(null);
    expect(await heard.next('heartbeat')).toEqual({
      kind: 'heartbeat',
      state: 'ready',
      cpuPercent: 12.5,
      memoryBytes: 1000,
    });
  });

  test('without a memory, as before 2.4.2, and with a state that only boomer has, count', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.worker();
    await peer.say('heartbeat', { state: 'stopped', current_cpu_usage: 1 });
    expect(await heard.next('heartbeat')).toMatchObject({ state: 'ready', cpuPercent: 1, memoryBytes: 0 });
  });

  test('that do not come make a worker missing; with the next one it is back, and told what it may have missed', async () => {
    await using master = await OurMaster.open({ silenceSeconds: 0.5 });
    const { peer, heard } = await master.running();
    await until(() => heard.changes.length === 1);
    expect(heard.changes[0]).toMatch(/^interrupted: nothing was heard of it for 0\.5 s/);
    heard.say(spawn({ Shopper: 5 }, { step: 2 }));
    await peer.next('spawn', 1);
    await peer.say('heartbeat', { ...beat, state: 'running' });
    await until(() => heard.changes[1] === 'resumed');
    expect(await peer.next('spawn', 2)).toMatchObject({ user_classes_count: { Shopper: 5, Admin: 0 } });
  });

  test('of a worker that nobody knows ask it to stop, so that it registers anew', async () => {
    await using master = await OurMaster.open();
    const stranger = master.peer();
    await stranger.say('heartbeat', beat);
    expect(await stranger.next('stop')).toBe(null);
    await stranger.say('heartbeat', beat);
    await master.worker('2.47.0', 'host_other');
    expect(
      stranger.heard.map(({ type }) => type),
      'once in five seconds',
    ).toEqual(['stop']);
  });
});

describe('a stop', () => {
  test('ends when the worker has stopped, with its last samples, which Locust sends later', async () => {
    await using master = await OurMaster.open({ lastReportSeconds: 60 });
    const { peer, heard } = await master.running();
    heard.say(stop);
    await peer.next('stop');
    await peer.say('client_stopped', null);
    await peer.say('client_ready', '2.47.0');
    await peer.next('ack', 1);
    expect(heard.all('stopped')).toEqual([]);
    const gone = epochSeconds();
    await until(() => epochSeconds() > gone + 0.5);
    await peer.say('stats', {
      stats: [{ name: '/a', method: 'GET', num_requests: 1, response_times: new Map([[5, 1]]) }],
    });
    expect(await heard.next('stopped')).toEqual({ kind: 'stopped', test: 1 });
    const { interval } = heard.all('report').at(-1)!;
    expect(interval.startTime + interval.seconds, 'its samples are from before the stop').toBeLessThanOrEqual(gone);
    const kinds = heard.messages.map(({ kind }) => kind);
    expect(kinds.slice(-2)).toEqual(['report', 'stopped']);
    expect(master.workers, 'its registration is part of the stop').toHaveLength(1);
  });

  test('of boomer ends at once: it keeps its last samples to itself', async () => {
    await using master = await OurMaster.open({ lastReportSeconds: 60 });
    const { peer, heard } = await master.running(-1);
    heard.say(stop);
    await peer.next('stop');
    await peer.say('client_stopped', null);
    await heard.next('stopped');
  });

  test('to a worker that was never given users is not sent, as boomer would not answer it', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.worker(-1);
    heard.say(testStart());
    heard.say(stop);
    await heard.next('stopped');
    heard.say({ kind: 'quit' });
    await peer.next('quit');
    expect(peer.all('stop')).toEqual([]);
  });

  test('that is not answered is given up, with the reason', async () => {
    await using master = await OurMaster.open({ stopSeconds: 0.2 });
    const { heard } = await master.running();
    heard.say(stop);
    expect((await heard.next('stopped')).givenUp).toBe('it has not stopped within 0.2 s of being told to');
  });

  test('is waited for as long as users may take, also when that is longer than a timer of Node can wait', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.running(-1, { stopTimeoutSeconds: 1000 * 3600 });
    heard.say(stop);
    await peer.next('stop');
    expect(heard.all('stopped')).toEqual([]);
    await peer.say('client_stopped', null);
    expect(await heard.next('stopped')).not.toHaveProperty('givenUp');
  });

  test('that is hurried is given up sooner', async () => {
    await using master = await OurMaster.open({ stopSeconds: 600, leaveSeconds: 0.2 });
    const { heard } = await master.running();
    heard.say(stop);
    heard.say({ ...stop, isHurried: true });
    await heard.next('stopped');
  });

  test('is said once more to a worker that was missing and is back, with its users', async () => {
    await using master = await OurMaster.open({ silenceSeconds: 0.3, leaveSeconds: 0.2, stopSeconds: 60 });
    const { peer, heard } = await master.running();
    await until(() => heard.changes.length === 1);
    heard.say(stop);
    await heard.next('stopped');
    await peer.say('heartbeat', { ...beat, state: 'running' });
    await peer.next('stop', 1);
  });
});

describe('the end', () => {
  test('a worker is told to quit, and is gone when it says so', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.worker();
    heard.say({ kind: 'quit' });
    await peer.next('quit');
    await peer.say('quit', null);
    await heard.next('quit');
    await until(() => heard.changes.length === 1);
    expect(heard.changes).toEqual(['closed: ']);
  });

  test('one that ends without a word, as boomer may, is gone when its connection is', async () => {
    await using master = await OurMaster.open({ leaveSeconds: 600 });
    const { peer, heard } = await master.worker(-1);
    heard.say({ kind: 'quit' });
    await peer.next('quit');
    peer[Symbol.dispose]();
    await heard.next('quit');
  });

  test('one whose connection is lost is missing as soon as there is something to tell it, and back with its next word', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.running();
    peer[Symbol.dispose]();
    await until(() => {
      heard.say(spawn({ Shopper: 3 }, { step: 2 }));
      return heard.changes.length > 0;
    });
    expect(heard.changes).toEqual(['interrupted: it broke off']);
    const again = master.peer('host_0');
    await again.say('heartbeat', { ...beat, state: 'running' });
    await until(() => heard.changes[1] === 'resumed');
    expect(await again.next('spawn')).toMatchObject({ user_classes_count: { Shopper: 3, Admin: 0 } });
  });

  test('one that does not leave is counted as gone', async () => {
    using log = captureLog();
    await using master = await OurMaster.open({ leaveSeconds: 0.2 });
    const { heard } = await master.worker();
    heard.say({ kind: 'quit' });
    await until(() => heard.changes.length === 1);
    expect(heard.changes).toEqual(['closed: it did not leave within 0.2 s of being told to']);
    expect(log.at('WARNING').at(-1)).toBe('host_0 is counted as gone: it did not leave within 0.2 s of being told to');
  });

  test('one that waits for the stop timeout after a stop is let go at once: it reads nothing meanwhile', async () => {
    await using master = await OurMaster.open({ leaveSeconds: 60 });
    const { peer, heard } = await master.running();
    heard.say(stop);
    await peer.say('client_stopped', null);
    await peer.say('stats', { stats: [] });
    await heard.next('stopped');
    heard.say({ kind: 'quit' });
    await heard.next('quit');
    await peer.next('quit');
  });

  test('one that leaves by itself is gone, with all that it said before', async () => {
    await using master = await OurMaster.open();
    const { peer, heard } = await master.running();
    await peer.say('exception', { msg: 'no', traceback: 'at x' });
    await peer.say('quit', null);
    await heard.next('quit');
    expect(heard.all('report').flatMap(({ exceptions }) => exceptions)).toEqual([
      { message: 'no', traceback: 'at x', count: 1 },
    ]);
  });
});

describe('a locustfile for workers that ask', () => {
  const locustfiles = async () => [{ filename: 'folder/shop.py', contents: 'x = 1' }];

  test('is sent as a list, or, for Locust before 2.31, alone; without its folder', async () => {
    await using master = await OurMaster.open({ locustfiles });
    const peer = master.peer('host_download_locustfile_0');
    await peer.say('locustfile', { version: '2.47.0' });
    const file = { filename: 'shop.py', contents: 'x = 1' };
    expect(await peer.next('locustfile')).toEqual({ locustfiles: [file] });
    const older = master.peer('host_download_locustfile_1');
    await older.say('locustfile', null);
    expect(await older.next('locustfile')).toEqual(file);
    expect(master.workers).toEqual([]);
  });

  test('is not sent each time to one that asks without end: what it does not read would fill the memory', async () => {
    await using master = await OurMaster.open({ locustfiles });
    const peer = master.peer('host_download_locustfile_0');
    for (let i = 0; i < 20; i++) await peer.say('locustfile', { version: '2.47.0' });
    await peer.say('client_ready', '2.47.0');
    await until(() => master.workers.length === 1);
    await peer.say('heartbeat', beat);
    await peer.next('heartbeat');
    expect(peer.all('locustfile').length).toBeLessThan(10);
  });

  test('that there is none, or that it cannot be had, is said as an error', async () => {
    await using without = await OurMaster.open();
    const peer = without.peer();
    await peer.say('locustfile', { version: '2.47.0' });
    expect(await peer.next('locustfile')).toEqual({ error: expect.stringMatching(/--foreign-locustfile FILE\.py/) });
    await using broken = await OurMaster.open({ locustfiles: () => Promise.reject(new Error('the disk is gone')) });
    const other = broken.peer();
    await other.say('locustfile', { version: '2.47.0' });
    expect(await other.next('locustfile')).toEqual({ error: 'the disk is gone' });
  });
});
