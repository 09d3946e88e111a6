import { afterEach, expect, test } from 'vitest';
import { epochSeconds, ownEpochSeconds, setClockOffset } from '../../../src/clock.js';
import { until } from '../../until.js';
import { aWorker, counting } from './workers.js';

afterEach(() => setClockOffset(0));

test("a worker whose clock is an hour behind its master's reports in the master's seconds", async () => {
  await using worker = await aWorker({ userClasses: [counting().Counting] });
  worker.link.clockOffsetSeconds = 3600;
  await until(() => epochSeconds() - ownEpochSeconds() > 3599);
  worker.welcome();
  await worker.begin();
  await worker.spawn({ Counting: 1 });
  await until(() => worker.link.of('report').some(({ interval }) => interval.entries.length > 0));
  for (const { interval } of worker.link.of('report')) {
    expect(Math.abs(interval.startTime - (ownEpochSeconds() + 3600))).toBeLessThan(60);
  }
  await worker.stop();
});
