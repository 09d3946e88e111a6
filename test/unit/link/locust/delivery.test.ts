import { expect, test } from 'vitest';
import { ConnectionError } from '../../../../src/errors.js';
import type { LinkListener } from '../../../../src/link/link.js';
import { Delivery } from '../../../../src/link/locust/delivery.js';
import { ForeignWorker } from '../../../../src/link/locust/foreignWorker.js';
import type { WorkerMessage } from '../../../../src/link/messages.js';
import { captureLog } from '../../../capturedLog.js';
import { until } from '../../../until.js';

const fails = (): never => {
  throw new Error('the master has a fault');
};

test.each(['message', 'interrupted', 'resumed', 'closed'] as const)(
  'a listener that throws out of %s is said, and what comes after it is told',
  async (which) => {
    using log = captureLog();
    const told: string[] = [];
    const faults: unknown[] = [];
    const listener: Required<Omit<LinkListener<string>, 'renewed'>> = {
      message: () => void told.push('message'),
      interrupted: () => void told.push('interrupted'),
      resumed: () => void told.push('resumed'),
      closed: () => void told.push('closed'),
    };
    const delivery = new Delivery<string>((thrown) => faults.push(thrown));
    delivery.listen({ ...listener, [which]: fails });
    delivery.message('m');
    delivery.interrupted('gone');
    delivery.resumed();
    delivery.closed();
    const all = ['message', 'interrupted', 'resumed', 'closed'];
    await until(() => told.length === 3 && faults.length === 1);
    expect(told).toEqual(all.filter((each) => each !== which));
    expect(log.at('ERROR')[0]).toMatch(/^what came over a link could not be handled: Error: the master has a fault/);
  },
);

test('a worker of Locust whose interruption cannot be handled is closed, and concerns no other', async () => {
  using _ = captureLog();
  let isGone = false;
  const worker = new ForeignWorker('w', {
    userClasses: () => [],
    secretOptions: new Set(),
    reportsWhileIdle: true,
    stopSeconds: 1,
    leaveSeconds: 1,
    lastReportSeconds: 1,
    send: () => {},
    gone: () => {
      isGone = true;
    },
  });
  let reason: Error | undefined;
  const listener: LinkListener<WorkerMessage> = {
    message: () => {},
    interrupted: fails,
    closed: (why) => {
      reason = why;
    },
  };
  worker.listen(listener);
  worker.interrupt('its connection is lost');
  await until(() => reason !== undefined);
  expect(reason).toBeInstanceOf(ConnectionError);
  expect(isGone).toBe(true);
});
