import { createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ConnectionError } from '../../../../src/errors.js';
import { packEnvelope } from '../../../../src/link/locust/envelope.js';
import { captureLog } from '../../../capturedLog.js';
import { freePort } from '../../../freePort.js';
import { until } from '../../../until.js';
import { asLocust, fields, OurWorker, ScriptedMaster, workerId } from './scriptedMaster.js';

describe('a worker joins a Locust master', () => {
  test.concurrent('it says that it is ready and asks for no comparison of versions, and has the index of the answer', async () => {
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port);
    expect(master.heard[0]).toMatchObject({ type: 'client_ready', data: -1, nodeId: workerId });
    expect(await worker.next('welcome')).toMatchObject({ index: 7 });
    expect(master.all('client_ready')).toHaveLength(1);
  });

  test.concurrent('it asks again until it is answered, and says nothing else before', async () => {
    let asked = 0;
    await using master = await ScriptedMaster.open(async (heard, self) => {
      if (heard.type === 'client_ready' && ++asked < 3) return;
      await asLocust(heard, self);
    });
    using worker = await OurWorker.open(master.port, { connectSeconds: 0.1 });
    await worker.next('welcome');
    expect(master.types().slice(0, 3)).toEqual(['client_ready', 'client_ready', 'client_ready']);
  });

  test.concurrent('a late answer counts, and a second one changes nothing', async () => {
    const answers: (() => Promise<void>)[] = [];
    await using master = await ScriptedMaster.open(({ type }, self) => {
      if (type === 'client_ready') answers.push(() => self.say('ack', { index: answers.length }));
    });
    const joining = OurWorker.open(master.port, { connectSeconds: 0.1 });
    await until(() => answers.length >= 2);
    await answers[0]!();
    using worker = await joining;
    await answers[1]!();
    await master.say('mark', null);
    await worker.next('custom');
    expect(worker.kinds()).toEqual(['welcome', 'custom']);
  });

  test.concurrent('an answer without an index, as of masters before 2.11, is one', async () => {
    await using master = await ScriptedMaster.open((_, self) => self.say('ack', null));
    using worker = await OurWorker.open(master.port);
    expect(await worker.next('welcome')).toMatchObject({ index: 0 });
  });

  test.concurrent('it waits for a master that is started later', async () => {
    const port = await freePort();
    const joining = OurWorker.open(port, { connectSeconds: 0.1, connectTries: 300 });
    await using master = await ScriptedMaster.open(asLocust, port);
    using worker = await joining;
    await worker.next('welcome');
    expect(master.types()[0]).toBe('client_ready');
  });

  test('[137] it gives up with a sentence when nobody answers, and says once what it waits for', async () => {
    using log = captureLog();
    const port = await freePort();
    const refused = OurWorker.open(port, { connectSeconds: 0.125, connectTries: 2 });
    await expect(refused).rejects.toThrow(ConnectionError);
    await expect(refused).rejects.toThrow(
      `no Locust master answered at 127.0.0.1:${port} within 0.25 s: start it, or give its address with --master-host and --master-port`,
    );
    expect(log.at('INFO')).toEqual([
      `no answer of a Locust master at 127.0.0.1:${port} yet: trying again, for 0.25 s in all`,
    ]);
  });

  test.concurrent('it gives up on whatever listens there that is no ZeroMQ, but joins a master that listens there later', async () => {
    const { port, count, close } = await listening((socket) =>
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(9)),
    );
    await expect(OurWorker.open(port, { connectSeconds: 0.1, connectTries: 2 })).rejects.toThrow('no Locust master');
    const before = count();
    const joining = OurWorker.open(port, { connectSeconds: 0.1, connectTries: 300 });
    await until(() => count() > before);
    await close();
    await using master = await ScriptedMaster.open(asLocust, port);
    using worker = await joining;
    await worker.next('welcome');
    expect(master.types()).toContain('client_ready');
  });

  test.concurrent('it joins over a new connection when the first one ended with an answer that ZeroMQ refuses', async () => {
    let answers = 0;
    await using master = await ScriptedMaster.open(async (heard, self) => {
      if (heard.type === 'client_ready' && answers++ === 0) await self.sayBytes(Buffer.alloc(32 * 1024 * 1024 + 1));
      else await asLocust(heard, self);
    });
    using worker = await OurWorker.open(master.port, { connectSeconds: 0.1, connectTries: 300, reviveSeconds: 0.2 });
    await worker.next('welcome');
    expect(answers).toBeGreaterThan(1);
  });

  test.concurrent('a host that is none is said in a sentence', async () => {
    const nowhere = OurWorker.open(5557, { host: 'no such host' });
    await expect(nowhere).rejects.toThrow('no such host:5557 is no address of a Locust master');
    await expect(nowhere).rejects.toThrow(ConnectionError);
  });

  test.concurrent('its end can be wished while it waits', async () => {
    await using master = await ScriptedMaster.open(() => {});
    const wish = new AbortController();
    const joining = OurWorker.open(master.port, { signal: wish.signal });
    await master.next('client_ready');
    wish.abort(new Error('enough'));
    await expect(joining).rejects.toThrow('enough');
  });
});

describe('what a worker says without being asked', () => {
  test.concurrent('each heartbeat has all that Locust reads of one, as numbers', async () => {
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port);
    const heartbeat = await master.next('heartbeat');
    expect(fields(heartbeat)).toEqual({
      state: 'ready',
      current_cpu_usage: 12.5,
      current_memory_usage: 100_000_000,
    });
    worker.link.send({ kind: 'heartbeat', state: 'running', cpuPercent: Number.NaN, memoryBytes: 0.4 });
    await until(() => master.all('heartbeat').some((heard) => fields(heard)['state'] === 'running'));
    expect(fields(master.all('heartbeat').find((heard) => fields(heard)['state'] === 'running')!)).toEqual({
      state: 'running',
      current_cpu_usage: 0,
      current_memory_usage: 0,
    });
  });

  test.concurrent('an answered heartbeat is heard, and proves the connection', async () => {
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port);
    const before = performance.now();
    await until(() => worker.link.vitals.provenAt > before);
    await worker.next('heartbeat');
    expect(worker.link.vitals).toMatchObject({ isUp: true, clockOffsetSeconds: 0 });
    expect(worker.link.vitals.roundTripMillis).toBeGreaterThan(0);
  });

  test.concurrent('statistics go out at once, and then every three seconds, also when nothing was measured', async () => {
    await using master = await ScriptedMaster.open();
    using _ = await OurWorker.open(master.port);
    const [first, second] = [await master.next('stats'), await master.next('stats', 1)];
    const seconds = (second.at - first.at) / 1000; // either may be late
    expect(seconds).toBeGreaterThan(2);
    expect(seconds).toBeLessThan(5);
    const idle = fields(master.all('stats')[1]!);
    expect(Object.keys(idle)).toEqual(['stats', 'stats_total', 'errors', 'user_classes_count', 'user_count']);
    expect(idle['user_classes_count']).toEqual(
      new Map(
        [
          ['Shopper', 0],
          ['Admin', 0],
        ].map(([k, v]) => [k, v]),
      ),
    );
    expect(idle['user_count']).toBe(0);
  });

  test.concurrent('every message is one frame: a list of three with the id of the worker', async () => {
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port, { logSeconds: 0 });
    worker.link.send({ kind: 'logs', lines: [{ level: 'INFO', text: 'a line' }] });
    worker.link.send({ kind: 'custom', type: 'mine', data: null, nodeId: 'x' });
    worker.link.send({ kind: 'quit' });
    await master.next('quit');
    expect(new Set(master.frames)).toEqual(new Set([1]));
    expect(new Set(master.heard.map(({ nodeId }) => nodeId))).toEqual(new Set([workerId]));
    for (const { bytes } of master.heard) expect(bytes[0]).toBe(0x93);
  });

  test.concurrent('[138] log lines go out at once, then when there are new ones: all that are kept, at most 500', async () => {
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port, { logSeconds: 0.5, reportSeconds: 1 });
    const say = (...texts: string[]) =>
      worker.link.send({ kind: 'logs', lines: texts.map((text) => ({ level: 'INFO', text })) });
    say('one', 'two');
    const first = await master.next('logs');
    expect(fields(first)).toEqual({ worker_id: workerId, logs: ['one', 'two'] });
    say(...Array.from({ length: 499 }, (_, at) => `line ${at}`));
    const second = fields(await master.next('logs', 1))['logs'] as string[];
    expect([second.length, second[0], second.at(-1)]).toEqual([500, 'two', 'line 498']);
    await master.next('stats', 3);
    expect(master.all('logs')).toHaveLength(2);
  });
});

describe('a master that sends nonsense', () => {
  test('its messages are dropped, with one line of the log, and the worker stays', async () => {
    using log = captureLog();
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port);
    await worker.next('welcome');
    const good = packEnvelope({ type: 'x', data: null, nodeId: 'n' });
    for (const bytes of [[], [0x93], [0x92, 0xc0, 0xc0], [0xc1], [...good, 0], good.subarray(0, 3)]) {
      await master.sayBytes(Uint8Array.from(bytes));
    }
    await master.say('mark', null);
    await worker.next('custom');
    expect(log.at('ERROR')).toHaveLength(1);
    expect(log.at('ERROR')[0]).toContain('is dropped, and further bad ones without a word');
  });

  test('messages of a known type with other data than that are dropped, each with its reason', async () => {
    using log = captureLog();
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port);
    const wrong: readonly (readonly [string, unknown, string])[] = [
      ['spawn', null, 'spawn must be a map'],
      ['spawn', { timestamp: 'now', user_classes_count: {} }, 'timestamp must be a number'],
      ['spawn', { timestamp: 1, user_classes_count: { Shopper: -1 }, parsed_options: {} }, 'Shopper'],
      ['spawn', { timestamp: 1, user_classes_count: {}, parsed_options: 7 }, 'parsed_options must be a map'],
      ['spawning_complete', { user_count: 'all' }, 'user_count must be a number'],
      ['update_user_class', {}, 'user_class_name must be a text'],
      ['update_user_class', { user_class_name: 'Shopper', fixed_count: 1.5 }, 'fixed_count must be a whole number'],
    ];
    for (const [type, data] of wrong) await master.say(type, data);
    await master.say('mark', null);
    await worker.next('custom');
    expect(worker.kinds()).toEqual(['welcome', 'custom']);
    expect(log.at('ERROR')).toHaveLength(wrong.length);
    for (const [at, [type, , why]] of wrong.entries()) {
      expect(log.at('ERROR')[at]).toContain(`a message of type ${type} of the Locust master is dropped`);
      expect(log.at('ERROR')[at]).toContain(why);
    }
    expect(master.all('spawning')).toHaveLength(0);
  });

  test.concurrent('a frame beyond 32 MiB is not taken, and the connection made anew', async () => {
    await using master = await ScriptedMaster.open();
    using worker = await OurWorker.open(master.port, { reviveSeconds: 0.2 });
    await worker.next('heartbeat');
    await master.sayBytes(Buffer.alloc(32 * 1024 * 1024 + 1));
    await until(() => worker.news.includes('interrupted'));
    await until(() => worker.news.includes('resumed'));
    await master.say('mark', null);
    await worker.next('custom');
  });
});

/** Something that is no master, on a free port. */
async function listening(answer: (socket: Socket) => void = () => {}) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    answer(socket);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { port, count: () => sockets.size, close };
}
