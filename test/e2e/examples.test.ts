/**
 * Every example runs, for a moment, as its head says: nothing but the file is given.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transformSync } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { until } from '../until.js';
import { type Finished, folder, repository, serve, start, tsload } from './tsload.js';

const examples = join(repository, 'examples');
/** Ends after so many task runs; what is random is the same in every run; the time only bounds a run that hangs. */
const shortRun = '--headless -u 4 -r 20 --iterations 12 --seed 1 -t 50s --only-summary --csv out';

/** Requests and failures of each entry, as the run's CSV has them. */
function counted({ cwd }: Finished): Readonly<Record<string, readonly [requests: number, failures: number]>> {
  const rows = readFileSync(join(cwd, 'out_stats.csv'), 'utf8').split('\r\n').slice(1, -1);
  return Object.fromEntries(
    rows.map((row) => {
      const [type, name, requests, failures] = row.split(',');
      return [`${type} ${name}`.trim(), [Number(requests), Number(failures)] as const];
    }),
  );
}

/** What each example requests, when it runs by itself. */
const requestsOf: Readonly<Record<string, readonly string[]>> = {
  'restUser.ts': ['POST /factorial/'],
  'grpcUser.ts': ['grpc /item.MathService/CalculateFactorial'],
  'taskSets.ts': ['POST browse small'],
  'tags.ts': ['POST small', 'POST large', 'POST save'],
  'loadShape.ts': ['POST /factorial/'],
  'catchResponse.ts': ['POST /factorial/', 'POST negative number'],
  'customClient.ts': ['tcp echo'],
  'interceptors.ts': ['POST /factorial/'],
  'customArguments.ts': ['POST /factorial/'],
};

const ownRuns = new Map<string, Promise<Finished>>();

/** The example by itself; once for all tests that look at it. */
function ownRun(file: string): Promise<Finished> {
  // the shape decides about users and end
  const options = file === 'loadShape.ts' ? '--headless --only-summary --csv out' : shortRun;
  const run = ownRuns.get(file) ?? tsload(`-f ${join(examples, file)} ${options}`);
  ownRuns.set(file, run);
  return run;
}

describe.concurrent('examples', () => {
  test('each file of the folder is run by a test here', () => {
    const files = readdirSync(examples).filter((file) => file.endsWith('.ts'));
    expect(files.sort()).toEqual([...Object.keys(requestsOf), 'csvTimeSeries.ts', 'libraryUse.ts'].sort());
  });

  test.each(Object.entries(requestsOf))('%s runs by itself, without a failure', async (file, names) => {
    const run = await ownRun(file);
    expect(run.code, run.stderr).toBe(0);
    const entries = counted(run);
    expect(Object.keys(entries)).toEqual(expect.arrayContaining([...names]));
    expect(Object.values(entries).filter(([requests, failures]) => requests === 0 || failures > 0)).toEqual([]);
  });

  test.each(['restUser.ts', 'grpcUser.ts'])('%s writes a row a second and a line for each request', async (file) => {
    const run = await ownRun(file);
    const [header, ...rows] = readFileSync(join(run.cwd, 'locust_results.csv'), 'utf8').trim().split('\n');
    expect(header).toBe('Time (s),RPS,Avg Response Time (ms),Failure Count');
    expect(rows.map((row) => Number(row.split(',')[0]))).toEqual(rows.map((_, index) => index + 1));
    const requests = counted(run)['Aggregated']?.[0] ?? 0;
    expect(requests).toBeGreaterThan(0);
    expect(rows.reduce((sum, row) => sum + Number(row.split(',')[1]), 0)).toBe(requests);
    const times = readFileSync(join(run.cwd, 'response_time.csv'), 'utf8').trim().split('\n');
    expect(times).toHaveLength(requests);
    expect(times.filter((time) => !/^\d+\.\d{3}$/.test(time))).toEqual([]);
  });

  test.each(['restServer.mjs', 'grpcServer.mjs'])('%s ends with the test, even after a SIGKILL of it', async (file) => {
    const name = file === 'restServer.mjs' ? 'RestUser' : 'MathUser';
    const user = file === 'restServer.mjs' ? 'restUser.ts' : 'grpcUser.ts';
    const cwd = folder();
    writeFileSync(
      join(cwd, 'locustfile.ts'),
      `import { events } from 'tsload';
       export { ${name} } from ${JSON.stringify(join(examples, user))};
       events.testStart.addListener(({ environment }) => console.log('host ' + environment.host));`,
    );
    using run = start('--headless -t 60s', { cwd });
    await run.sees(/host (?:http|grpc):\/\/127\.0\.0\.1:\d+/);
    const port = Number(/host (?:http|grpc):\/\/127\.0\.0\.1:(\d+)/.exec(run.stdout)?.[1]);
    expect(await isListening(port)).toBe(true);
    run.signal('SIGKILL');
    await until(async () => !(await isListening(port)));
  });

  test('with --host an example loads that server and starts none', async () => {
    const numbers: unknown[] = [];
    await using server = await serve(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      numbers.push([JSON.parse(text).number, request.headers['x-api-key']]);
      response.end('{}');
    });
    const run = await tsload(
      `-f ${join(examples, 'customArguments.ts')} ${shortRun} --host ${server.url} --number 7 --api-key k`,
    );
    expect(run.code, run.stderr).toBe(0);
    expect(new Set(numbers.map((number) => JSON.stringify(number)))).toEqual(new Set(['[7,"k"]']));
  });

  test('the example of interceptors gives each request an id of its own', async () => {
    const ids: unknown[] = [];
    await using server = await serve((request, response) => {
      ids.push(request.headers['x-request-id']);
      response.end();
    });
    await tsload(`-f ${join(examples, 'interceptors.ts')} ${shortRun} --host ${server.url}`);
    expect(ids.length).toBeGreaterThan(1);
    expect(ids).toEqual(ids.map(() => expect.stringMatching(/^test-\d+$/)));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('the example of catchResponse counts a wrong answer as a failure', async () => {
    await using server = await serve((_, response) => response.end('{"result": 121}'));
    const run = await tsload(`-f ${join(examples, 'catchResponse.ts')} ${shortRun} --host ${server.url}`);
    expect(run.code).toBe(1);
    const failures = readFileSync(join(run.cwd, 'out_failures.csv'), 'utf8');
    expect(failures).toContain('5! is 120');
    expect(failures).toContain('was accepted');
  });

  test('the example of tags runs only what its tag says', async () => {
    const run = await tsload(`-f ${join(examples, 'tags.ts')} ${shortRun} --tags write`);
    expect(Object.keys(counted(run)).sort()).toEqual(['Aggregated', 'POST save']);
  });

  test('the example of library use runs with Node as its head says', async () => {
    const { code } = transformSync(readFileSync(join(examples, 'libraryUse.ts'), 'utf8'), {
      loader: 'ts',
      format: 'esm',
      target: 'node20',
    });
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
      cwd: repository,
    });
    expect(stdout).toMatch(/^10 users are running\n[1-9]\d* requests, 0 failed, 95 % within \d+(\.\d+)? ms\n$/);
  });
});

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
