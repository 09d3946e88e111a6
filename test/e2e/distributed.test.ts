/** Masters and workers as processes: whole runs, and what goes wrong before and during them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { freePort, lines, place, startMaster, startWorker } from './cluster.js';
import { type Finished, folder, idleUsers, type Run, start, tsload } from './tsload.js';

const oneUser = { 'locustfile.ts': idleUsers('U') };

/** Says what happens on each node, and what its users saw. */
const talkative = `
import { constant, events, tag, task, User } from 'tsload';
events.initCommandLineParser.addListener(({ parser }) => parser.addArgument('--color', { default: 'red' }));
let done = 0;
for (const name of ['testStart', 'testStopping', 'testStop', 'spawningComplete', 'quitting'] as const) {
  events[name].addListener(() => console.log(name));
}
events.workerConnect.addListener(() => console.log('workerConnect'));
events.init.addListener(({ runner }) => console.log('init on', runner?.workerIndex));
events.quit.addListener(({ exitCode }) => console.log('quit', exitCode, 'done', done));
export class U extends User {
  static waitTime = constant(0.1);
  onStart() {
    const { runner, parsedOptions } = this.environment;
    console.log('user on', runner?.workerIndex, parsedOptions['color']);
  }
  @tag('wanted') @task wanted() {
    done++;
    events.request.fire({ requestType: 'X', name: 'wanted', responseTime: 1, responseLength: 2 });
  }
  @task unwanted() {
    events.request.fire({ requestType: 'X', name: 'unwanted', responseTime: 1, responseLength: 2 });
  }
}
`;
const never = `
import { task, User } from 'tsload';
export class Never extends User { @task t() { console.log('never'); } }
`;

const nodeEvents = ['testStart', 'testStopping', 'testStop', 'spawningComplete', 'quitting'];

/** The sum of what the nodes say at their end. */
const doneOn = ({ stdout }: Finished) => Number(/^quit \d+ done (\d+)$/m.exec(stdout)?.[1]);

describe('a master and three workers, two of them without a locustfile', () => {
  let master: Finished;
  let workers: Finished[];
  const here = place({ 'shop.ts': talkative, 'never.ts': never });

  beforeAll(async () => {
    const port = await freePort();
    const elsewhere = { cwd: folder(), env: here.env };
    const line =
      '-f shop.ts,never.ts --expect-workers 3 -u 6 -r 6 -t 3s --tags wanted --color blue --json --csv out/x U';
    using early = startWorker(port, '', elsewhere);
    using run = start(`--master --master-bind-port ${port} --headless ${line}`, here);
    await run.sees(/Waiting for workers: 1 of 3/);
    using late = startWorker(port, '-f -', elsewhere);
    using own = startWorker(port, '-f shop.ts,never.ts', here);
    [master, ...workers] = await Promise.all([run.finished, early.finished, late.finished, own.finished]);
  });

  test('[40] run the locustfiles of the master, whichever was started first', () => {
    expect(
      [master, ...workers].map(({ code }) => code),
      master.stderr + workers[0]?.stderr,
    ).toEqual([0, 0, 0, 0]);
  });

  test('[122] [41] have two of six users each, and know their index', () => {
    const indexes = workers.map(({ stdout }) => /user on (\d)/.exec(stdout)?.[1]);
    expect([...indexes].sort()).toEqual(['0', '1', '2']);
    for (const { stdout } of workers) expect(stdout.match(/^user on /gm)).toHaveLength(2);
    for (const [at, { stdout }] of workers.entries()) expect(lines(stdout, `init on ${indexes[at]}`)).toBe(1);
    expect(lines(master.stdout, 'init on -1')).toBe(1);
    expect(lines(master.stdout, 'workerConnect')).toBe(3);
    expect(master.stdout).not.toMatch(/user on/);
    expect(master.stderr).toMatch(/All users spawned: \{"U": 6\} \(6 total users\)/);
  });

  test('[38] [124] [24] have the tags, the custom options and the classes of the master', () => {
    for (const { stdout } of workers) expect(stdout.match(/^user on \d blue$/gm)).toHaveLength(2);
    expect(master.stdout + workers[0]?.stdout).not.toMatch(/never/);
  });

  test('[37] [125] hear of each event of the test once', () => {
    for (const node of [master, ...workers]) {
      expect(nodeEvents.map((name) => [name, lines(node.stdout, name)])).toEqual(nodeEvents.map((name) => [name, 1]));
    }
  });

  test('are counted to the last request, in every output', () => {
    const text = master.stdout.slice(master.stdout.indexOf('\n[') + 1, master.stdout.lastIndexOf(']') + 1);
    const entries = JSON.parse(text);
    const done = workers.reduce((sum, worker) => sum + doneOn(worker), 0);
    expect(entries).toMatchObject([{ name: 'wanted', num_requests: done, num_failures: 0 }]);
    expect(done).toBeGreaterThan(60);
    expect(readFileSync(join(master.cwd, 'out/x_stats.csv'), 'utf8')).toContain(`\r\nX,wanted,${done},0,`);
  });

  test('leave no token, no journal and no other file behind', () => {
    expect(leftIn(here.env['HOME'])).toEqual([]);
    expect(readdirSync(here.cwd).sort()).toEqual(['never.ts', 'out', 'shop.ts']);
    expect(readdirSync(join(here.cwd, 'out')).filter((name) => !name.endsWith('.csv'))).toEqual([]);
    for (const worker of workers) expect(worker.stderr).not.toMatch(/^\s+at /m);
  });

  test('the token is printed with the command that joins, and in no log line', () => {
    const token = /TSLOAD_TOKEN=([0-9a-f]{32}) tsload --worker --master-host \S+ --master-port \d+\n/.exec(
      master.stderr,
    )?.[1];
    expect(token).toBeDefined();
    const logged = [master, ...workers].flatMap(({ stderr }) =>
      stderr.split('\n').filter((line) => line.startsWith('[')),
    );
    expect(logged.filter((line) => line.includes(token ?? ''))).toEqual([]);
  });
});

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
    using run = start('--processes -1 --headless -t 2s --loglevel DEBUG', {
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
    expect(stderr).toMatch(/worker \S+ is lost \(its process was ended by SIGKILL[^)]*\): what it measured after/);
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

describe.concurrent('a master', () => {
  test('[36] gives up when expected workers do not come, and shows its token to nobody', async () => {
    const here = place(oneUser);
    using run = start(
      '--master --master-bind-port 0 --headless --expect-workers 2 --expect-workers-max-wait 2s --token sesame',
      here,
    );
    await run.sees(/Waiting for workers: 0 of 2/);
    const words = readFileSync(`/proc/${run.child.pid}/cmdline`, 'latin1');
    expect(words).toMatch(/--expect-workers-max-wait 2s --token \*+/);
    expect(words + readFileSync(`/proc/${run.child.pid}/status`, 'latin1')).not.toMatch(/sesame/);
    const { code, stderr, stdout } = await run.finished;
    expect(stderr).toMatch(/ERROR\/\S+: Gave up waiting for workers: 0 of 2 workers came within 2 seconds/);
    expect(stderr + stdout).not.toMatch(/sesame|Aggregated/);
    expect(code).toBe(1);
  });

  test('that is interrupted while it waits ends with code 1', async () => {
    const { run } = await startMaster('', place(oneUser));
    using _ = run;
    await run.sees(/Waiting for workers/);
    run.signal('SIGINT');
    expect((await run.finished).code).toBe(1);
  });

  test('whose port is taken says so, with code 1', async () => {
    const here = place(oneUser);
    const { run, port } = await startMaster('', here);
    using _ = run;
    const { code, stderr } = await tsload(`--master --master-bind-port ${port} --headless`, here);
    expect(stderr).toMatch(new RegExp(`error: .*${port}.*\\n$`));
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });

  test('keeps the token that it made where its user alone can read it, and takes over that of one that was killed', async () => {
    const here = place(oneUser);
    const port = await freePort();
    const path = join(here.env['HOME'] ?? '', 'tsload', `master-${hostname()}-${port}.token`);
    const tokenOf = async () => {
      const run = start(`--master --master-bind-port ${port} --headless`, here);
      await run.sees(/TSLOAD_TOKEN=\w+/);
      return { run, token: /TSLOAD_TOKEN=(\w+)/.exec(run.stderr)?.[1] };
    };
    const first = await tokenOf();
    expect(readFileSync(path, 'utf8')).toMatch(new RegExp(`^${first.token}\n`));
    first.run.signal('SIGKILL');
    await first.run.finished;
    const second = await tokenOf();
    expect(second.token).toBe(first.token);
    second.run.signal('SIGTERM');
    await second.run.finished;
    expect(existsSync(path)).toBe(false);
  });
});

describe.concurrent('a worker', () => {
  test.each([
    ['the wrong token', { TSLOAD_TOKEN: 'wrong' }, '', 255, /token/],
    [
      'a token for another machine that nobody gave',
      {},
      '--master-host 192.0.2.1',
      2,
      /wants a token: set TSLOAD_TOKEN/,
    ],
    ['a token file that is not there', {}, '--token-file none', 2, /--token-file none cannot be read/],
  ])('with %s ends with one sentence', async (_, env, line, expected, message) => {
    const here = place(oneUser);
    const { run, port } = await startMaster('', here);
    using _run = run;
    const worker = await tsload(`--worker --master-port ${port} ${line}`, { ...here, env: { ...here.env, ...env } });
    expect(worker.stderr).toMatch(message);
    expect(worker.stderr.match(/^tsload: error: /gm)).toHaveLength(1);
    expect(worker.stderr).not.toMatch(/^\s+at |wrong/m);
    expect(worker.code).toBe(expected);
    expect(run.child.exitCode).toBeNull();
  });

  test('[43] whose master was killed goes on for its grace, and ends with code 255', async () => {
    const here = place(oneUser);
    const { run, port } = await startMaster('', here);
    using _ = run;
    using worker = startWorker(port, '--master-grace 2s', here);
    await run.sees(/All users spawned/);
    run.signal('SIGKILL');
    const { code, stderr } = await worker.finished;
    expect(stderr).toMatch(/ERROR\/\S+: .*master/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(255);
  });

  test('that is interrupted leaves in good order, with all that it measured, and the test goes on', async () => {
    const here = place({ 'locustfile.ts': talkative });
    const { run, port } = await startMaster('--expect-workers 2 -u 4 -r 4 --tags wanted --json U', here);
    using _ = run;
    using leaving = startWorker(port, '', here);
    using staying = startWorker(port, '', here);
    await run.sees(/All users spawned/);
    leaving.signal('SIGINT');
    const left = await leaving.finished;
    expect(left.code, left.stderr).toBe(0);
    run.signal('SIGINT');
    const [master, stayed] = await Promise.all([run.finished, staying.finished]);
    expect([master.code, stayed.code], master.stderr).toEqual([0, 0]);
    const entries = JSON.parse(
      master.stdout.slice(master.stdout.indexOf('\n[') + 1, master.stdout.lastIndexOf(']') + 1),
    );
    expect(entries[0].num_requests).toBe(doneOn(left) + doneOn(stayed));
  });
});

function childrenOf({ child }: Run): number[] {
  return readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ').map(Number);
}

/** Files in a home folder but those of the cache of locustfiles, which is there to stay. */
function leftIn(home = ''): string[] {
  const entries = readdirSync(home, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
  return files.map((path) => relative(home, path)).filter((path) => !path.startsWith('.cache/tsload/locustfiles/'));
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}
