import { expect, test } from 'vitest';
import { Dispatcher } from '../../../src/master/dispatcher.js';
import { Ramp } from '../../../src/master/ramp.js';
import { until } from '../../until.js';

/** With about two steps a second, the most there are. */
function aRamp(stepped: () => void): Ramp {
  const spawnRate = 1.99;
  const dispatcher = new Dispatcher(['w'], [{ name: 'A', weight: 1, fixedCount: 0 }]);
  dispatcher.newDispatch(100, spawnRate);
  return new Ramp(dispatcher, spawnRate, 0, { step: stepped });
}

test('a ramp that is cancelled from within a step takes no other', async () => {
  let [steps, others] = [0, 0];
  const cancelled = aRamp(() => {
    steps++;
    cancelled.cancel();
  });
  const other = aRamp(() => {
    others++;
  });
  cancelled.begin();
  other.begin();
  await until(() => others > 1);
  other.cancel();
  expect(steps).toBe(1);
});
