/**
 * Whole tests whose workers tsload starts itself, with the real worker in them.
 */
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certificates } from '../../certificates.js';
import { until } from '../../until.js';
import { type Finished, folder, type Run, serve, start } from '../tsload.js';
import { isRunning } from './processes.js';
import { noSshServer, SshServer } from './sshServer.js';

/** Says where it runs, asks the server, and spins when it is told to. */
const locustfile = `
  import { constant, HttpUser, task } from 'tsload';
  import { tmpdir } from 'node:os';
  export class Shopper extends HttpUser {
    static waitTime = constant(0.05);
    override onStart() { console.log('user in process ' + process.pid + ' with ' + tmpdir()); }
    @task async home() {
      if ((await this.client.get('/')).text() === 'spin') { console.log('spinning'); for (;;); }
    }
    override onStop() { console.log('user stopped'); }
  }
`;
const files = { 'locustfile.ts': locustfile };

/** Processes of the workers of a run: its children, and on the same machine those of its hosts. */
function workerPids(run: Run): number[] {
  return [...run.stderr.matchAll(/user in process (\d+)/g)].map(([, pid]) => Number(pid));
}

function requestsIn(stdout: string): number {
  const entries: readonly { readonly num_requests: number }[] = JSON.parse(stdout);
  return entries.reduce((sum, entry) => sum + entry.num_requests, 0);
}

async function aServer() {
  let requests = 0;
  let answer = 'ok';
  const server = await serve((_, response) => {
    requests++;
    response.end(answer);
  });
  return {
    url: server.url,
    requests: () => requests,
    spinFromNowOn: () => {
      answer = 'spin';
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Ends the run when each of its four users runs and some requests were made: how long that takes is the machine's affair. */
async function endWhenAllRun(run: Run, requests: () => number): Promise<Finished> {
  await until(() => workerPids(run).length === 4 && requests() > 20, { timeoutMs: 60_000, what: 'four users to run' });
  run.signal('SIGINT');
  return await run.finished;
}

function runOptions(url: string): readonly string[] {
  return ['--headless', '--json', '-u', '4', '-r', '4', '-H', url];
}

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
  await until(() => spinning() === 3, { timeoutMs: 20_000, what: 'three workers to spin' });
  for (const run of [supervisor, master]) {
    run.signal('SIGKILL');
    const isOver = () => workerPids(run).every((pid) => !isRunning(pid));
    await until(isOver, { timeoutMs: 20_000, what: `the end of ${workerPids(run)}` });
  }
});

describe.skipIf(noSshServer !== undefined).concurrent('over ssh', () => {
  let server: SshServer;
  beforeAll(async () => {
    server = await SshServer.start();
  });
  afterAll(() => {
    const left = server.runFolders();
    server[Symbol.dispose]();
    expect(left).toEqual([]);
  });
  const place = () => `ssh://loadgen?workers=2&config=${server.config}&node=${process.execPath}`;
  const nothingIsLeft = async (run: Run) => {
    const folders = [...run.stderr.matchAll(/ with (\S+\/tsload-host-\w+)\/tmp$/gm)].map(([, folder]) => folder ?? '');
    expect(folders.length).toBeGreaterThan(0);
    await until(() => !folders.some((folder) => existsSync(folder)) && !workerPids(run).some(isRunning), {
      what: 'nothing to be left on the host',
      timeoutMs: 20_000,
    });
  };

  test('a host that has nothing but Node runs the test; one Ctrl+C ends it with the report, all requests are counted, and nothing is left', async () => {
    await using target = await aServer();
    using run = start([...runOptions(target.url), '--spawn', place(), '-s', '5'], { files });
    const { code, stdout, stderr } = await endWhenAllRun(run, target.requests);
    expect(code, stderr).toBe(0);
    expect(requestsIn(stdout)).toBe(target.requests());
    expect(stderr).toMatch(/^\[loadgen 0\] user in process \d+ with .*\/tsload-host-\w+\/tmp$/m);
    expect(stderr).toMatch(/^\[loadgen 1\] user in process/m);
    expect(stderr.match(/user stopped/g)).toHaveLength(4);
    await nothingIsLeft(run);
  });

  test('workers on hosts and of this machine serve one test, also of a master that takes encrypted connections only', async () => {
    await using target = await aServer();
    const places = ['--spawn', place(), '--spawn', 'local?workers=1', '--processes', '1'];
    const { cert, key } = (await certificates()).server;
    const tls = ['--tls-cert', 'cert.pem', '--tls-key', 'key.pem'];
    const options = [...runOptions(target.url), ...places, ...tls, '-s', '5'];
    using run = start(options, { files: { ...files, 'cert.pem': cert, 'key.pem': key } });
    const { code, stdout, stderr } = await endWhenAllRun(run, target.requests);
    expect(code, stderr).toBe(0);
    expect(requestsIn(stdout)).toBe(target.requests());
    expect(new Set(workerPids(run)).size).toBe(4);
    const names = ['loadgen 0', 'loadgen 1', 'worker 0', 'worker 1'];
    for (const name of names) expect(stderr).toContain(`[${name}] user in process`);
    await nothingIsLeft(run);
  });

  test('the kill of the master ends the workers of its hosts, even while their tasks spin', async () => {
    await using target = await aServer();
    using run = start([...runOptions(target.url), '--spawn', place()], { files });
    await until(() => workerPids(run).length === 4, { timeoutMs: 60_000, what: 'four users to run' });
    target.spinFromNowOn();
    await until(() => run.stderr.match(/spinning/g)?.length === 2, { timeoutMs: 20_000, what: 'two workers to spin' });
    run.signal('SIGKILL');
    await nothingIsLeft(run);
  });
});
