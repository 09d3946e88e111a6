import { expect, test } from 'vitest';
import { Outbox } from '../../../../src/link/locust/outbox.js';

test('messages leave one after the other; one that is not taken is handed back, and the rest goes on', async () => {
  const taken: number[] = [];
  const refused: [string, number][] = [];
  let underWay = 0;
  const outbox = new Outbox<number>(
    async (message) => {
      expect(++underWay).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      if (message === 2) throw new Error('full');
      taken.push(message);
    },
    (thrown, message) => refused.push([String(thrown), message]),
  );
  for (const message of [1, 2, 3]) outbox.push(message);
  await outbox.flushed();
  expect([taken, refused]).toEqual([[1, 3], [['Error: full', 2]]]);
  outbox.push(4);
  await outbox.flushed();
  expect(taken).toEqual([1, 3, 4]);
});

test('of more than 10,000 that wait the oldest are dropped', async () => {
  const taken: number[] = [];
  const outbox = new Outbox<number>(
    async (message) => {
      taken.push(message);
    },
    () => {},
  );
  for (let message = 0; message < 10_004; message++) outbox.push(message);
  await outbox.flushed();
  expect([taken.length, taken.slice(0, 2)]).toEqual([10_001, [0, 4]]);
});
