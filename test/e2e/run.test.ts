/** Whole runs of one process: users, shapes, options, signals, exit codes, outputs. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Finished, folder, idleUsers, serve, start, tsload } from './tsload.js';

const oneUser = { 'locustfile.ts': idleUsers('U') };

/** A locustfile of `idleUsers('U')` and more. */
const withMore = (more: string) => ({
  'locustfile.ts': `${idleUsers('U')}\nimport { LoadTestShape, StopTest, tag } from 'tsload';\n${more}`,
});

describe.concurrent('users', () => {
  test('[10] without -u and -r there is one user', async () => {
    const { code, stderr } = await tsload('--headless -t 1s', { files: oneUser });
    expect(stderr).toMatch(/All users spawned: \{"U": 1\} \(1 total users\)/);
    expect(code).toBe(0);
  });

  test('[13] two classes of a directory get one user each of two', async () => {
    const files = { 'tests/a.ts': idleUsers('A'), 'tests/sub/b.ts': idleUsers('B') };
    const { code, stderr } = await tsload('-f tests --headless -u 2 -r 10 -t 3s', { files });
    expect(stderr).toMatch(/All users spawned: \{"A": 1, "B": 1\} \(2 total users\)/);
    expect(code).toBe(0);
  });

  test('[8] several files, separated by commas, and a directory, are all loaded', async () => {
    const cwd = folder({ 'd/a.ts': idleUsers('A'), 'd/b.ts': idleUsers('B'), 'c.ts': idleUsers('C') });
    for (const spec of ['d/a.ts,d/b.ts', 'd']) {
      expect((await tsload(['-f', spec, '--list'], { cwd })).stdout).toBe('Available Users:\n    A\n    B\n');
    }
    expect((await tsload('-f d -f c.ts --list', { cwd })).stdout).toContain('    C\n');
  });

  test('[21] fixed counts come first, the rest is shared by weight: 2, 4 and 4 of 10', async () => {
    const files = { 'locustfile.ts': `${idleUsers('A', 'B', 'C')}\nA.fixedCount = 2;` };
    const { stderr } = await tsload('--headless -u 10 -r 100 -t 3s', { files });
    expect(stderr).toMatch(/All users spawned: \{"A": 2, "B": 4, "C": 4\} \(10 total users\)/);
  });

  test('[22] fixed counts above --users are worth a line, and the run goes on', async () => {
    const files = { 'locustfile.ts': `${idleUsers('A', 'B')}\nA.fixedCount = 2; B.fixedCount = 2;` };
    const { code, stderr } = await tsload('--headless -u 3 -r 100 -t 3s', { files });
    expect(stderr).toMatch(/INFO\/tsload.main: the fixed counts .* add up to 4, more than the 3 users/);
    expect(stderr).toMatch(/\(3 total users\)/);
    expect(code).toBe(0);
  });

  test('[23] a package directory is loaded and run', async () => {
    const files = { 'pack/index.ts': `export { A } from './_a.js';`, 'pack/_a.ts': idleUsers('A') };
    const { code, stderr } = await tsload('-f pack --headless -t 1s', { files });
    expect(stderr).toMatch(/\{"A": 1\}/);
    expect(code).toBe(0);
  });

  test('[24] of three classes only the two that are named run: 3 and 2 of 5', async () => {
    const files = { 'locustfile.ts': idleUsers('User1', 'User2', 'User3') };
    const { stderr } = await tsload('--headless -u 5 -r 100 -t 3s User2 User3', { files });
    expect(stderr).toMatch(/All users spawned: \{"User2": 3, "User3": 2\} \(5 total users\)/);
    expect(stderr).not.toMatch(/User1/);
  });

  test('--config-users sets weights and tasks, --equal-weights levels them', async () => {
    const locustfile = `
      import { constant, events, task, User } from 'tsload';
      class Base extends User { static waitTime = constant(0.1); }
      const sample = (name: string) => events.request.fire({ requestType: 'X', name, responseTime: 1, responseLength: 0 });
      export class A extends Base { @task(99) a() { sample('a'); } @task b() { sample('b'); } }
      export class B extends Base { @task c() { sample('c'); } }`;
    const cwd = folder({ 'locustfile.ts': locustfile });
    const configured = await tsload(
      [
        '--headless',
        '-u',
        '4',
        '-r',
        '100',
        '-t',
        '1s',
        '--json',
        '--config-users',
        '[{"user_class_name":"A","weight":3,"tasks":["b"]}]',
      ],
      { cwd },
    );
    expect(configured.stderr).toMatch(/\{"A": 3, "B": 1\}/);
    expect(JSON.parse(configured.stdout).map((entry: { name: string }) => entry.name)).toEqual(['b', 'c']);
    const equal = await tsload('--show-task-ratio-json --equal-weights', { cwd });
    expect(JSON.parse(equal.stdout).per_class.A).toMatchObject({
      ratio: 0.5,
      tasks: { a: { ratio: 0.5 }, b: { ratio: 0.5 } },
    });
  });

  test('--iterations ends the run exactly after so many tasks, in all or for each user', async () => {
    const cwd = folder({ 'locustfile.ts': idleUsers('U').replace('constant(0.1)', 'constant(0)') });
    const total = await tsload('--headless -u 3 -r 100 --iterations 50 --json', { cwd });
    expect(total.stderr).toContain('No run time limit set, the test ends after 50 iterations\n');
    expect([total.code, JSON.parse(total.stdout)[0].num_requests]).toEqual([0, 50]);
    const each = await tsload('--headless -u 3 -r 100 --iterations 7/user --json', { cwd });
    expect(each.stderr).toContain('No run time limit set, the test ends after 7 iterations of each user\n');
    expect([each.code, JSON.parse(each.stdout)[0].num_requests]).toEqual([0, 21]);
  });

  test('--seed makes two runs choose the same tasks', async () => {
    const locustfile = `
      import { task, User } from 'tsload';
      export class U extends User { ${[...'abcdefgh'].map((name) => `@task ${name}() { process.stdout.write('${name}'); }`).join(' ')} }`;
    const cwd = folder({ 'locustfile.ts': locustfile });
    const run = async (seed: number) =>
      (await tsload(`--headless --iterations 40 --seed ${seed} --only-summary`, { cwd })).stdout;
    const [first, again, other] = await Promise.all([run(1), run(1), run(2)]);
    expect(first).toMatch(/^[a-h]{40}$/);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });
});

describe.concurrent('an end', () => {
  test('[12] without a run time, Ctrl+C is named, and SIGINT ends the run with 0 and the tables', async () => {
    using run = start('--headless', { files: oneUser });
    await run.sees(/All users spawned/);
    run.signal('SIGINT');
    const { code, stderr } = await run.finished;
    expect(stderr).toMatch(/No run time limit set, use CTRL\+C to end the test/);
    expect(stderr).toMatch(
      /Got SIGINT: stopping the test[\s\S]*Shutting down \(exit code 0\)[\s\S]*Aggregated[\s\S]*Response time percentiles/,
    );
    expect(code).toBe(0);
  });

  test.each(['SIGTERM', 'SIGHUP'] as const)('%s writes everything, as SIGINT does', async (signal) => {
    using run = start('--headless --csv out/x --json-file out/y --hdr-log out/z.hlog', { files: oneUser });
    await run.sees(/All users spawned/);
    await run.sees(/Aggregated/);
    run.signal(signal);
    const { code, cwd } = await run.finished;
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(join(cwd, 'out/y.json'), 'utf8'))[0].num_requests).toBeGreaterThan(0);
    expect(readFileSync(join(cwd, 'out/x_stats.csv'), 'utf8')).toMatch(/Aggregated/);
    expect(readFileSync(join(cwd, 'out/z.hlog'), 'utf8')).toMatch(/Tag=X:U,/);
  });

  test('a second SIGINT does not wait for a task that goes on, and gives tables and code all the same', async () => {
    const files = withMore(
      `export class Slow extends User { @task async t() { sample('slow', 'broken'); console.log('in it'); await this.sleep(60); } }`,
    );
    using run = start('--headless -s 60 Slow --csv x', { files });
    await run.sees(/in it/);
    run.signal('SIGINT');
    await run.sees(/Got SIGINT: stopping/);
    run.signal('SIGINT');
    const { code, stderr, cwd } = await run.finished;
    expect(stderr).toMatch(/Got SIGINT again[\s\S]*Shutting down \(exit code 1\)[\s\S]*Error report/);
    expect(readFileSync(join(cwd, 'x_failures.csv'), 'utf8')).toMatch(/X,slow,broken,1,/);
    expect(code).toBe(1);
  });

  test('-t ends the run, and says so; a run without --headless starts at once, and says so', async () => {
    const begun = performance.now();
    const { code, stderr } = await tsload('-t 1s', { files: oneUser });
    expect(performance.now() - begun).toBeGreaterThan(1000);
    expect(stderr).toMatch(/There is no web page in this version: the test starts at once/);
    expect(stderr).toMatch(
      /Run time limit set to 1 seconds[\s\S]*--run-time limit reached, shutting down[\s\S]*Shutting down \(exit code 0\)/,
    );
    expect(code).toBe(0);
  });

  test('[30] SIGINT in a shape run calls test_stop listeners and prints the final table', async () => {
    const files = withMore(`
      events.testStop.addListener(() => console.log('test_stop'));
      export class Shape extends LoadTestShape { tick() { return [1, 1]; } }`);
    using run = start('--headless', { files });
    await run.sees(/All users spawned/);
    run.signal('SIGINT');
    const { code, stdout, stderr } = await run.finished;
    expect(stdout).toBe('test_stop\n');
    expect(stderr).toMatch(/Got SIGINT[\s\S]*Aggregated/);
    expect(code).toBe(0);
  });

  test('nothing of the locustfile is left in the temporary folder, however the process ends', async () => {
    const tmp = folder();
    const left = async (line: string, signal?: NodeJS.Signals) => {
      using run = start(line, { files: oneUser, env: { TMPDIR: tmp } });
      if (signal !== undefined) {
        await run.sees(/All users spawned/);
        run.signal(signal);
      }
      await run.finished;
      const { readdirSync } = await import('node:fs');
      return readdirSync(tmp);
    };
    expect(await left('--list')).toEqual([]);
    expect(await left('--headless -t 1s')).toEqual([]);
    expect(await left('--headless', 'SIGINT')).toEqual([]);
    expect(await left('--bogus')).toEqual([]);
  });
});

describe.concurrent('exit codes', () => {
  test('[5] a code that a quitting listener sets is the exit code, is logged, and reaches the quit event', async () => {
    const files = withMore(`
      events.quitting.addListener(({ environment }) => { environment.processExitCode = 42; });
      events.quit.addListener(({ exitCode }) => console.log('quit', exitCode));`);
    const { code, stdout, stderr } = await tsload('--headless -t 1s', { files });
    expect(stderr).toMatch(/Shutting down \(exit code 42\)/);
    expect([code, stdout]).toEqual([42, 'quit 42\n']);
  });

  test('a failed request, a task that throws, a stray rejection and a stray throw end with --exit-code-on-error', async () => {
    const codeOf = async (body: string, option = '') => {
      const files = withMore(`export class F extends User { static waitTime = constant(0.1); @task t() { ${body} } }`);
      return await tsload(`--headless -t 1s ${option} F`, { files });
    };
    const [failed, thrown, rejected, stray, nothing] = await Promise.all([
      codeOf(`sample('x', 'broken');`),
      codeOf(`throw new Error('oops');`, '--exit-code-on-error 7'),
      codeOf(`Promise.reject(new Error('nobody waits'));`, '--csv x'),
      codeOf(`setTimeout(() => { throw new Error('in a timer'); });`),
      codeOf('throw undefined;'),
    ]);
    expect([failed.code, thrown.code, rejected.code, stray.code, nothing.code]).toEqual([1, 7, 1, 1, 1]);
    expect(failed.stderr).toMatch(/Error report/);
    expect(thrown.stderr).toMatch(/ERROR\/tsload\S*: .*oops[\s\S]*locustfile.ts:\d+/);
    expect(rejected.stderr).toMatch(/a rejected promise that nothing awaits: Error: nobody waits/);
    expect(readFileSync(join(rejected.cwd, 'x_exceptions.csv'), 'utf8')).toMatch(/nobody waits/);
    expect(stray.stderr).toMatch(/an exception that nothing catches: Error: in a timer/);
  });

  test('[31] an init listener that throws ends with 1 before any user is started', async () => {
    const files = withMore(`events.init.addListener(async () => { throw new Error('no database'); });`);
    const { code, stderr } = await tsload('--headless -t 1s', { files });
    expect(stderr).toMatch(/a listener of init failed: Error: no database/);
    expect(stderr).not.toMatch(/users spawned/);
    expect(code).toBe(1);
  });

  test('another listener that throws ends with 2', async () => {
    const files = withMore(`events.testStart.addListener(() => { throw new Error('oops'); });`);
    expect((await tsload('--headless -t 1s', { files })).code).toBe(2);
  });

  test('process.exit in a task ends with its code', async () => {
    const files = withMore('export class X extends User { @task t() { process.exit(9); } }');
    expect((await tsload('--headless X', { files })).code).toBe(9);
  });

  test('[29] tags that match nothing: a warning, errors about missing tasks, and 1', async () => {
    const { code, stderr } = await tsload('--headless -t 1s --tags none', { files: oneUser });
    expect(stderr).toMatch(/WARNING\/\S+: .*no tasks left/);
    expect(stderr).toMatch(/ERROR\/\S+: .*no tasks/i);
    expect(code).toBe(1);
  });

  test('[35] an HttpUser without a host explains itself and ends the test', async () => {
    const files = withMore(
      `import { HttpUser } from 'tsload'; export class H extends HttpUser { @task async t() { await this.client.get('/'); } }`,
    );
    const { code, stderr } = await tsload('--headless H', { files });
    expect(stderr).toMatch(/ERROR\/\S+: .*host.*--host/i);
    expect(stderr).toMatch(/Shutting down \(exit code 1\)/);
    expect(code).toBe(1);
  });

  test('StopTest of the locustfile is no fault: the test ends with 0', async () => {
    const files = withMore(`export class S extends User { @task t() { throw new StopTest('enough'); } }`);
    const { code, stderr } = await tsload('--headless S', { files });
    expect(stderr).toMatch(/ERROR\/\S+: enough/);
    expect(code).toBe(0);
  });
});

describe.concurrent('shapes', () => {
  const stages = `let ticks = 0; export class Shape extends LoadTestShape { tick() { return ([[1, 10], [3, 10], [3, 10], [3, 10]] as [number, number][])[ticks++] ?? null; } }`;

  test('[14] a shape runs: updates are logged, tables come periodically and at the end, and it ends with 0', async () => {
    const { code, stderr } = await tsload('--headless', { files: withMore(stages) });
    expect(stderr).toMatch(/[Ss]hape test starting/);
    expect(stderr).toMatch(
      /[Ss]hape test updating to 1 users? at 10.00 spawn rate[\s\S]*[Ss]hape test updating to 3 users at 10.00/,
    );
    expect(stderr).toMatch(/Shape test completed, shutting down/);
    expect(stderr.match(/Aggregated/g)?.length).toBeGreaterThanOrEqual(3);
    expect(code).toBe(0);
  });

  test('[28] -u, -r and -t with a shape make two warnings, unless it uses common options', async () => {
    const end = 'export class Shape extends LoadTestShape { static useCommonOptions = USES; tick() { return null; } }';
    const run = (uses: string) => tsload('--headless -u 3 -t 5s', { files: withMore(end.replace('USES', uses)) });
    const [warned, silent] = await Promise.all([run('false'), run('true')]);
    expect(warned.stderr).toMatch(/WARNING\/\S+: the following options have no effect: --users, --run-time/);
    const warnings = ({ stderr }: Finished) => stderr.match(/WARNING(?!.*: the load generator )/g) ?? []; // a busy machine makes that one
    expect(warnings(warned)).toHaveLength(2);
    expect(warnings(silent)).toEqual([]);
  });

  test('a shape that returns nonsense, or throws, ends with one message and 2, and the numbers so far are written', async () => {
    const run = (body: string) =>
      tsload('--headless --json', {
        files: withMore(
          `export class Shape extends LoadTestShape { tick(): any { if (this.getRunTime() < 1) return [2, 10]; ${body} } }`,
        ),
      });
    const [nonsense, threw] = await Promise.all([run(`return 'three';`), run(`throw new Error('no idea');`)]);
    for (const { code, stderr, stdout } of [nonsense, threw]) {
      expect(stderr).toMatch(/(ERROR|CRITICAL)\/\S+: .*(three|no idea)/);
      expect(JSON.parse(stdout)[0].num_requests).toBeGreaterThan(0);
      expect(code).toBe(2);
    }
  });
});

describe.concurrent('options reach the test', () => {
  test('[4] a custom option of tsload.conf reaches the tasks', async () => {
    const files = {
      ...withMore(`
        events.initCommandLineParser.addListener(({ parser }) => parser.addArgument('--my-color', { default: 'red' }));
        export class C extends User { @task t() { console.log(this.environment.parsedOptions.myColor); } }`),
      'tsload.conf': 'my-color = blue\n',
    };
    expect((await tsload('--headless --iterations 1 C', { files })).stdout).toBe('blue\n');
  });

  test('--host overrides the hosts of the classes', async () => {
    await using server = await serve();
    const files = withMore(`
      import { HttpUser } from 'tsload';
      export class H extends HttpUser { static host = 'http://127.0.0.1:1'; @task async t() { await this.client.get('/x'); } }`);
    const { code, stdout } = await tsload(`--headless --iterations 3 --json -H ${server.url} H`, { files });
    expect(JSON.parse(stdout)).toMatchObject([{ name: '/x', method: 'GET', num_requests: 3, num_failures: 0 }]);
    expect(code).toBe(0);
  });

  test('--warmup keeps the first requests out of the totals', async () => {
    const { stdout, stderr } = await tsload('--headless -t 2s --warmup 1s --json', { files: oneUser });
    const requests = JSON.parse(stdout)[0].num_requests;
    expect(requests).toBeGreaterThan(0);
    expect(requests).toBeLessThan(15);
    expect(stderr).toMatch(/warm-up: \d+ requests/);
  });
});

describe.concurrent('outputs', () => {
  test('[32] --json gives a JSON list with typed fields on standard output, and nothing else', async () => {
    const { stdout, stderr } = await tsload('--headless -t 1s --json', { files: oneUser });
    const [entry] = JSON.parse(stdout);
    expect(entry).toMatchObject({
      name: 'U',
      method: 'X',
      num_failures: 0,
      min_response_time: 1,
      max_response_time: 1,
    });
    expect(stdout).toMatch(/"total_response_time": \d+\.\d/);
    expect(typeof entry.start_time).toBe('number');
    expect(entry.num_requests).toBe(Object.values<number>(entry.response_times).reduce((sum, count) => sum + count, 0));
    expect(stderr).toMatch(/Aggregated/);
  });

  test('[33] --json-file x writes x.json instead of the final tables', async () => {
    const { cwd, stderr } = await tsload('--headless -t 1s --json-file x --only-summary', { files: oneUser });
    expect(JSON.parse(readFileSync(join(cwd, 'x.json'), 'utf8'))[0].name).toBe('U');
    expect(stderr).not.toMatch(/Aggregated/);
  });

  test('requests that the stop cut off are said where no table is printed, too', async () => {
    await using server = await serve(() => {}); // never answers
    const files = {
      'locustfile.ts': `
        import { HttpUser, task } from 'tsload';
        export class U extends HttpUser { @task async t() { await this.client.get('/'); } }`,
    };
    const { stderr } = await tsload(`--headless -t 1s --json-file x -H ${server.url}`, { files });
    expect(stderr).toMatch(/^cut off: 1 request under way at a stop, in no number above$/m);
  });

  test('--csv writes four files into a folder that it makes, equal to the JSON of the same run', async () => {
    const { cwd, stdout } = await tsload('--headless -t 2s --csv out/deep/x --csv-full-history --json', {
      files: oneUser,
    });
    const read = (name: string) => readFileSync(join(cwd, `out/deep/x_${name}.csv`), 'utf8');
    const requests = JSON.parse(stdout)[0].num_requests;
    expect(read('stats')).toContain(`\r\nX,U,${requests},0,`);
    expect(read('stats')).toContain(`\r\n,Aggregated,${requests},0,`);
    expect(read('stats_history')).toMatch(/\r\n\d+,1,X,U,/);
    expect([read('failures'), read('exceptions')]).toEqual([
      expect.stringMatching(/^Method,/),
      expect.stringMatching(/^Count,/),
    ]);
  });

  test('[152] log lines, prints and loggers of the locustfile have their places, with --skip-log-setup only prints', async () => {
    const files = withMore(`
      console.log('printed while loading');
      export class L extends User { onStart() { console.log('printed'); } @task async t() { await this.sleep(60); } }`);
    const cwd = folder(files);
    const plain = await tsload('--headless -t 1s L', { cwd });
    expect(plain.stdout).toBe('printed while loading\nprinted\n');
    expect(plain.stderr).toMatch(
      /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] [^/\s]+\/INFO\/tsload\.main: Starting tsload /,
    );
    const skipped = await tsload('--headless -t 1s L --skip-log-setup', { cwd });
    // What Python prints there as well: warnings, bare. A busy machine makes this one.
    const lines = skipped.stderr.replace(/^the load generator .*\n/gm, '');
    expect([skipped.stdout, lines]).toEqual(['printed while loading\nprinted\n', '']);
    const filed = await tsload('--headless -t 1s L --logfile x.log', { cwd });
    expect(filed.stdout).toBe(plain.stdout);
    expect(filed.stderr).toMatch(/Aggregated/);
    expect(filed.stderr).not.toMatch(/INFO/);
    expect(readFileSync(join(cwd, 'x.log'), 'utf8')).toMatch(/INFO\/tsload.main: Starting tsload[\s\S]*Shutting down/);
  });

  test('--only-summary prints the tables once, without it they come every two seconds', async () => {
    const tables = async (line: string) =>
      (await tsload(`--headless -t 3s ${line}`, { files: oneUser })).stderr.match(/# reqs +# fails/g)?.length;
    const [summary, periodic] = await Promise.all([tables('--only-summary'), tables('')]);
    expect([summary, periodic]).toEqual([1, 2]);
  });

  test('a user that ignores being stopped is named and does not hold up the end', async () => {
    const files = withMore(
      `export class Stubborn extends User { @task async t() { console.log('in it'); await new Promise(() => {}); } }`,
    );
    const { code, stderr } = await tsload('--headless -t 1s Stubborn', { files });
    expect(stderr).toMatch(/WARNING\/\S+: .*Stubborn/);
    expect([code, existsSync('never')]).toEqual([0, false]);
  });
});
