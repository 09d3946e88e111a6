/** Peers that send what nobody should, at a master whose test runs. */
import { describe, expect, test } from 'vitest';
import { Run } from '../e2e/tsload.js';
import { byWorker } from './hits.js';
import { masterAddress } from './network.js';
import { launch } from './processes.js';
import { programOf } from './program.js';
import { Scenario } from './scenario.js';
import { expectLossOf, expectNothingLost, transcript } from './verdicts.js';

/** What a worker that has joined sends, and what the log says of it. */
const nonsense = {
  text: /a frame is a text and not binary/,
  random: /sent what is not understood/,
  report: /sent what is not understood/,
  gap: /message 7 came after message 0/,
  huge: /a frame is malformed: Max payload size exceeded/,
  heartbeat: /a heartbeat has the time NaN/,
  greeting: /a frame of kind hello belongs to the handshake/,
  acknowledge: /sent what is not understood/,
};

describe.skipIf(process.env['CHAOS_SKIP'])('while a test runs', { concurrent: true }, () => {
  test('workers join and send garbage: each is named and its link closed, and the others lose nothing', async () => {
    using scenario = await Scenario.begin();
    const token = await scenario.token();
    const host = await scenario.network.host('stranger', 99);
    await host.connect('control');
    for (const what of Object.keys(nonsense)) {
      using run = new Run(
        launch(host, [programOf('stranger'), masterAddress, token, what], { cwd: '/', env: {} }),
        '/',
      );
      const { stdout, stderr } = await run.finished;
      expect(stdout, what + stderr).toMatch(/^closed$/m);
    }
    await scenario.hasUsers(6);
    await scenario.goesOn();
    const ended = await scenario.end();
    const names = Object.keys(nonsense).map((what) => `stranger_${what}`);
    expect(expectLossOf(ended, names)).toBe(0);
    expect(Object.keys(byWorker(ended.hits))).toHaveLength(3);
    for (const [what, reason] of Object.entries(nonsense)) {
      const line = new RegExp(`ERROR.*the link to worker stranger_${what} is closed: .*${reason.source}`);
      expect(ended.master.stderr, transcript(ended)).toMatch(line);
    }
    expect([ended.master, ...ended.workers].map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  });

  test('noise and wrong tokens come to the port: they are refused and logged once, and nothing is lost', async () => {
    using scenario = await Scenario.begin();
    const host = await scenario.network.host('stranger', 99);
    await host.connect('control');
    for (const what of ['noise', 'text', 'noise', 'text']) {
      using run = new Run(
        launch(host, [programOf('stranger'), masterAddress, 'wrong', what], { cwd: '/', env: {} }),
        '/',
      );
      expect((await run.finished).stdout).toMatch(what === 'noise' ? /^closed$/m : /^refused 401$/m);
    }
    await scenario.goesOn();
    const ended = await scenario.end();
    expectNothingLost(ended);
    const refusals = ended.master.stderr.split('\n').filter((line) => line.includes('refused a connection from'));
    expect(
      refusals.filter((line) => line.includes('token is wrong')),
      transcript(ended),
    ).toHaveLength(1);
    expect(
      refusals.filter((line) => line.includes('it sent no valid HTTP')),
      transcript(ended),
    ).toHaveLength(1);
  });
});
