/** Processes that are killed while a test runs. */
import { describe, expect, test } from 'vitest';
import { byWorker, mostRequestsIn } from './hits.js';
import { graceOf, patiently, Scenario } from './scenario.js';
import { expectCleanEnd, expectLossOf, expectNothingLost, transcript } from './verdicts.js';

const withJournal = { master: '--csv out/x' };
const codes = (runs: readonly { readonly code: number | null; readonly signal: string | null }[]) =>
  runs.map(({ code, signal }) => code ?? signal);

/** What a worker that gives up says that it could not report. */
const unreportedOf = ({ stderr }: { readonly stderr: string }) =>
  Number(/(\d+) requests of this worker were not reported/.exec(stderr)?.[1] ?? 0);

describe.skipIf(process.env['CHAOS_SKIP'])('while a test runs', { concurrent: true }, () => {
  test('nothing is killed: every request is counted, and nothing is left', async () => {
    using scenario = await Scenario.begin(withJournal);
    await scenario.goesOn();
    const ended = await scenario.end();
    expectNothingLost(ended);
    expect(codes([ended.master, ...ended.workers])).toEqual([0, 0, 0, 0]);
  });

  test('a worker is killed: its users go to the others, and what is missing is its last second, which is named', async () => {
    using scenario = await Scenario.begin({ workerEnv: graceOf(0, 5) });
    await scenario.goesOn();
    const killed = scenario.idOf(0);
    scenario.workers[0]?.signal('SIGKILL');
    await scenario.hasUsers(6, killed);
    const ended = await scenario.end();
    expect(expectLossOf(ended, [killed])).toBeLessThanOrEqual(mostRequestsIn(2.2, 2));
    expect(codes([ended.master, ...ended.workers])).toEqual([0, 'SIGKILL', 0, 0]);
    expect(ended.master.stderr).toMatch(new RegExp(`worker ${killed} is missing .*; it is waited for until`));
    expect(ended.master.stderr).toMatch(
      new RegExp(`worker ${killed} is lost .*: what it measured after [\\d:]+ is in no number`),
    );
  });

  test('a worker is told to end: it reports everything, and its users go to the others', async () => {
    using scenario = await Scenario.begin();
    await scenario.goesOn();
    scenario.workers[2]?.signal('SIGTERM');
    expect((await scenario.workers[2]?.finished)?.code).toBe(0);
    await scenario.hasUsers(6);
    await scenario.goesOn();
    const ended = await scenario.end();
    expectNothingLost(ended);
    expect(ended.master.stderr).not.toMatch(/is missing|is lost/);
  });

  test('all workers are killed: the test ends with the report of what was counted', async () => {
    using scenario = await Scenario.begin({ worker: '--master-grace 5' });
    await scenario.goesOn();
    const killed = [0, 1, 2].map((index) => scenario.idOf(index));
    for (const worker of scenario.workers) worker.signal('SIGKILL');
    const ended = await scenario.ended();
    expect(expectLossOf(ended, killed)).toBeLessThanOrEqual(mostRequestsIn(2.2, 6));
    expect(ended.master.stderr).toMatch(/all workers are missing: the test goes on when one comes back/);
    expect(ended.master.stderr).toMatch(/the last worker is gone: stopping the test/);
    expect(ended.master.code).toBe(2);
  });

  test('the master is killed: workers go on for the grace, and say what could not be reported', async () => {
    using scenario = await Scenario.begin({ worker: '--master-grace 6' });
    await scenario.goesOn();
    scenario.master.signal('SIGKILL');
    const at = Date.now() / 1000;
    const ended = await scenario.ended();
    expect(codes([ended.master, ...ended.workers]), transcript(ended)).toEqual(['SIGKILL', 255, 255, 255]);
    for (const [index, worker] of ended.workers.entries()) {
      const id = scenario.idOf(index);
      const last = ended.hits.findLast((hit) => hit.worker === id);
      expect(last?.at, `seconds after the kill until the last request of ${id}`).toBeGreaterThan(at + 4);
      expect(worker.stderr, id).toMatch(/the master is lost: .*The users of this worker are stopped/);
    }
    const since = Object.entries(byWorker(ended.hits.filter((hit) => hit.at > at)));
    const said = ended.workers.map(unreportedOf).sort((a, b) => a - b);
    const served = since.map(([, count]) => count).sort((a, b) => a - b);
    for (const [index, count] of said.entries()) {
      expect(count, transcript(ended)).toBeGreaterThanOrEqual(served[index] ?? 0);
      expect(count, transcript(ended)).toBeLessThanOrEqual((served[index] ?? 0) + 50);
    }
    // for the next master at this port, and what the next one takes away
    const [token, ...bundle] = [...ended.left].sort();
    expect(token).toMatch(/^run\/tsload\/master-.*-5557\.token$/);
    expect(bundle.map((file) => file.replace(/^tmp\/tsload-[^/]+\//, ''))).toEqual([
      'locustfile.mjs',
      'locustfile.mjs.map',
    ]);
    const next = scenario.startMaster();
    await next.sees(/Waiting for workers/);
    next.signal('SIGTERM');
    await next.finished;
    expect(scenario.masterMachine.files).toEqual([]);
  });

  test('the master is killed and resumed, twice: workers come back with what they measured meanwhile', async () => {
    using scenario = await Scenario.begin({ ...withJournal, worker: patiently });
    for (const standsStill of [false, true]) {
      await scenario.goesOn();
      // then reports are on their way that nobody has taken in
      if (standsStill) scenario.master.signal('SIGSTOP');
      await scenario.goesOn(90);
      scenario.master.signal('SIGKILL');
      await scenario.goesOn(90);
      await scenario.resume('out/x_journal.tsload');
    }
    await scenario.goesOn();
    const ended = await scenario.end();
    expectNothingLost(ended);
    expect(codes([ended.master, ...ended.workers])).toEqual([0, 0, 0, 0]);
  });

  test('the master is killed and resumed, and the stop cuts requests off: each is counted or cut off, which is said', async () => {
    using scenario = await Scenario.begin({ ...withJournal, worker: patiently, answerMillis: 1_000, stopTimeout: 0 });
    await scenario.goesOn(18);
    scenario.master.signal('SIGKILL');
    await scenario.goesOn(12);
    await scenario.resume('out/x_journal.tsload');
    await scenario.goesOn(12);
    await scenario.target.hold(6);
    const ended = await scenario.end();
    const uncounted = Object.values(ended.missing).reduce((sum, count) => sum + count, 0);
    expect([ended.cutOff, uncounted], transcript(ended)).toEqual([6, 6]);
    expect(Math.min(...Object.values(ended.missing), 0)).toBe(0);
    expect([ended.failures, ended.lost]).toEqual([0, []]);
    expectCleanEnd(ended, 6);
  });

  test('the master and a worker are killed, and the master resumed: the worker is named, the rest is there', async () => {
    using scenario = await Scenario.begin({ ...withJournal, workerEnv: graceOf(1, 20) });
    await scenario.goesOn();
    const killed = scenario.idOf(1);
    scenario.master.signal('SIGKILL');
    const at = Date.now() / 1000;
    await scenario.goesOn(60);
    scenario.workers[1]?.signal('SIGKILL');
    const untilDeath = Date.now() / 1000;
    scenario.startMaster('--resume out/x_journal.tsload');
    await scenario.hasUsers(6, killed);
    const ended = await scenario.end();
    expect(expectLossOf(ended, [killed])).toBeLessThanOrEqual(mostRequestsIn(untilDeath - at + 2.2, 2));
    expectCleanEnd(ended, 6);
    expect(codes([ended.master, ...ended.workers])).toEqual([0, 0, 'SIGKILL', 0]);
  });
});
