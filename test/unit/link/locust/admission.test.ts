/** Peers of Locust's port without end: none can bring a master's memory or its log out of bounds. */
import { describe, expect, test } from 'vitest';
import { Admission } from '../../../../src/link/locust/admission.js';
import { captureLog } from '../../../capturedLog.js';
import { until } from '../../../until.js';
import { OurMaster, type ScriptedWorker } from './scriptedWorker.js';

describe('the rule', () => {
  const limits = { maxWorkers: 10, beginningsAtOnce: 20, beginningsPerSecond: 2 };

  test('lets in as many as there is room for', () => {
    const admission = new Admission(limits, 100);
    expect(admission.refusal(9, 100)).toBeUndefined();
    expect(admission.refusal(10, 100)).toMatch(/^there are 10 workers of Locust's protocol already$/);
  });

  test('lets in as many at once as the stock has, and then no more than it gains, which is never more than it was', () => {
    const admission = new Admission(limits, 100);
    const begin = (now: number) =>
      Array.from({ length: 50 }, () => admission.refusal(0, now)).filter((why) => !why).length;
    expect([begin(100), begin(100.4), begin(100.6), begin(102.9), begin(10_000)]).toEqual([20, 0, 1, 4, 20]);
    expect(admission.refusal(0, 10_000)).toMatch(/^more than 20 workers .* begun, and faster than 2 a second$/);
  });
});

/** Registers, and is still unknown after that. */
async function refused(peer: ScriptedWorker, version = '2.47.0'): Promise<void> {
  await peer.say('client_ready', version);
  await peer.say('heartbeat', { state: 'ready', current_cpu_usage: 1 });
  await peer.next('stop');
}

test('of more workers than there may be the first are taken, one line says so, and another one is when one has left', async () => {
  using log = captureLog();
  await using master = await OurMaster.open({ admission: { maxWorkers: 3 } });
  const first = await master.worker();
  await master.worker();
  await master.worker();
  const others = Array.from({ length: 20 }, () => master.peer());
  for (const peer of others) await refused(peer, '2.40.0');
  await first.peer.say('client_ready', '2.47.0'); // it is in, and stays
  await first.peer.next('ack', 1);
  expect(master.workers).toHaveLength(3);
  const late = master.peer('host_late');
  await first.peer.say('quit', null);
  await first.heard.next('quit');
  await until(
    async () => {
      await late.say('client_ready', '2.47.0');
      return master.workers.length === 4;
    },
    { intervalMs: 100 },
  );
  expect(master.workers[3]?.hello.worker).toBe('host_late');
  const lines = log.at('WARNING').filter((line) => !line.startsWith('listening'));
  expect(lines).toEqual([
    expect.stringMatching(
      /^host_3 is not let in for now, nor are others: there are 3 workers of Locust's protocol already$/,
    ),
  ]);
});

test('a worker that there was no room for, however often it came, is let in as soon as there is', async () => {
  using _ = captureLog();
  await using master = await OurMaster.open({ admission: { maxWorkers: 1 } });
  const first = await master.worker();
  const patient = master.peer('host_patient');
  await refused(patient);
  for (let at = 0; at < 20; at++) await patient.say('client_ready', '2.47.0');
  await patient.say('locustfile', null); // is answered when all before it is read
  await patient.next('locustfile');
  await first.peer.say('quit', null);
  await first.heard.next('quit');
  await patient.say('client_ready', '2.47.0');
  await until(() => master.workers.length === 2, { timeoutMs: 3_000 });
  expect(master.workers[1]?.hello.worker).toBe('host_patient');
});

test('workers that come and go without end are let in at a pace, whatever names they take', async () => {
  await using master = await OurMaster.open({ admission: { beginningsAtOnce: 5, beginningsPerSecond: 0.001 } });
  for (let at = 0; at < 12; at++) {
    const peer = master.peer(`host_${at}`);
    if (at >= 5) {
      await refused(peer);
      continue;
    }
    await peer.say('client_ready', '2.47.0');
    await until(() => master.workers.length === at + 1);
    await peer.say('quit', null);
    await master.workers[at]?.next('quit');
  }
  expect(master.workers.map(({ hello }) => hello.worker)).toEqual([0, 1, 2, 3, 4].map((at) => `host_${at}`));
});

test('bad messages of peers without end make as many lines as peers are remembered, and one more', async () => {
  using log = captureLog();
  await using master = await OurMaster.open({ maxRemembered: 5 });
  for (let at = 0; at < 12; at++) {
    const peer = master.peer(`stranger_${at}`);
    await peer.sayBytes(Buffer.from('no message'));
    await peer.say('client_ready', null); // of Locust 1: refused, which is a line as well
  }
  const { peer } = await master.worker();
  await peer.say('heartbeat', { state: 'ready', current_cpu_usage: 1 });
  await peer.next('heartbeat');
  await until(() => log.at('WARNING').some((line) => line.endsWith('of others there is no line')));
  const lines = [...log.at('WARNING'), ...log.at('ERROR')].filter((line) => !line.startsWith('listening'));
  expect(lines).toHaveLength(5 + 1);
});
