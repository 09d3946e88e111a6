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

const all = ['message', 'interrupted', 'resumed', 'closed'] as const;
const thrower = all.flatMap((which) => [
  { which, when: 'before the link is over' },
  { which, when: 'when it is over already' },
]);

test.each(thrower)(
  'a listener that throws out of $which, $when: it is said, and nothing more told but the end',
  async ({ which, when }) => {
    using log = captureLog();
    const told: string[] = [];
    const faults: unknown[] = [];
    const listener: Required<Omit<LinkListener<string>, 'renewed'>> = {
      message: () => void told.push('message'),
      interrupted: () => void told.push('interrupted'),
      resumed: () => void told.push('resumed'),
      closed: () => void told.push('closed'),
    };
    const delivery = new Delivery<string>((thrown) => {
      faults.push(thrown);
      delivery.closed();
    });
    delivery.listen({ ...listener, [which]: fails });
    delivery.message('m');
    delivery.interrupted('gone');
    delivery.resumed();
    if (which === 'closed' || when === 'when it is over already') delivery.closed();
    const before = all.slice(0, all.indexOf(which));
    await until(() => faults.length === 1 && (which === 'closed' || told.includes('closed')));
    expect(told).toEqual(which === 'closed' ? before : [...before, 'closed']);
    expect(log.at('ERROR')).toEqual([
      expect.stringMatching(/^what came over a link could not be handled: Error: the master has a fault/),
    ]);
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
