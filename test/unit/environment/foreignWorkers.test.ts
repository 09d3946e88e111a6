/** Workers of Locust's protocol and a whole master: what it counts of them, and whose place they can take. */
import { expect, test } from 'vitest';
import { Environment } from '../../../src/environment/index.js';
import { connectToMaster } from '../../../src/link/index.js';
import { readVersion } from '../../../src/version.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { ScriptedWorker } from '../link/locust/scriptedWorker.js';
import { idle } from './running.js';

const local = { bindHost: '127.0.0.1', bindPort: 0, token: 'secret', leadSeconds: 0.02 };

async function aMixedMaster() {
  const environment = new Environment({ userClasses: [idle('A')] });
  const runner = await environment.createMasterRunner({
    ...local,
    locust: { port: 0, stopSeconds: 1, leaveSeconds: 1 },
  });
  return {
    environment,
    runner,
    async [Symbol.asyncDispose]() {
      runner.hurry();
      await runner.quit();
    },
  };
}

function counted(samples: number) {
  const entry = { name: '/', method: 'GET', num_requests: samples, response_times: new Map([[5, samples]]) };
  return { stats: [entry], errors: {}, user_classes_count: { A: 1 } };
}

async function spawned(peer: ScriptedWorker, after = 0): Promise<void> {
  await peer.next('spawn', after);
  await peer.say('spawning', null);
  await peer.say('spawning_complete', { user_classes_count: { A: 1 }, user_count: 1 });
}

test('what a worker reports after it registered anew counts as well, from its first report on', async () => {
  using log = captureLog();
  await using master = await aMixedMaster();
  const { runner, environment } = master;
  using peer = new ScriptedWorker(runner.locustPort, 'host_a');
  await peer.say('client_ready', '2.47.0');
  await runner.untilWorkers(1, 30);
  runner.start(1, 10);
  await spawned(peer);
  for (let i = 0; i < 3; i++) await peer.say('stats', counted(1));
  await until(() => environment.stats.total.numRequests === 3);
  const told = peer.all('spawn').length;
  await peer.say('client_ready', '2.47.0');
  await spawned(peer, told);
  await peer.say('stats', counted(10));
  await until(() => environment.stats.total.numRequests === 13);
  expect(log.at('WARNING').filter((line) => line.includes('are in no number'))).toEqual([]);
});

test('a worker without a token cannot take the place of one that has shown it', async () => {
  using log = captureLog();
  await using master = await aMixedMaster();
  const { runner } = master;
  const own = await new Environment({ userClasses: [idle('A')] }).createWorkerRunner({
    masterPort: runner.port,
    token: 'secret',
  });
  using peer = new ScriptedWorker(runner.locustPort, own.clientId);
  await peer.say('client_ready', '2.47.0');
  await until(() => log.at('WARNING').some((line) => line.includes('whose place it cannot take')));
  expect(runner.workers.map(({ id, state }) => [id, state])).toEqual([[own.clientId, 'ready']]);
  expect(own.ending).toBeUndefined();
  expect(peer.heard).toEqual([]);
});

test('nor while both wait to be let in: the one that has shown a token is, and so is the master', async () => {
  using log = captureLog();
  const environment = new Environment({ userClasses: [idle('A')] });
  const runner = await environment.createMasterRunner({ ...local, isHeld: true, locust: { port: 0 } });
  const hello = () => ({ worker: 'host_a', version: readVersion(), graceSeconds: 1 });
  const own = await connectToMaster({ host: '127.0.0.1', port: runner.port, token: 'secret', hello, graceSeconds: 1 });
  own.listen({ message: () => {}, closed: () => {} });
  using peer = new ScriptedWorker(runner.locustPort, 'host_a');
  await peer.say('client_ready', '2.47.0');
  await peer.say('heartbeat', { state: 'ready', current_cpu_usage: 1 });
  await peer.next('heartbeat');
  runner.release();
  expect(runner.workers.map(({ id }) => id)).toEqual(['host_a']);
  expect(log.at('WARNING').at(-1)).toMatch(
    /^worker host_a is not let in: it has the name of the worker host_a of tsload/,
  );
  own.send({ kind: 'quit' });
  await runner.quit();
});

test.each(['dies', 'hangs'])(
  'a worker that %s in the test is lost, and is not said to quit when it is let go',
  async (how) => {
    using log = captureLog();
    await using master = await aMixedMaster();
    const { runner } = master;
    const peer = new ScriptedWorker(runner.locustPort, 'host_a');
    await peer.say('client_ready', '2.47.0');
    await runner.untilWorkers(1, 30);
    runner.start(1, 10);
    await spawned(peer);
    await until(() => runner.userCount === 1);
    const quit = runner.quit();
    await until(() => log.at('ERROR').length > 0);
    if (how === 'dies') peer[Symbol.dispose]();
    await quit;
    peer[Symbol.dispose]();
    expect(log.at('ERROR')).toEqual([expect.stringMatching(/^worker host_a is lost \(it has not stopped within /)]);
    expect(log.at('INFO').filter((line) => line.includes('is gone'))).toEqual([]);
  },
);

test('one that quits as it is told is gone, and not lost', async () => {
  using log = captureLog();
  await using master = await aMixedMaster();
  const { runner } = master;
  using peer = new ScriptedWorker(runner.locustPort, 'host_a');
  await peer.say('client_ready', '2.47.0');
  await runner.untilWorkers(1, 30);
  const quit = runner.quit();
  await peer.next('quit');
  await peer.say('quit', null);
  await quit;
  expect(log.at('INFO').at(-1)).toBe('worker host_a is gone: it quit');
});
