/** --processes, alone and with --worker: what starts, what ends with whom, and what is left. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { certificates } from '../certificates.js';
import { leftIn, oneUser, place, startMaster, startWorker } from './cluster.js';
import { idleUsers, type Run, start, tsload } from './tsload.js';

describe.concurrent('--processes', () => {
  test('[42] starts a master and so many workers; one SIGINT ends all of them, with a full report', async () => {
    const here = place(oneUser);
    using run = start('--processes 2 --headless -u 4 -r 4 --json', here);
    await run.sees(/All users spawned: \{"U": 4\}/);
    await run.sees(/Aggregated +[1-9]/);
    const children = childrenOf(run);
    expect(children).toHaveLength(2);
    expect(leftIn(here.env['HOME'])).toEqual([]); // no token: nobody else can join
    run.signal('SIGINT');
    const { code, stderr, stdout } = await run.finished;
    expect(stderr.match(/Got SIGINT/g)).toHaveLength(1);
    expect(stderr.match(/Shutting down/g)).toHaveLength(1);
    expect(stderr).toMatch(/Shutting down \(exit code 0\)[\s\S]*Aggregated[\s\S]*Response time percentiles/);
    expect(JSON.parse(stdout)[0]).toMatchObject({ name: 'U', num_failures: 0 });
    expect(code).toBe(0);
    expect(children.filter(isAlive)).toEqual([]);
    expect(leftIn(here.env['HOME'])).toEqual([]);
  });

  test('[42] -1 is a worker for each core, what they print comes behind their names, and nothing shows their token', async () => {
    const { availableParallelism } = await import('node:os');
    const here = place({
      'locustfile.ts': `${idleUsers('U')}\nevents.testStart.addListener(() => console.log('here', process.env.TSLOAD_TOKEN));`,
    });
    using run = start('--processes -1 --headless -t 8s --loglevel DEBUG', {
      ...here,
      env: { ...here.env, TSLOAD_TOKEN: 'sesame' },
    });
    await run.sees(/Run time limit set/);
    for (const pid of childrenOf(run)) {
      const shown = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1')).join();
      expect(shown).toMatch(/--supervised[\s\S]*HOME=/);
      expect(shown).not.toMatch(/sesame/);
    }
    const { code, stderr, stdout } = await run.finished;
    const expected = Array.from({ length: availableParallelism() }, (_, index) => `[worker ${index}] here undefined`);
    expect(stderr.match(/^\[worker \d+\] here.*$/gm)?.sort()).toEqual(expected.sort());
    expect(stderr + stdout).not.toMatch(/sesame/);
    expect(code).toBe(0);
  });

  test('[42] with --worker starts so many workers of a master; one SIGINT ends them in good order, and nobody else', async () => {
    const here = place(oneUser);
    const { run: master, port } = await startMaster('--expect-workers 3 -u 3 -r 3 --json', here);
    using _ = master;
    using other = startWorker(port, '', here);
    using supervisor = startWorker(port, '--processes 2', here);
    await master.sees(/All users spawned: \{"U": 3\}/);
    const children = childrenOf(supervisor);
    expect(children).toHaveLength(2);
    supervisor.signal('SIGINT');
    const { code, stderr } = await supervisor.finished;
    expect(stderr).toMatch(/Got SIGINT: stopping the workers[\s\S]*All workers have ended \(exit code 0\)/);
    expect(code).toBe(0);
    expect(children.filter(isAlive)).toEqual([]);
    expect(other.child.exitCode).toBeNull();
    master.signal('SIGINT');
    const ended = await master.finished;
    expect(ended.stderr.match(/is gone: it quit/g)).toHaveLength(3);
    expect(ended.stderr).not.toMatch(/is missing|is lost/);
    expect(ended.code).toBe(0);
  });

  test('certificates of a variable and of files are for the master alone: its own workers join as they are told', async () => {
    const { cert, key } = (await certificates()).server;
    const conf = 'tls-key = key.pem\nmaster-grace = 5';
    const here = place({ ...oneUser, 'cert.pem': cert, 'key.pem': key, 'tsload.conf': conf });
    const env = { ...here.env, TSLOAD_TLS_CERT: 'cert.pem', TSLOAD_MASTER_BIND_PORT: '0' };
    const { code, stderr } = await tsload('--master --processes 1 --headless -t 1s', { ...here, env });
    expect(stderr).toMatch(/All users spawned: \{"U": 1\}/);
    expect(code, stderr).toBe(0);
  });

  test('more than there can be are refused before anything is said of a test', async () => {
    const { code, stderr } = await tsload('--processes 5000', place(oneUser));
    expect(stderr).toMatch(/tsload: error: --processes must be .* but is 5000\n$/);
    expect(stderr).not.toMatch(/no web page|the test starts/);
    expect(code).toBe(2);
  });

  test('[44] an unknown class is said once, before any process is started', async () => {
    const { code, stderr } = await tsload('--processes 4 --headless Nobody', place(oneUser));
    expect(stderr.match(/unknown user class Nobody/g)).toHaveLength(1);
    expect(code).toBe(1);
  });

  test('[45] a worker that exits by itself: its supervisor ends with its code, and its master misses it', async () => {
    const files = {
      'locustfile.ts': `${idleUsers('U')}
        events.testStart.addListener(({ environment }) => { if (environment.parsedOptions['worker']) process.exit(42); });`,
    };
    const here = place(files);
    const { run: master, port } = await startMaster('', here);
    using _ = master;
    const supervisor = await startWorker(port, '--processes 1', here).finished;
    expect(supervisor.stderr).toMatch(/worker 0 ended with exit code 42[\s\S]*\(exit code 42\)/);
    expect(supervisor.code).toBe(42);
    await master.sees(/all workers are missing/);
    master.signal('SIGINT');
    await master.sees(/the end waits for worker/);
    master.signal('SIGINT');
    expect((await master.finished).stderr).toMatch(/^lost: worker /m);
  });

  test('a worker that is killed is named and not waited for, and the test goes on with the others', async () => {
    const here = place(oneUser);
    using run = start('--processes 2 --headless -u 4 -r 4 -t 5s', here);
    await run.sees(/All users spawned: \{"U": 4\}/);
    process.kill(childrenOf(run)[1] ?? 0, 'SIGKILL');
    const { code, stderr } = await run.finished;
    // by when it was killed, it had reported or not
    const lost =
      /worker \S+ is lost \(its process was ended by SIGKILL[^)]*\): (what it measured after|all that it measured)/;
    expect(stderr).toMatch(lost);
    expect(stderr).toMatch(/--run-time limit reached/);
    expect(stderr).not.toMatch(/the end waits for/);
    expect(stderr).toMatch(/^lost: worker /m);
    expect(code).toBe(0);
  });

  test('a worker that cannot start ends the wait for it, and the master with code 1', async () => {
    const files = {
      'locustfile.ts': `${idleUsers('U')}\nif (process.argv.includes('--worker')) throw new Error('not here');`,
    };
    const { code, stderr } = await tsload('--processes 1 --headless', place(files));
    expect(stderr).toMatch(/\[worker 0\] tsload: error: \S+ threw while it was loaded: not here/);
    expect(stderr).toMatch(/worker 0 ended with exit code 1[\s\S]*the test is not started/);
    expect(stderr).not.toMatch(/Aggregated/);
    expect(code).toBe(1);
  });
});

function childrenOf({ child }: Run): number[] {
  return readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ').map(Number);
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}
