import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { MasterEnd, MasterMessage, WorkerEnd } from '../../../../src/link/index.js';
import { captureLog } from '../../../capturedLog.js';
import { until } from '../../../until.js';
import { aMaster, anEar, aWorkerOf } from './ends.js';
import { Relay } from './relay.js';

const wraps = ['TCPSocketWrap', 'TCPServerWrap', 'Timeout', 'TLSWrap'];
const held = () => process.getActiveResourcesInfo().filter((name) => wraps.includes(name)).length;

describe('after its end a link', () => {
  test('has left no timer, no socket and no listener on the signal, however it ended', async () => {
    const before = held();
    const abort = new AbortController();
    const ends: ((worker: WorkerEnd, master: MasterEnd, relay: Relay) => void)[] = [
      (worker) => worker.close(),
      (_, master) => master.close(),
      (_, __, relay) => relay.refuse(),
      (worker, _, relay) => {
        relay.refuse();
        worker.close();
      },
    ];
    for (const end of ends) {
      await using master = await aMaster();
      await using relay = await Relay.open(master.port);
      const worker = await aWorkerOf({
        port: relay.port,
        graceSeconds: 0.05,
        signal: abort.signal,
        limits: { closeMillis: 100 },
      });
      const ear = anEar<MasterMessage>();
      worker.listen(ear);
      master.link.listen(anEar());
      end(worker, master.link, relay);
      await until(() => ear.closedBy.length === 1);
    }
    await until(() => held() <= before, { what: 'everything is gone' });
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  test('that was never made has left nothing either, and says why it was given up', async () => {
    using log = captureLog();
    const before = held();
    const abort = new AbortController();
    const joining = aWorkerOf({ port: 1, signal: abort.signal });
    await until(() => log.at('INFO').some((line) => /cannot be reached: nobody listens there/.test(line)));
    abort.abort(new Error('the test has seen enough'));
    await expect(joining).rejects.toThrow('the test has seen enough');
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
    await expect(aWorkerOf({ port: 1, signal: abort.signal })).rejects.toThrow('the test has seen enough');
    await until(() => held() <= before, { what: 'everything is gone' });
  });

  test('[137] a worker that finds no master gives up in time, and says what it tried', async () => {
    await expect(aWorkerOf({ port: 1, connectSeconds: 0.05 })).rejects.toThrow(
      'the master at 127.0.0.1:1 cannot be reached: nobody listens there, for 0.05 s',
    );
  });

  test('a master that is closed ends the links that it has, each after what was sent', async () => {
    const master = await aMaster();
    const worker = await aWorkerOf({ port: master.port });
    const ear = anEar<MasterMessage>();
    worker.listen(ear);
    master.link.send({ kind: 'quit' });
    await Promise.all([master.server.close(), master.server.close()]);
    await until(() => ear.heard.includes('closed'));
    expect(ear.heard).toEqual(['quit', 'closed']);
  });
});
