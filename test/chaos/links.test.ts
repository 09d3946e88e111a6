/** Links between a worker and its master that break, and come back or do not. The target is reached all the while. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { until } from '../until.js';
import { mostRequestsIn } from './hits.js';
import { masterAddress } from './network.js';
import { graceOf, Scenario } from './scenario.js';
import { expectLossOf, expectNothingLost, transcript } from './verdicts.js';

const back = (id: string) => new RegExp(`worker ${id} is back`);
const given = (id: string) => new RegExp(`the users of worker ${id}, which is missing, are given to other workers`);

describe.skipIf(process.env['CHAOS_SKIP'])('while a test runs', { concurrent: true }, () => {
  test('a link is gone for 90 s, longer than the grace: the worker gives up, and what it could not report is said and named', async () => {
    using scenario = await Scenario.begin({ workers: 2, users: 4 });
    await scenario.goesOn();
    const id = scenario.idOf(0);
    await scenario.workerMachines[0]?.host.pull();
    await sleep(90_000);
    await scenario.workerMachines[0]?.host.plug();
    await scenario.hasUsers(4);
    const ended = await scenario.end();
    const missing = expectLossOf(ended, [id], 4);
    const [gaveUp] = ended.workers;
    expect(gaveUp?.code, transcript(ended)).toBe(255);
    // runner and link count the same seconds, and either may be the first to say so
    expect(gaveUp?.stderr).toMatch(/the master is lost: .* for 60 s(econds)?\. The users of this worker are stopped/);
    const unreported = Number(/(\d+) requests of this worker were not reported/.exec(gaveUp?.stderr ?? '')?.[1]);
    expect(unreported, transcript(ended)).toBeGreaterThanOrEqual(missing);
    expect(unreported).toBeLessThanOrEqual(missing + mostRequestsIn(3.2, 2));
    expect(missing).toBeGreaterThan(100);
    expect(ended.master.stderr).toMatch(new RegExp(`worker ${id} is lost \\(it did not come back in time\\)`));
  });

  test('with rebalancing, a link is gone for 90 s: others have the users meanwhile, and what was measured until the lease is named', async () => {
    using scenario = await Scenario.begin({ workers: 2, users: 4, master: '--enable-rebalancing', stopTimeout: 2 });
    await scenario.goesOn();
    const id = scenario.idOf(0);
    await scenario.workerMachines[0]?.host.pull();
    const at = Date.now() / 1000;
    await scenario.master.sees(given(id));
    await scenario.hasUsers(4);
    await sleep(at * 1000 + 90_000 - Date.now());
    await scenario.workerMachines[0]?.host.plug();
    const ended = await scenario.end();
    const missing = expectLossOf(ended, [id], 4);
    expect(missing).toBeLessThanOrEqual(mostRequestsIn(12, 2));
    expect(ended.workers[0]?.code, transcript(ended)).toBe(255);
  });

  test('a link swallows everything for 30 s: users go on, and nothing is lost', async () => {
    using scenario = await Scenario.begin();
    await scenario.goesOn();
    const id = scenario.idOf(0);
    const [worker] = scenario.workerMachines;
    await scenario.masterMachine.host.ignore(worker?.host.controlAddress ?? '');
    await worker?.host.ignore(masterAddress);
    await sleep(30_000);
    await scenario.hasUsers(6);
    await scenario.masterMachine.host.hear();
    await worker?.host.hear();
    await scenario.master.sees(back(id));
    await scenario.goesOn();
    const ended = await scenario.end();
    expectNothingLost(ended);
    expect(ended.master.stderr).not.toMatch(/given to other workers/);
  });

  test('with rebalancing, a link is gone for 30 s: its users move and move back, and never run twice', async () => {
    using scenario = await Scenario.begin({ master: '--enable-rebalancing', stopTimeout: 2 });
    await scenario.goesOn();
    const id = scenario.idOf(2);
    await scenario.workerMachines[2]?.host.pull();
    const at = Date.now() / 1000;
    await scenario.master.sees(given(id));
    await scenario.hasUsers(6);
    await sleep(at * 1000 + 30_000 - Date.now());
    await scenario.workerMachines[2]?.host.plug();
    await scenario.master.sees(back(id));
    const after = Date.now() / 1000;
    await until(() => scenario.hits.some((hit) => hit.worker === id && hit.at > after), {
      what: 'users that are back',
    });
    await scenario.hasUsers(6);
    expectNothingLost(await scenario.end());
  });

  test('a link is gone for 5 s: users go on, and nothing is lost', async () => {
    using scenario = await Scenario.begin();
    await scenario.goesOn();
    await scenario.workerMachines[1]?.host.pull();
    await sleep(5_000);
    await scenario.workerMachines[1]?.host.plug();
    await scenario.goesOn(120);
    await scenario.hasUsers(6);
    expectNothingLost(await scenario.end());
  });

  test('with rebalancing, a link is gone for 5 s: users never run twice, and nothing is lost', async () => {
    using scenario = await Scenario.begin({ master: '--enable-rebalancing', stopTimeout: 2 });
    await scenario.goesOn();
    await scenario.workerMachines[1]?.host.pull();
    await sleep(5_000);
    await scenario.workerMachines[1]?.host.plug();
    await scenario.goesOn(120);
    await scenario.hasUsers(6);
    expectNothingLost(await scenario.end());
  });

  test('a link carries nothing to the master for 15 s, and all to the worker: nothing is lost', async () => {
    using scenario = await Scenario.begin();
    await scenario.goesOn();
    const id = scenario.idOf(0);
    await scenario.masterMachine.host.ignore(scenario.workerMachines[0]?.host.controlAddress ?? '');
    await scenario.master.sees(new RegExp(`worker ${id} is missing`));
    await sleep(8_000);
    await scenario.masterMachine.host.hear();
    await scenario.master.sees(back(id));
    await scenario.goesOn();
    expectNothingLost(await scenario.end());
  });

  test('a link carries nothing to the worker for 15 s, and all to the master: nothing is lost', async () => {
    using scenario = await Scenario.begin();
    await scenario.goesOn();
    const id = scenario.idOf(0);
    await scenario.workerMachines[0]?.host.ignore(masterAddress);
    await scenario.workers[0]?.sees(/lost the connection to the master .*no answer for 5 s/);
    await sleep(8_000);
    await scenario.workerMachines[0]?.host.hear();
    await scenario.master.sees(back(id));
    await scenario.goesOn();
    expectNothingLost(await scenario.end());
  });

  test('a machine dies without a word: its worker is missing, then lost, and its last second is named', async () => {
    using scenario = await Scenario.begin({ workerEnv: graceOf(2, 4) });
    await scenario.goesOn();
    const id = scenario.idOf(2);
    await scenario.workerMachines[2]?.host.pull();
    scenario.workers[2]?.signal('SIGKILL');
    await scenario.hasUsers(6, id);
    const ended = await scenario.end();
    expect(expectLossOf(ended, [id])).toBeLessThanOrEqual(mostRequestsIn(2.2, 2));
    expect(ended.master.stderr).toMatch(
      new RegExp(`worker ${id} is missing \\(nothing was heard of it for 5 seconds\\)`),
    );
  });
});
