import { expect, test } from 'vitest';
import { task, User } from '../../../src/users/index.js';
import { RepeatedFaults } from '../../../src/users/repeatedFaults.js';
import { anEnvironment } from '../../builders.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';

test('the same fault is logged ten times, then at every tenfold', () => {
  const faults = new RepeatedFaults();
  const lines = Array.from({ length: 100_000 }, () => faults.lineFor('boom')).filter((line) => line !== undefined);
  expect(lines).toHaveLength(14);
  expect(lines[8]).toBe('boom');
  expect(lines[9]).toContain('boom\n(10 times by now');
  expect(lines.slice(10)).toEqual([100, 1000, 10_000, 100_000].map((count) => `boom\n(${count} times by now)`));
});

test('ever new texts are all logged, and an old one counts anew after a thousand others', () => {
  const faults = new RepeatedFaults();
  for (let i = 0; i < 50; i++) faults.lineFor('old');
  for (let i = 0; i < 2000; i++) expect(faults.lineFor(`new ${i}`)).toBe(`new ${i}`);
  expect(faults.lineFor('old')).toBe('old');
});

test('a task that always throws leaves few lines, and every exception is counted', async () => {
  using log = captureLog();
  const environment = anEnvironment();
  let runs = 0;
  class Broken extends User {
    @task work() {
      runs++;
      throw new Error('always');
    }
  }
  const user = new Broken(environment);
  const over = user.start();
  await until(() => runs > 150);
  user.stop(true);
  await over;
  const lines = log.at('ERROR').filter((line) => line.includes('always'));
  expect(lines.length).toBe(11);
});
