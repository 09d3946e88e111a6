/**
 * Whole tests whose workers tsload starts itself on this machine, with the real worker in them.
 */
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localSpawner } from '../../../src/spawn/index.js';
import { certificates } from '../../certificates.js';
import { until } from '../../until.js';
import { folder, start } from '../tsload.js';
import { isRunning } from './processes.js';
import { aServer, endWhenAllRun, files, requestsIn, runOptions, workerPids } from './wholeRuns.js';

test.concurrent('two processes make the requests of one test, all of them counted, and nothing is left', async () => {
  await using server = await aServer();
  using run = start([...runOptions(server.url), '--processes', '2', '-s', '5'], { files });
  const { code, stdout, stderr } = await endWhenAllRun(run, server.requests);
  expect(code, stderr).toBe(0);
  expect(requestsIn(stdout)).toBe(server.requests());
  expect(stderr).toMatch(/^\[worker 0\] user in process/m);
  expect(stderr).toMatch(/^\[worker 1\] user in process/m);
  expect(stderr.match(/user stopped/g)).toHaveLength(4);
  for (const pid of workerPids(run)) expect(isRunning(pid)).toBe(false);
});

test.concurrent('a master that takes encrypted connections only cannot be given to a host that does not trust it', async () => {
  const { cert, key } = (await certificates()).server;
  const options = [
    '--headless',
    '--spawn',
    'ssh://loadgen?master=10.0.0.1',
    '--tls-cert',
    'cert.pem',
    '--tls-key',
    'key.pem',
  ];
  using run = start(options, { files: { ...files, 'cert.pem': cert, 'key.pem': key } });
  const { code, stderr } = await run.finished;
  expect(code).toBe(2);
  expect(stderr).toMatch(/--spawn ssh:\/\/loadgen cannot have master= with --tls-cert.*leave master= out/);
});

test.concurrent('a worker that does not reach its master gives up, and says where it has looked for it', async () => {
  const spawner = localSpawner(1);
  const lines: string[] = [];
  const ended = new Promise((resolve) => {
    spawner.listen({ line: (_, text) => void lines.push(text), ended: (_, end) => resolve(end) });
  });
  const words = ['--connect-within=1', '--locustfile=-'];
  await spawner.start({ masterHost: '127.0.0.1', masterPort: 1, words, secrets: { token: 'sesame' } });
  expect(await ended, lines.join('\n')).toEqual({ code: 255, signal: null });
  expect(lines.at(-1)).toMatch(/^tsload: error: .*127\.0\.0\.1:1/);
});

test.concurrent('a host is not told to come to a master that listens on this machine only', async () => {
  using run = start(['--headless', '--spawn', 'ssh://loadgen?master=10.0.0.1'], { files });
  const { code, stderr } = await run.finished;
  expect(code).toBe(2);
  expect(stderr).toMatch(/says master=10\.0\.0\.1, but the master listens on this machine only/);
});

test.concurrent('interrupted while a host does not answer, the master ends its ssh, and tells those who have joined', async () => {
  const cwd = folder({ ...files, 'bin/ssh': '#!/bin/sh\necho $$ > ssh.pid\nexec sleep 60\n' });
  chmodSync(join(cwd, 'bin/ssh'), 0o755);
  const env = { TSLOAD_TOKEN: 'sesame', PATH: `${join(cwd, 'bin')}:${process.env['PATH']}` };
  const place = ['--master', '--master-bind-host', '127.0.0.1', '--master-bind-port', '0', '--spawn', 'ssh://loadgen'];
  using master = start(['--headless', '--csv', 'x', ...place], { cwd, env });
  await master.sees(/Listening for workers at \S+:\d+/);
  const port = /Listening for workers at \S+:(\d+)/.exec(master.stderr)?.[1] ?? '';
  using worker = start(`--worker --master-port ${port}`, { env });
  await worker.sees(/Joined the master/);
  await until(() => existsSync(join(cwd, 'ssh.pid')));
  master.signal('SIGINT');
  const [{ code, stderr }, joined] = await Promise.all([master.finished, worker.finished]);
  expect(code, stderr).toBe(130);
  expect(stderr).toMatch(/Got SIGINT: the test is not started/);
  expect(joined.code, joined.stderr).toBe(0);
  expect(isRunning(Number(readFileSync(join(cwd, 'ssh.pid'), 'utf8')))).toBe(false);
  expect(existsSync(join(cwd, 'x_journal.tsload'))).toBe(false);
});

test.concurrent('workers end within seconds of the kill of whoever started them, even while their tasks spin', async () => {
  await using server = await aServer();
  const env = { TSLOAD_TOKEN: 'sesame' };
  const places = ['--processes', '1', '--spawn', 'local?workers=1', '--expect-workers', '3'];
  const listening = ['--master', '--master-bind-host', '127.0.0.1', '--master-bind-port', '0'];
  using master = start([...runOptions(server.url), ...places, ...listening], { files, env });
  await master.sees(/Listening for workers at \S+:\d+/);
  const port = /Listening for workers at \S+:(\d+)/.exec(master.stderr)?.[1] ?? '';
  using supervisor = start(`--worker --processes 1 --master-port ${port}`, { env });
  const users = () => workerPids(master).length + workerPids(supervisor).length;
  await until(() => users() === 4, { timeoutMs: 60_000, what: 'four users to run' });
  server.spinFromNowOn();
  const spinning = () => `${master.stderr}${supervisor.stderr}`.match(/spinning/g)?.length;
  await until(() => spinning() === 3, { timeoutMs: 60_000, what: 'three workers to spin' });
  for (const run of [supervisor, master]) {
    run.signal('SIGKILL');
    const isOver = () => workerPids(run).every((pid) => !isRunning(pid));
    await until(isOver, { timeoutMs: 60_000, what: `the end of ${workerPids(run)}` });
  }
});
