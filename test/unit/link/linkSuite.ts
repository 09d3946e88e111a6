/**
 * What every body of a link does between a worker and a master: `linkSuite(name, open)`.
 */
import { describe, expect, test } from 'vitest';
import type { MasterEnd, MasterMessage, WorkerEnd, WorkerMessage } from '../../../src/link/index.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { anEar } from './webSocket/ends.js';

export interface OpenedLink extends AsyncDisposable {
  readonly master: MasterEnd;
  readonly worker: WorkerEnd;
}

const heartbeat: WorkerMessage = { kind: 'heartbeat', state: 'ready', cpuPercent: 1, memoryBytes: 1 };

export function linkSuite(name: string, open: () => Promise<OpenedLink>): void {
  describe(`a link ${name}`, () => {
    test('delivers every message once and in order, both ways at once', async () => {
      await using link = await open();
      const [masterEar, workerEar] = [anEar<WorkerMessage>(), anEar<MasterMessage>()];
      link.master.listen(masterEar);
      link.worker.listen(workerEar);
      const numbers = Array.from({ length: 2_000 }, (_, at) => at);
      for (const at of numbers) {
        link.master.send({ kind: 'reset', period: at });
        link.worker.send({ kind: 'started', test: at });
        if (at % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await until(() => masterEar.messages.length >= 2_000 && workerEar.messages.length >= 2_000);
      expect(masterEar.messages).toEqual(numbers.map((at) => ({ kind: 'started', test: at })));
      expect(workerEar.messages).toEqual(numbers.map((at) => ({ kind: 'reset', period: at })));
    });

    test('delivers nothing inside send and close', async () => {
      await using link = await open();
      const [masterEar, workerEar] = [anEar<WorkerMessage>(), anEar<MasterMessage>()];
      link.master.listen(masterEar);
      link.worker.listen(workerEar);
      link.master.send({ kind: 'quit' });
      link.master.close();
      expect([masterEar.heard, workerEar.heard]).toEqual([[], []]);
      await until(() => workerEar.heard.includes('closed') && masterEar.heard.includes('closed'));
    });

    test('keeps what came before somebody listened', async () => {
      await using link = await open();
      for (let period = 0; period < 1_000; period++) link.master.send({ kind: 'reset', period });
      const early = anEar<WorkerMessage>();
      link.worker.send({ kind: 'quit' });
      link.master.listen(early);
      await until(() => early.messages.length === 1);
      const late = anEar<MasterMessage>();
      link.worker.listen(late);
      await until(() => late.messages.length === 1_000);
      expect(late.messages.at(-1)).toEqual({ kind: 'reset', period: 999 });
    });

    test.each(['master', 'worker'] as const)(
      'closed by its %s is closed once at both ends, after what was sent before, and takes nothing any more',
      async (closing) => {
        await using link = await open();
        const ears = { master: anEar<WorkerMessage>(), worker: anEar<MasterMessage>() };
        link.master.listen(ears.master);
        link.worker.listen(ears.worker);
        link.master.send({ kind: 'quit' });
        link.worker.send({ kind: 'quit' });
        link[closing].close();
        link[closing].close();
        link.master.send({ kind: 'quit' });
        await until(() => ears.master.heard.includes('closed') && ears.worker.heard.includes('closed'));
        link.master.send({ kind: 'quit' });
        link.worker.send({ kind: 'quit' });
        link.master.close();
        link.worker.close();
        await new Promise((resolve) => setImmediate(resolve));
        const other = closing === 'master' ? 'worker' : 'master';
        expect(ears[other].heard.slice(0, 1)).toEqual(['quit']);
        for (const { heard, closedBy } of Object.values(ears)) {
          expect(heard.at(-1)).toBe('closed');
          expect(closedBy).toEqual([undefined]);
        }
        expect(link.worker.vitals.isUp).toBe(false);
      },
    );

    test('closed by both at once is closed once at both ends', async () => {
      await using link = await open();
      const ears = [anEar<WorkerMessage>(), anEar<MasterMessage>()] as const;
      link.master.listen(ears[0]);
      link.worker.listen(ears[1]);
      link.master.close();
      link.worker.close();
      await until(() => ears.every(({ closedBy }) => closedBy.length > 0));
      expect(ears.map(({ closedBy }) => closedBy)).toEqual([[undefined], [undefined]]);
    });

    test('whose listener throws is closed at both ends with a reason, and the fault is logged', async () => {
      using log = captureLog();
      await using link = await open();
      const ear = anEar<MasterMessage>();
      const closed: (Error | undefined)[] = [];
      link.worker.listen(ear);
      link.master.listen({
        message() {
          throw new TypeError('a bug of the test');
        },
        closed: (reason) => void closed.push(reason),
      });
      link.worker.send({ kind: 'quit' });
      await until(() => closed.length > 0 && ear.closedBy.length > 0);
      expect(closed).toEqual([expect.objectContaining({ code: 'CONNECTION' })]);
      expect(ear.closedBy).toEqual([expect.objectContaining({ code: 'CONNECTION' })]);
      expect(log.at('ERROR').filter((line) => line.includes('a bug of the test'))).toHaveLength(1);
    });

    test('carries what custom messages have in them', async () => {
      await using link = await open();
      const ear = anEar<WorkerMessage>();
      link.master.listen(ear);
      const data = {
        text: 'grün',
        list: [1, -2.5, null, true],
        deep: { bytes: Buffer.from('abc') },
        when: new Date(0),
      };
      link.worker.send({ kind: 'custom', type: 'mine', data, nodeId: 'w' });
      await until(() => ear.messages.length === 1);
      expect(ear.messages).toEqual([{ kind: 'custom', type: 'mine', data, nodeId: 'w' }]);
    });

    test('proves that the other end was there when a heartbeat was answered', async () => {
      await using link = await open();
      link.master.listen({
        message: ({ kind }) => kind === 'heartbeat' && link.master.send({ kind: 'heartbeat' }),
        closed: () => {},
      });
      const ear = anEar<MasterMessage>();
      link.worker.listen(ear);
      const before = performance.now();
      link.worker.send(heartbeat);
      await until(() => ear.messages.some(({ kind }) => kind === 'heartbeat'));
      expect(link.worker.vitals.provenAt).toBeGreaterThanOrEqual(before);
      expect(link.worker.vitals.isUp).toBe(true);
      expect(link.worker.vitals.roundTripMillis).toBeGreaterThanOrEqual(0);
    });
  });
}
