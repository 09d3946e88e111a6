/**
 * Whole tests whose workers tsload starts over ssh, with the real worker in them.
 */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certificates } from '../../certificates.js';
import { until } from '../../until.js';
import { type Run, start } from '../tsload.js';
import { isRunning } from './processes.js';
import { noSshServer, SshServer } from './sshServer.js';
import { aServer, endWhenAllRun, files, requestsIn, runOptions, workerPids } from './wholeRuns.js';

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
      timeoutMs: 60_000,
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
    await until(() => run.stderr.match(/spinning/g)?.length === 2, { timeoutMs: 60_000, what: 'two workers to spin' });
    run.signal('SIGKILL');
    await nothingIsLeft(run);
  });
});
