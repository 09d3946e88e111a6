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

test('of more than 2,000 workers the lines of those are kept that said something last', () => {
  const logs = new WorkerLogs(false);
  const take = (worker: string) => logs.take(worker, [{ level: 'INFO', text: 'line' }]);
  for (let worker = 0; worker < 2_000; worker++) take(`w${worker}`);
  take('w0');
  take('new');
  expect(['w0', 'w1', 'w2', 'new'].map((worker) => logs.of(worker).length)).toEqual([2, 0, 1, 1]);
});
