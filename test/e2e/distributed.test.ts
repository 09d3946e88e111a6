/** Masters and workers as processes: whole runs, and what goes wrong before and during them. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../freePort.js';
import { Relay } from '../unit/link/webSocket/relay.js';
import { until } from '../until.js';
import { leftIn, lines, oneUser, place, startMaster, startWorker } from './cluster.js';
import { type Finished, folder, idleUsers, start, tsload } from './tsload.js';

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

describe.concurrent('a master', () => {
  test('[36] gives up when expected workers do not come, and shows its token to nobody', async () => {
    const here = place(oneUser);
    using run = start(
      '--master --master-bind-port 0 --headless --expect-workers 2 --expect-workers-max-wait 6s --token sesame',
      here,
    );
    await run.sees(/Waiting for workers: 0 of 2/);
    const words = readFileSync(`/proc/${run.child.pid}/cmdline`, 'latin1');
    expect(words).toMatch(/--expect-workers-max-wait 6s --token \*+/);
    expect(words + readFileSync(`/proc/${run.child.pid}/status`, 'latin1')).not.toMatch(/sesame/);
    const { code, stderr, stdout } = await run.finished;
    expect(stderr).toMatch(/ERROR\/\S+: Gave up waiting for workers: 0 of 2 workers came within 6 seconds/);
    expect(stderr + stdout).not.toMatch(/sesame|Aggregated/);
    expect(code).toBe(1);
  });

  test('that is ended by a third signal lets its workers go first', async () => {
    const endless = `import { events } from 'tsload';
events.quitting.addListener(({ environment }) => {
  if (environment.runner?.workerIndex === -1) return new Promise((done) => setTimeout(done, 60_000));
});
`;
    const here = place({ 'locustfile.ts': endless + idleUsers('U') });
    const { run, port } = await startMaster('', here);
    using _ = run;
    using worker = startWorker(port, '--master-grace 5', here);
    await run.sees(/All users spawned/);
    run.signal('SIGINT');
    await run.sees(/Got SIGINT: stopping/);
    run.signal('SIGINT');
    await run.sees(/Got SIGINT again/);
    run.signal('SIGINT');
    expect((await run.finished).code).toBe(130);
    const ended = await worker.finished;
    expect(ended.stderr).not.toMatch(/the master is lost/);
    expect([0, 1], ended.stderr).toContain(ended.code); // 1 when its last report was under way, and not 255
  });

  test('ends when its runner quits while workers are waited for', async () => {
    const quitting = `import { events } from 'tsload';
events.init.addListener(({ environment }) => void environment.runner.quit());
`;
    const here = place({ 'locustfile.ts': quitting + idleUsers('U') });
    using run = start('--master --master-bind-port 0 --headless', here);
    const { code, stderr } = await run.finished;
    expect(stderr).toMatch(/ERROR\/\S+: the runner quit before the test began: the test is not started/);
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

describe('a master that waits for its workers', () => {
  const here = place(oneUser);
  let master: Awaited<ReturnType<typeof startMaster>>;
  beforeAll(async () => {
    master = await startMaster('', here);
  });
  afterAll(() => master.run[Symbol.dispose]());

  const oneSentence = ({ code, stderr }: Finished, expected: number, message: RegExp) => {
    expect(stderr).toMatch(message);
    expect(stderr.match(/^tsload: error: /gm)).toHaveLength(1);
    expect(stderr).not.toMatch(/^\s+at |sesame/m);
    expect(code).toBe(expected);
  };

  test('refuses a worker with the wrong token, which ends with one sentence', async () => {
    const env = { ...here.env, TSLOAD_TOKEN: 'sesame' };
    oneSentence(await tsload(`--worker --master-port ${master.port}`, { ...here, env }), 255, /token/);
    await master.run.sees(/refused a connection from .*: its token is wrong/);
    expect(master.run.child.exitCode).toBeNull();
  });

  test('keeps its port: another master says so, with code 1', async () => {
    const other = await tsload(`--master --master-bind-port ${master.port} --headless`, here);
    oneSentence(other, 1, new RegExp(`error: .*${master.port}.*\\n$`));
  });

  test('ends with code 1 when it is interrupted', async () => {
    await master.run.sees(/Waiting for workers/);
    master.run.signal('SIGINT');
    expect((await master.run.finished).code).toBe(1);
  });

  test.each([
    ['a token for another machine that nobody gave', '--master-host 192.0.2.1', /wants a token: set TSLOAD_TOKEN/],
    ['a token file that is not there', '--token-file none', /--token-file none cannot be read/],
  ])('is not even looked for by a worker with %s', async (_, line, message) => {
    oneSentence(await tsload(`--worker ${line}`, here), 2, message);
  });
});

describe.concurrent('a worker', () => {
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

  test('whose init fails leaves its master, whose exit code and log tell of it', async () => {
    const failing = `events.init.addListener(({ runner }) => { if (runner?.workerIndex === 0) throw new Error('no accounts'); });`;
    const here = place({ 'locustfile.ts': `${idleUsers('U')}\n${failing}` });
    const { run, port } = await startMaster('--master-bind-host 127.0.0.1 --only-summary', here);
    using _ = run;
    const worker = await startWorker(port, '', here).finished;
    expect(worker.stderr).toMatch(/A listener of init failed: the test is not started/);
    expect(worker.code).toBe(1);
    const { code, stderr } = await run.finished;
    expect(stderr).toMatch(/tsload\.workers: .*a listener of init failed: Error: no accounts/);
    expect(stderr).not.toMatch(/missing|lost/);
    expect(code).toBe(2);
  });

  test('that is interrupted while its init listeners run leaves its master, which does not wait for it', async () => {
    const waiting = `events.init.addListener(async ({ runner }) => {
      if (runner?.workerIndex !== 0) return;
      console.log('waits');
      await new Promise((done) => setTimeout(done, 60_000));
    });`;
    const here = place({ 'locustfile.ts': `${idleUsers('U')}\n${waiting}` });
    const { run, port } = await startMaster('--expect-workers 2 --only-summary', here);
    using _ = run;
    using worker = startWorker(port, '', here);
    await worker.sees(/^waits$/m);
    worker.signal('SIGINT');
    expect((await worker.finished).code).toBe(130);
    await run.sees(/ is gone: it quit/);
    expect(run.stderr).not.toMatch(/is missing/);
  });

  test('that is interrupted while the init of its master runs leaves it: it is neither let in nor waited for', async () => {
    const waiting = `import { existsSync } from 'node:fs';
      events.init.addListener(async ({ runner }) => {
        while (runner?.workerIndex === -1 && !existsSync('go')) await new Promise((done) => setTimeout(done, 50));
      });`;
    const here = place({ 'locustfile.ts': `${waiting}\n${idleUsers('U')}` });
    const env = { ...here.env, TSLOAD_TOKEN: 'known-to-both' };
    const { run, port } = await startMaster('', { ...here, env });
    using _ = run;
    await using relay = await Relay.open(port);
    using worker = startWorker(relay.port, '-f locustfile.ts', { ...here, env });
    let answers = 0;
    let bytes = 0;
    const isWaiting = () => {
      if (relay.passed.toWorker > bytes) answers++;
      bytes = relay.passed.toWorker;
      return answers >= 4; // that the connection is there, the welcome to it, and two heartbeats of a second each
    };
    await until(isWaiting, { timeoutMs: 60_000 });
    worker.signal('SIGINT');
    const { code, stderr } = await worker.finished;
    expect(code, stderr).toBe(130);
    expect(stderr).toMatch(/Got SIGINT: this worker leaves \(once more: at once\)/);
    writeFileSync(join(here.cwd, 'go'), '');
    await run.sees(/Waiting for workers: 0 of 1 are ready/);
    expect(run.stderr).not.toMatch(/has joined|is missing/);
  });

  test.each([
    ['', 'SIGINT', 130],
    ['-f locustfile.ts', 'SIGINT', 130],
    ['-f locustfile.ts', 'SIGTERM', 143],
  ] as const)(
    'that is interrupted while there is no master yet says so, and ends: %j, %s',
    async (line, signal, code) => {
      using worker = startWorker(1, line, place(oneUser));
      await worker.sees(/Waiting for a master that you start/);
      worker.signal(signal);
      const end = await worker.finished;
      expect(end.stderr).toMatch(new RegExp(`Got ${signal}: this worker ends before a master has let it in\\n$`));
      expect(end.code).toBe(code);
    },
  );

  test('that is interrupted while it dials a master that is not there ends', async () => {
    const { env, cwd } = place(oneUser);
    using worker = startWorker(1, '-f locustfile.ts', { cwd, env: { ...env, TSLOAD_TOKEN: 'abc' } });
    await worker.sees(/127\.0\.0\.1:1 .*trying/);
    worker.signal('SIGINT');
    const { code, stderr } = await worker.finished;
    expect(stderr).toMatch(/Got SIGINT: this worker leaves \(once more: at once\)\n$/);
    expect(code).toBe(130);
  });

  test('that is asked what is in its locustfile answers, and joins nobody', async () => {
    const here = place(oneUser);
    const [listed, ratio] = await Promise.all([
      startWorker(1, '-f locustfile.ts --list', here).finished,
      startWorker(1, '-f locustfile.ts --processes 2 --show-task-ratio-json', here).finished,
    ]);
    expect(listed.stdout, listed.stderr).toBe('Available Users:\n    U\n');
    expect(Object.keys(JSON.parse(ratio.stdout)), ratio.stderr).toEqual(['per_class', 'total']);
    expect([listed.code, ratio.code]).toEqual([0, 0]);
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

  test('that is interrupted twice while users do not end says goodbye all the same: nobody waits for it', async () => {
    const endless = `
      import { constant, task, User } from 'tsload';
      export class U extends User {
        static override waitTime = constant(1);
        @task async doze() { await new Promise((done) => setTimeout(done, 60_000)); }
      }`;
    const here = place({ 'locustfile.ts': endless });
    const { run, port } = await startMaster('--expect-workers 1 -u 2 -r 2 --stop-timeout 50', here);
    using _ = run;
    using leaving = startWorker(port, '', here);
    await run.sees(/All users spawned/);
    leaving.signal('SIGINT');
    await leaving.sees(/Got SIGINT/);
    leaving.signal('SIGINT');
    expect((await leaving.finished).code).toBe(0);
    await run.sees(/ is gone: it quit/);
    expect((await run.finished).stderr).not.toMatch(/is missing/);
  });
});
