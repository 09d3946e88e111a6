import { expect, test } from 'vitest';
import { Environment } from '../../../src/environment/index.js';
import { TestEvents } from '../../../src/events/index.js';
import { WorkerTestEvents } from '../../../src/worker/testEvents.js';

test.each([
  ['a master', (environment: Environment) => new TestEvents(environment, () => {})],
  ['a worker', (environment: Environment) => new WorkerTestEvents(environment, true, () => {})],
])('an end within the end of another test is not the end of both: on %s', async (_, make) => {
  const environment = new Environment({ userClasses: [] });
  const events = make(environment);
  const seen: boolean[] = [];
  let isNested = false;
  environment.events.testStop.addListener(async () => {
    if (isNested) return;
    isNested = true;
    await events.testStop();
    seen.push(events.isTellingEnd);
  });
  await events.testStop();
  expect(seen).toEqual([true]);
  expect(events.isTellingEnd).toBe(false);
});
