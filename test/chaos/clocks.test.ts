/** Machines whose clocks are wrong. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folder } from '../e2e/tsload.js';
import type { Ended } from './ending.js';
import { withClock, withClockOf } from './faketime.js';
import { countsOf } from './hits.js';
import { patiently, Scenario } from './scenario.js';
import { expectNothingLost, transcript } from './verdicts.js';

describe.skipIf(process.env['CHAOS_SKIP'])('while a test runs', { concurrent: true }, () => {
  test('clocks of workers are an hour fast, an hour slow, and jump: nothing is lost, and seconds line up', async () => {
    const clock = join(folder(), 'clock');
    const setClock = (offset: string) => {
      writeFileSync(`${clock}.new`, offset);
      renameSync(`${clock}.new`, clock); // nobody reads half of it
    };
    setClock('+0');
    const clocks = [withClock('+3600'), withClock('-3600'), withClockOf(clock)];
    using scenario = await Scenario.begin({ workerEnv: (index) => clocks[index] ?? {} });
    await scenario.goesOn();
    setClock('+3600');
    await scenario.goesOn(150);
    const ended = await scenario.end();
    expectNothingLost(ended);
    expect(ended.workers[0]?.stderr.slice(0, 16), 'the time in the log of the first worker').not.toBe(
      ended.master.stderr.slice(0, 16),
    );
    expectSecondsToAgree(ended);
  });

  test('the clock of the master is an hour fast: its seconds are those of all, and nothing is lost', async () => {
    using scenario = await Scenario.begin({ masterEnv: withClock('+3600') });
    await scenario.goesOn(100);
    const ended = await scenario.end();
    expectNothingLost(ended);
    expectSecondsToAgree(ended, 3600);
  });

  test('a worker with a wrong clock loses its master, which is resumed: seconds line up all the same', async () => {
    const clocks = [withClock('+3600'), {}, withClock('-3600')];
    using scenario = await Scenario.begin({
      master: '--csv out/x',
      worker: patiently,
      workerEnv: (index) => clocks[index] ?? {},
    });
    await scenario.goesOn();
    scenario.master.signal('SIGKILL');
    await scenario.goesOn();
    await scenario.resume('out/x_journal.tsload');
    await scenario.goesOn();
    const ended = await scenario.end();
    expectNothingLost(ended);
    expectSecondsToAgree(ended);
  });
});

/** Requests by second are those of the target, but for those that were on a second's edge. `ahead`: seconds of the master's clock. */
function expectSecondsToAgree(ended: Ended, ahead = 0): void {
  for (const entry of ended.entries) {
    const own = ended.hits.filter(({ worker }) => worker === entry.name);
    const seen = countsOf(own.map(({ at }) => String(Math.floor(at + ahead))));
    for (const second of [...Object.keys(seen), ...Object.keys(entry.num_reqs_per_sec)].map(Number)) {
      // what was counted until then, in either book: never further apart than a second's requests, and one of each of two users
      // that was under way while the worker stood still
      const [here, there] = [upTo(entry.num_reqs_per_sec, second), upTo(seen, second)];
      const around = upTo(seen, second + 1) - upTo(seen, second - 2) + 2;
      expect(Math.abs(here - there), `${entry.name} at ${second}\n${transcript(ended)}`).toBeLessThanOrEqual(around);
    }
    expect(upTo(entry.num_reqs_per_sec, Number.POSITIVE_INFINITY)).toBe(own.length);
  }
}

function upTo(counts: Readonly<Record<string, number>>, second: number): number {
  return Object.entries(counts).reduce((sum, [key, count]) => (Number(key) <= second ? sum + count : sum), 0);
}
