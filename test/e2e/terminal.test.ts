/** On a terminal: keys, the live line, Ctrl+C. A real one, made by `script`; where there is none these tests are left out. */
import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { folder, idleUsers, program, Run } from './tsload.js';

const hasScript = spawnSync('script', ['--version']).stdout?.toString().includes('util-linux') ?? false;

/** Starts tsload on a terminal of its own. What is written to `child.stdin` is typed there. */
function startOnTerminal(line: string): Run {
  const cwd = folder({ 'locustfile.ts': idleUsers('U') });
  const command = `${process.execPath} ${program} ${line}`;
  const env = { ...process.env, HOME: cwd, TERM: 'xterm', NO_COLOR: '' };
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { cwd, env });
  return new Run(child, cwd);
}

describe.skipIf(!hasScript).concurrent('on a terminal', () => {
  test('[19] keys change the number of users, Enter says that there is no page, and Ctrl+C ends the run', async () => {
    using run = startOnTerminal('--headless -u 0 --only-summary');
    const type = (keys: string) => run.child.stdin?.write(keys);
    await run.sees(/All users spawned: \{"U": 0\}/);
    type('w');
    await run.sees(/Ramping to 1 users at a rate of 100.00 per second[\s\S]*\(1 total users\)/);
    type('W');
    await run.sees(/\(11 total users\)/);
    type('s');
    await run.sees(/\(10 total users\)/);
    type('S');
    await run.sees(/\(10 total users\)[\s\S]*\(0 total users\)/);
    type('S\r');
    await run.sees(/there is no web page to open/i);
    type('\u0003');
    const { code, stdout } = await run.finished;
    expect(stdout).toMatch(/Got SIGINT: stopping the test[\s\S]*Shutting down \(exit code 0\)/);
    expect(code).toBe(0);
  });

  test('a live line shows time, users, rate, failures and p95, below the log lines', async () => {
    using run = startOnTerminal('--headless -u 2 -r 10 -t 5s --only-summary');
    const { code, stdout } = await run.finished;
    expect(stdout).toMatch(/0:0\d\/0:05 {2}users 2\/2 {2}\d+\.\d req\/s {2}failures 0 \(0\.00%\) {2}p95 1 ms/);
    expect(stdout.split('Shutting down').at(-1)).not.toContain('users 2/2');
    expect(code).toBe(0);
  });
});
