/** Processes that stand still for a while, as on a machine that is overloaded, debugged or asleep. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Ended } from './ending.js';
import { byWorker, type Hit, pauseSeconds } from './hits.js';
import { graceOf, Scenario } from './scenario.js';
import { expectLossOf, expectNothingLost } from './verdicts.js';

/** The scenario itself: it is this long that the process stands still. */
const frozenMillis = 10_000;

/** As if the target had not seen these, nor anybody missed them. */
function without(ended: Ended, late: readonly Hit[]): Ended {
  const counts = byWorker(late);
  const missing = Object.entries(ended.missing).map(([id, count]) => [id, count - (counts[id] ?? 0)] as const);
  return { ...ended, missing: Object.fromEntries(missing), hits: ended.hits.filter((hit) => !late.includes(hit)) };
}

/** When the log of a worker says that it is lost, in seconds since 1970. */
function foundOutAt(stderr = ''): number {
  const [, day, time, millis] = /^\[(\S+) (\S+),(\d+)\] \S+\/ERROR\//m.exec(stderr) ?? [];
  return Date.parse(`${day}T${time}.${millis}`) / 1000;
}

describe.skipIf(process.env['CHAOS_SKIP'])('while a test runs', { concurrent: true }, () => {
  test('a worker stands still for 10 s: it is missing, comes back with its users, and nothing is lost', async () => {
    using scenario = await Scenario.begin();
    await scenario.goesOn();
    const id = scenario.idOf(0);
    scenario.workers[0]?.signal('SIGSTOP');
    await sleep(frozenMillis);
    await scenario.hasUsers(4);
    scenario.workers[0]?.signal('SIGCONT');
    await scenario.master.sees(new RegExp(`worker ${id} is back`));
    await scenario.hasUsers(6);
    const ended = await scenario.end();
    expectNothingLost(ended);
    expect(ended.master.stderr).toMatch(
      new RegExp(`worker ${id} is missing \\(nothing was heard of it for 5 seconds\\)`),
    );
  });

  test('a worker stands still for longer than its grace: others have its users, and it ends when it finds that out', async () => {
    using scenario = await Scenario.begin({ workerEnv: graceOf(2, 4) });
    await scenario.goesOn();
    const id = scenario.idOf(2);
    scenario.workers[2]?.signal('SIGSTOP');
    const at = Date.now() / 1000;
    await scenario.hasUsers(6, id);
    const wokeAt = Date.now() / 1000;
    scenario.workers[2]?.signal('SIGCONT');
    const gaveUp = await scenario.workers[2]?.finished;
    expect(gaveUp?.code).toBe(255);
    await scenario.goesOn();
    const ended = await scenario.end();
    const late = ended.hits.filter((hit) => hit.worker === id && hit.at > at + 5);
    const pauses = Math.floor((foundOutAt(gaveUp?.stderr) - wokeAt) / pauseSeconds); // none, unless the machine is very busy
    expect(late.length, 'tasks that began before it found out, at most one of each of its users').toBeLessThanOrEqual(
      2 * (1 + pauses),
    );
    expectLossOf(without(ended, late), [id]);
  });

  test('the master stands still for 10 s: users go on, nobody is missing for it, and nothing is lost', async () => {
    using scenario = await Scenario.begin({ master: '--csv out/x' });
    await scenario.goesOn();
    scenario.master.signal('SIGSTOP');
    await sleep(frozenMillis);
    await scenario.hasUsers(6);
    scenario.master.signal('SIGCONT');
    await scenario.goesOn();
    const ended = await scenario.end();
    expectNothingLost(ended);
    expect(ended.master.stderr).not.toMatch(/nothing was heard of it/);
  });

  test('with rebalancing, a worker that stood still until others had its users runs not one more task of them', async () => {
    using scenario = await Scenario.begin({ users: 15, master: '--enable-rebalancing', stopTimeout: 2 });
    await scenario.goesOn();
    const id = scenario.idOf(1);
    scenario.workers[1]?.signal('SIGSTOP');
    await scenario.hasUsers(15, id);
    await scenario.goesOn();
    scenario.workers[1]?.signal('SIGCONT');
    await scenario.master.sees(new RegExp(`worker ${id} is back`));
    const after = Date.now() / 1000;
    await scenario.goesOn();
    await scenario.hasUsers(15);
    const ended = await scenario.end();
    expectNothingLost(ended, 15);
    expect(ended.master.stderr).toMatch(
      new RegExp(`the users of worker ${id}, which is missing, are given to other workers`),
    );
    expect(ended.hits.some(({ worker, at }) => worker === id && at > after)).toBe(true);
  });
});
