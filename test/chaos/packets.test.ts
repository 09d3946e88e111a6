/** A link that is there all the time, and bad. */
import { describe, expect, test } from 'vitest';
import { until } from '../until.js';
import { BadCable } from './badCable.js';
import { patiently, Scenario } from './scenario.js';
import { expectNothingLost } from './verdicts.js';
import { fair, type Weather } from './weather.js';

const bad: Weather = { delayMillis: 60, lostShare: 0.1, lateShare: 0.1, lateMillis: 80 };
const awful: Weather = { delayMillis: 20, lostShare: 0.4, lateShare: 0, lateMillis: 0 };

/** As bad, but for the loss, for the end: a master goes five seconds after its last word, whether the worker has heard it or not. */
const bearable: Weather = { ...bad, lostShare: 0.03 };

/** A scenario whose first worker has the bad cable, with this weather from the first packet on. `worker`: options of all workers. */
async function begin(weather: Weather, worker = ''): Promise<{ scenario: Scenario; cable: BadCable }> {
  const cables: BadCable[] = [];
  const scenario = await Scenario.begin({
    worker,
    connect: async (machine, index) => {
      if (index > 0) return machine.host.connect('control');
      const cable = await BadCable.connect(machine);
      cable.become(weather);
      cables.push(cable);
    },
  });
  return { scenario, cable: cables[0]! };
}

describe.skipIf(process.env['CHAOS_SKIP'] ?? process.env['CHAOS_NO_TAPS'])(
  'while a test runs',
  { concurrent: true },
  () => {
    test('packets are late, lost and reordered: nothing is lost of the numbers', async () => {
      const { scenario, cable } = await begin(bad);
      using _ = scenario;
      await until(() => cable.passed.lost > 20 && cable.passed.late > 20, { timeoutMs: 200_000 });
      await scenario.hasUsers(6);
      cable.become(bearable);
      const ended = await scenario.end();
      expectNothingLost(ended);
      expect(ended.workers.map(({ code }) => code)).toEqual([0, 0, 0]);
    });

    // fair at both ends: with such a loss nobody can say how long it takes until a worker has joined, or has its last report through
    test('four in ten packets are lost, so that the link may break again and again: nothing is lost of the numbers', async () => {
      const { scenario, cable } = await begin(fair, patiently);
      using _ = scenario;
      cable.become(awful);
      await until(() => cable.passed.lost > 60, { timeoutMs: 200_000 });
      cable.become(fair);
      expectNothingLost(await scenario.end());
    });
  },
);
