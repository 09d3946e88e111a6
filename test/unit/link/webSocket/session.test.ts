import { describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { MasterMessage, WorkerMessage } from '../../../../src/link/index.js';
import { captureLog } from '../../../capturedLog.js';
import fc from '../../../properties.js';
import { until } from '../../../until.js';
import { aMaster, anEar, aWorkerOf } from './ends.js';
import { type Direction, Relay } from './relay.js';

interface Cut {
  readonly direction: Direction;
  readonly bytes: number;
}

/** Sends numbered messages both ways, with the cuts one after another, each while messages are under way. */
async function throughCuts(
  cuts: readonly Cut[],
  delayMillis: number,
): Promise<{ toMaster: number[]; toWorker: number[] }> {
  await using master = await aMaster();
  await using relay = await Relay.open(master.port);
  relay.delay(delayMillis);
  const worker = await aWorkerOf({ port: relay.port });
  const [toMaster, toWorker]: [number[], number[]] = [[], []];
  const ended: string[] = [];
  worker.listen({
    message: (message) => message.kind === 'reset' && toWorker.push(message.period),
    closed: (reason) => void ended.push(`worker: ${reason?.message}`),
  });
  master.link.listen({
    message: (message) => message.kind === 'started' && toMaster.push(message.test),
    closed: (reason) => void ended.push(`master: ${reason?.message}`),
  });
  let sent = 0;
  const send = () => {
    sent++;
    worker.send({ kind: 'started', test: sent });
    master.link.send({ kind: 'reset', period: sent });
  };
  for (const { direction, bytes } of cuts) {
    const before = relay.connections;
    relay.cutAfter(direction, bytes);
    await until(() => {
      send();
      return relay.connections > before;
    });
  }
  for (let at = 0; at < 20; at++) send();
  await until(() => ended.length > 0 || (toMaster.length >= sent && toWorker.length >= sent));
  expect(ended).toEqual([]);
  worker.close();
  return { toMaster: toMaster.concat(sent), toWorker: toWorker.concat(sent) };
}

describe('a link over connections that break', () => {
  test('delivers every message once and in order, wherever the connections are cut', async () => {
    const cut = fc.record({
      direction: fc.constantFrom<Direction>('toMaster', 'toWorker'),
      // the handshake of the next connection is some 400 bytes, a message 40
      bytes: fc.oneof(fc.nat(60), fc.nat(1_000), fc.nat(4_000)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 6 }), fc.constantFrom(0, 0, 3), async (cuts, delay) => {
        const { toMaster, toWorker } = await throughCuts(cuts, delay);
        for (const numbers of [toMaster, toWorker]) {
          const sent = numbers.pop() ?? 0;
          expect(numbers).toEqual(Array.from({ length: sent }, (_, at) => at + 1));
        }
      }),
      { numRuns: 5, verbose: true },
    );
  });

  test('[135] tells both listeners of the loss and the return, before anything that comes over the new connection', async () => {
    await using master = await aMaster();
    await using relay = await Relay.open(master.port);
    const worker = await aWorkerOf({ port: relay.port });
    const ears = [anEar<MasterMessage>(), anEar<WorkerMessage>()] as const;
    worker.listen(ears[0]);
    master.link.listen(ears[1]);
    relay.refuse();
    await until(() => ears.every(({ heard }) => heard.includes('interrupted')));
    worker.send({ kind: 'quit' });
    master.link.send({ kind: 'quit' });
    expect([worker.vitals.isUp, master.link.vitals.isUp]).toEqual([false, false]);
    relay.mend();
    await until(() => ears.every(({ heard }) => heard.length === 3));
    for (const { heard } of ears) expect(heard).toEqual(['interrupted', 'resumed', 'quit']);
    expect(master.joined).toHaveLength(1);
    worker.close();
  });

  test('that nobody ends, but over which nothing comes any more, is noticed at both ends and made anew', async () => {
    const limits = { silenceMillis: 400 };
    await using master = await aMaster({ limits });
    await using relay = await Relay.open(master.port);
    const worker = await aWorkerOf({ port: relay.port, limits });
    const ears = [anEar<MasterMessage>(), anEar<WorkerMessage>()] as const;
    worker.listen(ears[0]);
    master.link.listen(ears[1]);
    relay.hold();
    master.link.send({ kind: 'quit' });
    await until(() => ears.every(({ heard }) => heard.includes('interrupted')));
    relay.mend();
    await until(() => ears[0].heard.includes('quit') && ears[1].heard.includes('resumed'));
    expect(ears[0].heard.filter((what) => what === 'quit')).toHaveLength(1);
    worker.close();
  });

  test('is closed for good, with a reason, when there is no connection for the grace', async () => {
    await using master = await aMaster();
    await using relay = await Relay.open(master.port);
    const worker = await aWorkerOf({ port: relay.port, graceSeconds: 0.2 });
    const ear = anEar<MasterMessage>();
    worker.listen(ear);
    relay.refuse();
    await until(() => ear.heard.includes('closed'));
    expect(ear.closedBy[0]?.message).toMatch(/^the master at 127.0.0.1:\d+ cannot be reached: .*, for 0.2 s$/);
    worker.send({ kind: 'quit' });
    expect(worker.vitals.isUp).toBe(false);
    expect(master.link.vitals.isUp).toBe(false);
  });

  test('that is lost while it is closed still delivers what was sent before', async () => {
    await using master = await aMaster();
    await using relay = await Relay.open(master.port);
    const worker = await aWorkerOf({ port: relay.port });
    const ear = anEar<WorkerMessage>();
    master.link.listen(ear);
    relay.refuse();
    await until(() => ear.heard.includes('interrupted'));
    worker.send({ kind: 'quit' });
    worker.close();
    relay.mend();
    await until(() => ear.heard.includes('closed'));
    expect(ear.heard).toEqual(['interrupted', 'resumed', 'quit', 'closed']);
    expect(ear.closedBy).toEqual([undefined]);
  });

  test('leads to a master that was started anew: the worker says who it is, and numbers begin again', async () => {
    const first = await aMaster();
    await using relay = await Relay.open(first.port);
    let standing = 1;
    const worker = await aWorkerOf({ port: relay.port });
    const ear = anEar<MasterMessage>();
    worker.listen(ear);
    first.link.send({ kind: 'reset', period: 1 });
    await until(() => ear.messages.length === 1);
    worker.send({ kind: 'started', test: standing++ });
    relay.refuse();
    await until(() => ear.heard.includes('interrupted'));
    worker.send({ kind: 'started', test: standing++ });
    await using second = await aMaster();
    relay.mend(second.port);
    await until(() => ear.heard.includes('renewed'));
    worker.send({ kind: 'started', test: standing++ });
    const masterEar = anEar<WorkerMessage>();
    await until(() => second.joined.length === 1);
    second.link.listen(masterEar);
    second.link.send({ kind: 'reset', period: 2 });
    await until(() => ear.messages.length === 2 && masterEar.messages.length > 0);
    expect(ear.heard).toEqual(['reset', 'interrupted', 'renewed', 'reset']);
    expect(masterEar.messages).toEqual([{ kind: 'started', test: 3 }]);
    worker.close();
    await first.server.close();
  });

  test('that is lost while nobody listens at the master is no sign that this was started again', async () => {
    using log = captureLog();
    await using master = await aMaster();
    await using relay = await Relay.open(master.port);
    const worker = await aWorkerOf({ port: relay.port });
    const ear = anEar<MasterMessage>();
    worker.listen(ear);
    const joinedAnew = () => log.at('WARNING').filter((line) => line.includes('joined it anew'));
    relay.cut();
    await until(() => joinedAnew().length === 1);
    expect(joinedAnew()[0]).toMatch(/ and joined it anew: it had let nobody in yet$/);
    master.link.listen(anEar());
    master.link.send({ kind: 'reset', period: 1 });
    await until(() => ear.heard.includes('reset'));
    await using other = await aMaster();
    relay.mend(other.port);
    relay.cut();
    await until(() => joinedAnew().length === 2);
    expect(joinedAnew()[1]).toMatch(/ and joined it anew: it was started again, or had given this worker up$/);
    worker.close();
  });

  test('that is lost before the worker has been given its link tells nothing of a master that is gone', async () => {
    const first = await aMaster({ onWorker: (_, link) => link.send({ kind: 'reset', period: 1 }) });
    await using relay = await Relay.open(first.port);
    relay.delay(40); // the worker measures five round trips before it is given its link
    await using second = await aMaster({ onWorker: (_, link) => link.send({ kind: 'reset', period: 2 }) });
    const joining = aWorkerOf({ port: relay.port });
    await until(() => first.joined.length === 1);
    const before = relay.passed.toMaster;
    await until(() => relay.passed.toMaster > before, { what: 'the first of them' });
    relay.mend(second.port);
    relay.cut();
    const worker = await joining;
    const ear = anEar<MasterMessage>();
    worker.listen(ear);
    await until(() => ear.messages.some((message) => message.kind === 'reset' && message.period === 2));
    // should it have been given its link in time on a slow machine, it hears the whole story
    expect([['reset'], ['reset', 'interrupted', 'renewed', 'reset']]).toContainEqual(ear.heard);
    worker.close();
    await first.server.close();
  });
});

/** A worker whose master does not read: its socket is held at the relay. */
async function aStuckLink(limits: { maxKeptBytes?: number; maxBufferedBytes?: number }) {
  const master = await aMaster({ limits });
  const relay = await Relay.open(master.port);
  const worker = await aWorkerOf({ port: relay.port, limits });
  return {
    worker,
    relay,
    link: master.link,
    async [Symbol.asyncDispose]() {
      worker.close();
      await relay[Symbol.asyncDispose]();
      await master.server.close();
    },
  };
}

const sheet = { kind: 'custom', type: 'sheet', data: 'x'.repeat(100_000), nodeId: 'w' } as const;

describe('what a link keeps', () => {
  test.each(['worker', 'master'] as const)(
    'is bounded: a %s whose messages are not taken closes it with a reason that has the bound',
    async (side) => {
      await using stuck = await aStuckLink({ maxKeptBytes: 1_000_000 });
      const ends = { worker: stuck.worker, master: stuck.link };
      const closed: (Error | undefined)[] = [];
      const listener = { message: () => {}, closed: (reason?: Error) => void closed.push(reason) };
      ends[side].listen(listener);
      stuck.relay.hold();
      for (let at = 0; at < 12; at++) ends[side].send(sheet);
      await until(() => closed.length > 0);
      expect(closed[0]?.message).toMatch(/^\d{7} bytes wait for (worker|the master at) .*: at most 1000000 are kept$/);
      expect(ends[side].vitals.isUp).toBe(false);
    },
  );

  test('waits for the socket: no more than the bound is given to it at once, and all of it arrives', async () => {
    await using stuck = await aStuckLink({ maxBufferedBytes: 200_000 });
    const ear = anEar<WorkerMessage>();
    stuck.link.listen(ear);
    stuck.worker.listen(anEar());
    stuck.relay.hold();
    const { send } = WebSocket.prototype;
    const waiting: number[] = [];
    using _ = vi.spyOn(WebSocket.prototype, 'send').mockImplementation(function (this: WebSocket, ...given) {
      waiting.push(this.bufferedAmount);
      return Reflect.apply(send, this, given);
    });
    for (let at = 0; at < 300; at++) stuck.worker.send(sheet);
    await new Promise((resolve) => setImmediate(resolve));
    expect(waiting.length).toBeLessThan(200);
    stuck.relay.mend();
    await until(() => ear.messages.length === 300);
    expect(Math.max(...waiting)).toBeLessThan(350_000); // one message beyond the bound, and heartbeats
  });

  test('cannot be a message that the other end would refuse: the sender hears of it, and the link lives', async () => {
    await using master = await aMaster();
    const worker = await aWorkerOf({ port: master.port });
    const ear = anEar<WorkerMessage>();
    master.link.listen(ear);
    worker.listen(anEar());
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    const deep = Array.from({ length: 80 }).reduce<unknown>((inner) => [inner], 1);
    for (const data of [cyclic, deep, Symbol('s'), 2n ** 80n]) {
      expect(() => worker.send({ kind: 'custom', type: 't', data, nodeId: 'w' })).toThrow(/this cannot be sent: /);
      expect(() => master.link.send({ kind: 'custom', type: 't', data, nodeId: 'm' })).toThrow(/this cannot be sent: /);
    }
    expect(() => worker.send({ kind: 'custom', type: 't'.repeat(300), data: 1, nodeId: 'w' })).toThrow(
      /type must be a text of at most 256 characters/,
    );
    const huge = 'x'.repeat(33 * 1024 * 1024);
    expect(() => worker.send({ kind: 'custom', type: 't', data: huge, nodeId: 'w' })).toThrow(
      /a message of kind custom has \d+ bytes: at most 33554432 are sent/,
    );
    worker.send({ kind: 'quit' });
    await until(() => ear.messages.length > 0);
    expect(ear.heard).toEqual(['quit']);
    worker.close();
  });
});

describe('heartbeats', () => {
  test('give the worker the round trip, and the master hears of it', async () => {
    await using master = await aMaster();
    await using relay = await Relay.open(master.port);
    relay.delay(15);
    const worker = await aWorkerOf({ port: relay.port });
    expect(worker.vitals.roundTripMillis).toBeGreaterThan(28);
    master.link.listen({ message: () => master.link.send({ kind: 'heartbeat' }), closed: () => {} });
    worker.listen(anEar());
    const { roundTripMillis } = worker.vitals;
    worker.send({
      kind: 'heartbeat',
      state: 'ready',
      cpuPercent: 0,
      memoryBytes: 1,
      roundTripMillis: roundTripMillis ?? 0,
    });
    await until(() => master.link.vitals.roundTripMillis === roundTripMillis);
    worker.close();
  });

  test.each([
    ['an hour behind', -3600],
    ['an hour ahead', 3600],
    ['right', 0],
  ])('tell a worker whose clock is %s what time it is at the master', async (_, off) => {
    await using master = await aMaster();
    const now = () => (performance.timeOrigin + performance.now()) / 1000 + off;
    const worker = await aWorkerOf({ port: master.port, now });
    // half a round trip is what it may be wrong by
    const most = (worker.vitals.roundTripMillis ?? 0) / 1000 + 0.5;
    expect(Math.abs(worker.vitals.clockOffsetSeconds + off)).toBeLessThan(most);
    worker.close();
  });

  test('keep a link alive on which nothing else is said, and prove only what the master has answered', async () => {
    const limits = { silenceMillis: 1_000 };
    await using master = await aMaster({ limits });
    const worker = await aWorkerOf({ port: master.port, limits });
    const ears = [anEar<MasterMessage>(), anEar<WorkerMessage>()] as const;
    worker.listen(ears[0]);
    master.link.listen(ears[1]);
    const proven = worker.vitals.provenAt;
    const start = performance.now();
    await until(() => performance.now() - start > 3_000, { what: 'three times the silence that ends a link' });
    expect(ears.map(({ heard }) => heard)).toEqual([[], []]);
    expect(worker.vitals.provenAt).toBe(proven);
    worker.close();
  });
});
