/**
 * A day of a run in a few seconds: memory must not depend on how long it lasts, nor on how many different names and errors
 * the target and the locustfile come up with.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { IntervalRecorder } from '../../../src/stats/index.js';
import { TestRun } from './builders.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that the process holds for JavaScript, after a full collection. */
function held(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const seconds = 24 * 3600;
const sample = (id: number) => ({
  describeFailure: () => ({
    request: `GET /items/${id}`,
    requestHeaders: { accept: '*/*' },
    bodyHead: 'no item'.repeat(100),
  }),
});

/** One second of a service of a few names that fails every request with a text and a name of its own. */
function worstSecond(recorder: IntervalRecorder, second: number): void {
  for (let i = 0; i < 3; i++)
    recorder.entry('GET', `/known/${i}`).record(500 + ((second * 7919 + i * 104_729) % 2_000_000), 100);
  recorder
    .entry('GET', `/items/${second}`)
    .recordFailure(1000 + (second % 1000), 10, `item ${second} not found`, sample(second));
  recorder.entry('GET', '/known/0').recordFailure(1000, 10, `request ${second} failed`, sample(second));
}

test('memory is flat over 24 hours, with ever new names and errors', () => {
  const run = new TestRun({ maxNames: 100 });
  const hours = (from: number, to: number) => {
    for (let second = from * 3600; second < to * 3600; second++) {
      worstSecond(run.recorder, second);
      if (second % 60 === 0) {
        run.statistics.addException({ message: `${second}`, traceback: `Error: ${second}`, node: 'local' });
      }
      run.second();
    }
  };
  hours(0, 8); // every bound has been reached by now
  const after8 = held();
  hours(8, 24);
  const after24 = held();
  const { statistics } = run;
  expect(statistics.total.numRequests).toBe(seconds * 5);
  expect(statistics.total.numFailures).toBe(seconds * 2);
  expect(statistics.errors.reduce((sum, { occurrences }) => sum + occurrences, 0)).toBe(seconds * 2);
  expect(statistics.exceptions.reduce((sum, { count }) => sum + count, 0)).toBe(seconds / 60);
  expect(statistics.history.reduce((sum, point) => sum + point.seconds, 0)).toBeCloseTo(seconds, 3);
  expect(statistics.entries()).toHaveLength(101);
  expect(after24 - after8).toBeLessThan(2_000_000);
}, 180_000);
