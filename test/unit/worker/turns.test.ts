import { expect, test } from 'vitest';
import { epochSeconds } from '../../../src/clock.js';
import { until } from '../../until.js';
import { aWorker, counting } from './workers.js';

/** Its turn is 0.4 s after each second. */
const index = 800;

test('what a worker says while its report waits for its turn comes after the report, as it is newer', async () => {
  await using worker = await aWorker({ userClasses: [counting().Counting] });
  const { link } = worker;
  const setup = { run: 'run', userConfigs: [], equalWeights: false, maxNames: 10_000 };
  link.say({ kind: 'welcome', index, setup });
  await worker.begin();
  await worker.spawn({ Counting: 1 });
  await until(() => link.of('report').length > 1);
  await until(() => epochSeconds() % 1 > 0.1 && epochSeconds() % 1 < 0.25, { intervalMs: 1 });
  const second = Math.floor(epochSeconds());
  await worker.spawn({ Counting: 3 });
  const places = link.received.map((message, place) => {
    const isReport =
      message.kind === 'report' && Math.round(message.interval.startTime + message.interval.seconds) === second;
    return isReport || (message.kind === 'users' && message.step === 2) ? [place, message.userCounts] : [];
  });
  const [report, users, ...others] = places.filter((found) => found.length > 0);
  expect(others).toEqual([]);
  expect(report?.[1], 'of the report, taken at the second').toEqual({ Counting: 1 });
  expect(users?.[1]).toEqual({ Counting: 3 });
  await worker.stop();
});
