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
