/** A link that is there all the time, and bad. */
import { describe, expect, test } from 'vitest';
import { until } from '../until.js';
import { connectBadly, type Passed, type Weather } from './badCable.js';
import { Scenario } from './scenario.js';
import { expectNothingLost } from './verdicts.js';

const bad = { delayMillis: 60, lostShare: 0.1, lateShare: 0.1, lateMillis: 80 };
const awful = { delayMillis: 20, lostShare: 0.4, lateShare: 0, lateMillis: 0 };

/** A scenario whose first worker has a bad cable, and what that cable did. */
class Storm {
  passed: Passed = { frames: 0, lost: 0, late: 0 };

  begin(weather: Weather): Promise<Scenario> {
    const told = (passed: Passed) => {
      this.passed = passed;
    };
    return Scenario.begin({
      connect: (machine, index) =>
        index === 0 ? connectBadly(machine, weather, told) : machine.host.connect('control'),
    });
  }
}

describe.skipIf(process.env['CHAOS_SKIP'] ?? process.env['CHAOS_NO_TAPS'])(
  'while a test runs',
  { concurrent: true },
  () => {
    test('packets are late, lost and reordered: nothing is lost of the numbers', async () => {
      const storm = new Storm();
      using scenario = await storm.begin(bad);
      await until(() => storm.passed.lost > 20 && storm.passed.late > 20, { timeoutMs: 90_000 });
      await scenario.hasUsers(6);
      const ended = await scenario.end();
      expectNothingLost(ended);
      expect(ended.workers.map(({ code }) => code)).toEqual([0, 0, 0]);
    });

    test('four in ten packets are lost, so that the link may break again and again: nothing is lost of the numbers', async () => {
      const storm = new Storm();
      using scenario = await storm.begin(awful);
      await until(() => storm.passed.lost > 60, { timeoutMs: 90_000 });
      expectNothingLost(await scenario.end());
    });
  },
);
