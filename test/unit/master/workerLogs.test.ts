import { expect, test } from 'vitest';
import { WorkerLogs } from '../../../src/master/workerLogs.js';

test('the last 500 lines of a worker are kept, as far as they have 200,000 characters together', () => {
  const logs = new WorkerLogs(false);
  const take = (worker: string, text: string) => logs.take(worker, [{ level: 'INFO', text }]);
  for (let line = 1; line <= 600; line++) take('short', `line ${line}`);
  expect(logs.of('short')).toHaveLength(500);
  expect(logs.of('short').at(-1)).toBe('line 600');
  for (let line = 1; line <= 100; line++) take('long', `${line}`.padEnd(16_000, '.'));
  expect(logs.of('long').map((text) => parseInt(text, 10))).toEqual([89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
  expect(logs.of('unknown')).toEqual([]);
});

test('of all workers there are 50 million characters: those that went first make room, and then those that were quiet for longest', () => {
  const logs = new WorkerLogs(false);
  const line = { level: 'INFO', text: 'x'.repeat(10_000) };
  const take = (worker: string) => logs.take(worker, Array(20).fill(line));
  const has = (...workers: number[]) => workers.map((worker) => logs.of(`w${worker}`).length);
  for (let worker = 0; worker < 240; worker++) take(`w${worker}`);
  logs.left('w5');
  logs.left('w2');
  for (let worker = 240; worker < 248; worker++) take(`w${worker}`);
  expect(has(5, 2, 0, 247), 'there is room for 248').toEqual([20, 20, 20, 20]);
  take('w248');
  expect(has(5, 2, 0, 248)).toEqual([0, 20, 20, 20]);
  take('w2');
  logs.left('w2');
  take('w249');
  expect(has(2, 0, 1, 249), 'it had come back, and went once more').toEqual([0, 20, 20, 20]);
  take('w0');
  take('w250');
  expect(has(0, 1, 3, 250)).toEqual([20, 0, 20, 20]);
});
