/** What becomes of the outputs of a whole run: on a terminal, on a disk that fills, and where they cannot be written. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HistogramLogReader } from 'hdr-histogram-js';
import { describe, expect, test } from 'vitest';
import { exitCodes } from '../../src/cli/exit.js';
import { Screen } from '../screen.js';
import { folder, idleUsers, program, tsload } from './tsload.js';

/** Sixty names, so that every second has many rows. */
const manyNames = `
  import { constant, events, task, User } from 'tsload';
  export class Caller extends User {
    static waitTime = constant(0.2);
    @task call() {
      for (let i = 0; i < 60; i++) {
        events.request.fire({ requestType: 'X', name: 'request number ' + i, responseTime: i + 0.4, responseLength: 1 });
      }
    }
  }`;

describe.concurrent('an output file that cannot be written ends tsload before the run, with one sentence', () => {
  test.each([
    ['--csv', 'file/out', 'file/out_stats.csv'],
    ['--json-file', 'file/out', 'file/out.json'],
    ['--hdr-log', 'file/out', 'file/out'],
    ['--hdr-log', '/dev/full', '/dev/full'],
  ])('%s %s', async (option, value, path) => {
    const files = { 'locustfile.ts': idleUsers('Idle'), file: '' };
    const run = await tsload(`--headless -t 1s ${option} ${value}`, { files });
    expect(run.code).toBe(exitCodes.failed);
    expect(run.stderr).toContain(`output file ${path} cannot be written (`);
    expect(run.stderr).not.toMatch(/ramping|^ +at /m);
  });
});

test
  .skipIf(process.platform !== 'linux')
  .concurrent('a disk that fills during the run costs no other result, and the exit code says so', async () => {
    const cwd = folder({ 'locustfile.ts': manyNames });
    const line = `ulimit -S -f 48; exec "$0" "$@"`; // 24 kB for each file: the locustfile's bundle fits, the history does not
    const options = [
      '--headless',
      '-t',
      '8s', // rows of four seconds are too many; on a busy machine some seconds have none
      '--csv',
      'out',
      '--csv-full-history',
      '--json-file',
      'big',
      '--only-summary',
    ];
    const run = promisify(execFile)('sh', ['-c', line, process.execPath, program, ...options], { cwd });
    const failed = await run.then(
      () => ({ code: 0, stderr: '' }),
      (thrown: { code: number; stderr: string }) => thrown,
    );
    expect(failed.code).toBe(exitCodes.output);
    expect(failed.stderr).toMatch(/out_stats_history\.csv cannot be written now: EFBIG/);
    expect(failed.stderr).toMatch(/ERROR\/.*out_stats_history\.csv could not be written: EFBIG/);
    const history = readFileSync(join(cwd, 'out_stats_history.csv'), 'utf8');
    expect(history.endsWith('\r\n')).toBe(true);
    expect(
      history
        .split('\r\n')
        .slice(1, -1)
        .filter((row) => row.split(',').length !== 24),
    ).toEqual([]);
    const stats = readFileSync(join(cwd, 'out_stats.csv'), 'utf8').split('\r\n');
    expect(stats).toHaveLength(1 + 60 + 1 + 1);
    expect(stats[1]).toMatch(/^X,request number 0,[1-9]\d*,0,0\.4,/);
    expect(existsSync(join(cwd, 'big.json'))).toBe(false);
  });

test.concurrent('the CSV file about the load generator has a row for each second of the run', async () => {
  const run = await tsload('--headless -u 2 -r 10 -t 6s --warmup 2s --csv run --only-summary', {
    files: { 'locustfile.ts': idleUsers('Idle') },
  });
  const [header = '', ...rows] = readFileSync(join(run.cwd, 'run_generator.csv'), 'utf8').split('\r\n').slice(0, -1);
  const columns = header.split(',');
  const cells = rows.map((row) => Object.fromEntries(row.split(',').map((cell, at) => [columns[at], cell])));
  expect(cells.filter(({ Worker }) => Worker !== 'local')).toEqual([]);
  const { Worker, 'Round Trip ms': roundTrip, 'Clock Offset ms': offset, ...numbers } = cells[1] ?? {};
  expect([roundTrip, offset]).toEqual(['', '']); // there is no connection in between
  expect(Object.values(numbers).filter((number) => !(Number(number) >= 0))).toEqual([]);
  const seconds = cells.filter((row) => row['Warm-up'] === '0').map((row) => row['Timestamp']);
  expect(seconds.length).toBeGreaterThan(1);
  expect(new Set(seconds).size).toBe(seconds.length);
  expect(Number(numbers['CPU %'])).toBeGreaterThan(0);
  expect(Number(numbers['Memory Bytes'])).toBeGreaterThan(1e7);
  expect(numbers['Users']).toBe('2');
  expect(new Set(cells.map((row) => row['Warm-up']))).toEqual(new Set(['1', '0']));
});

test.concurrent('the history has one row for each second from the first to the last, also of those in which the process stood still', async () => {
  const blocking = `
    import { constant, task, User } from 'tsload';
    export class Blocking extends User {
      static waitTime = constant(0.21);
      @task work() {
        const until = performance.now() + 1130;
        while (performance.now() < until) {}
      }
    }`;
  const began = Math.floor(Date.now() / 1000);
  const run = await tsload('--headless -u 1 -t 7s --csv run --only-summary', { files: { 'locustfile.ts': blocking } });
  const ended = Math.floor(Date.now() / 1000);
  const rows = readFileSync(join(run.cwd, 'run_stats_history.csv'), 'utf8').split('\r\n').slice(1, -1);
  const seconds = rows.map((row) => Number(row.split(',')[0]));
  const [first = 0, last = 0] = [seconds[0], seconds.at(-1)];
  expect(seconds).toEqual(Array.from({ length: last - first + 1 }, (_, at) => first + at));
  expect(last - first).toBeGreaterThanOrEqual(6);
  expect(first).toBeGreaterThanOrEqual(began);
  expect(last).toBeLessThanOrEqual(ended);
});

test.concurrent('the histogram log of a run holds its requests', async () => {
  const run = await tsload('--headless -t 3s --hdr-log out/run.hlog --csv out/run', {
    files: { 'locustfile.ts': manyNames },
  });
  const reader = new HistogramLogReader(readFileSync(join(run.cwd, 'out/run.hlog'), 'utf8'));
  let [requests, intervals] = [0, 0];
  for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram()) {
    if (next.tag !== 'X:request%20number%207') continue;
    requests += next.totalCount;
    intervals++;
    expect(next.getValueAtPercentile(50)).toBeGreaterThan(7390);
    expect(next.getValueAtPercentile(50)).toBeLessThan(7410);
  }
  expect(intervals).toBeGreaterThan(1);
  expect(readFileSync(join(run.cwd, 'out/run_stats.csv'), 'utf8')).toContain(`X,request number 7,${requests},0,7.4,`);
});

const hasScript = spawnSync('script', ['--version']).status === 0;

test
  .skipIf(!hasScript)
  .concurrent('on a terminal a live line stands below tables, log lines and prints, and mixes with none', async () => {
    const cwd = folder();
    const locustfile = `${idleUsers('Idle')}
    setInterval(() => console.log('printed by the locustfile'), 130).unref();`;
    writeFileSync(join(cwd, 'locustfile.ts'), locustfile);
    const command = `stty cols 170; '${process.execPath}' '${program}' --headless -u 2 -t 4s`;
    const { stdout } = await promisify(execFile)('script', ['-qec', command, '/dev/null'], {
      cwd,
      env: { ...process.env, TERM: 'xterm', NO_COLOR: '1' },
    });
    expect(stdout).toMatch(/\d:\d\d\/0:04 {2}users 2\/2 {2}\d+\.\d req\/s {2}failures 0 \(0\.00%\) {2}p95 (1 ms|-)/);
    const screen = new Screen();
    screen.write(stdout);
    const known = /^(\[\d{4}-|printed by the locustfile$|Type |-+\||(X| ) |Response time percentiles|saturated: |$)/;
    expect(screen.lines.filter((line) => !known.test(line))).toEqual([]);
    expect(screen.lines.filter((line) => line === 'printed by the locustfile').length).toBeGreaterThan(9);
  });
