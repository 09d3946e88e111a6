/** Tasks that never yield: the process is frozen, and a thread of its own has to end that. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { start, tsload } from './tsload.js';

/** Users that count some requests and then do `spin`. */
const spinning = (spin: string) => ({
  'locustfile.ts': `import { constant, task, User } from 'tsload';
export class Shopper extends User {
  static override waitTime = constant(0.1);
  runs = 0;
  @task
  async buy() {
    this.environment.events.request.fire({ requestType: 'TEST', name: 'buy', responseTime: 1, responseLength: 1 });
    if (++this.runs > 15) await this.spin();
  }
  async spin() {
    ${spin}
  }
  override onStop() {
    console.log('onStop');
  }
}
`,
});

const run = (spin: string) =>
  tsload('--headless -u 3 -r 10 -t 60s --only-summary --csv out', { files: spinning(spin) });

describe.concurrent('a task that never yields', () => {
  test.each([
    ['a loop', 'for (;;) {}', /:11:\d+/],
    ['a loop that catches everything', 'for (;;) { try { for (;;) {} } catch {} }', /:11:\d+/],
    ['a regular expression', `/^(a+)+$/.test('a'.repeat(40) + 'b');`, /:11:\d+/],
  ])('as %s is named with its place, broken off, and the run ends with its numbers', async (_, spin, place) => {
    const { code, stdout, stderr, cwd } = await run(spin);
    expect(stderr).toMatch(
      /CRITICAL\/tsload.runners: spin of Shopper at .*locustfile\.ts:11:\d+ has kept the process busy for 5 s/,
    );
    expect(stderr).toMatch(place);
    expect(stderr.match(/has kept the process busy/g)).toHaveLength(1);
    expect(stdout.match(/onStop/g)).toHaveLength(3);
    expect(stderr).toMatch(/TEST +buy +[34]\d /);
    expect(readFileSync(join(cwd, 'out_stats.csv'), 'utf8')).toMatch(/TEST,buy,[34]\d,0/);
    expect(code).toBe(2);
  });

  test('as a loop of awaits that wait for nothing is broken off as well', async () => {
    const { code, stderr } = await run('for (;;) await null;');
    expect(stderr).toMatch(/has kept the process busy for 5 s/);
    expect(stderr).toMatch(/TEST +buy +[34]\d /);
    expect(code).toBe(2);
  });

  test('as a loop that swallows even the breaking off ends the process at worst, with the message and another code than 0', async () => {
    const { code, signal, stderr } = await run(
      `for (;;) { try { await Promise.reject(new Error('again')); } catch {} }`,
    );
    expect(stderr).toMatch(/of Shopper at .*locustfile\.ts:11:\d+ has kept the process busy for 5 s/);
    expect(code === 2 || signal === 'SIGKILL').toBe(true);
  });
});

test('the watch does not keep a process alive, and a run without a stall has no line of it', async () => {
  const { code, stderr } = await tsload('--headless -u 1 -t 3s', { files: spinning('this.runs = 0;') });
  expect(stderr).not.toMatch(/has kept the process busy/);
  expect(code).toBe(0);
});

test('a pause of three seconds is none of its business', async () => {
  const pause = 'const end = Date.now() + 3000; while (Date.now() < end); this.runs = -1e9;';
  using under = start('--headless -u 1 -r 1 -t 9s', { files: spinning(pause) });
  const { code, stderr } = await under.finished;
  expect(stderr).not.toMatch(/has kept the process busy/);
  expect(code).toBe(0);
});

test('on one of several workers it is broken off there, and the test ends with the numbers of all', async () => {
  const spin = 'if (this.environment.runner?.workerIndex === 1) for (;;) {}';
  const { code, stderr } = await tsload('--processes 2 --headless -u 4 -r 10 -t 60s --only-summary', {
    files: spinning(spin),
  });
  expect(stderr).toMatch(
    /\[worker \d\] .*spin of Shopper at .*locustfile\.ts:11:\d+ has kept the process busy for 5 s/,
  );
  expect(stderr.match(/\[worker \d\] onStop/g)).toHaveLength(4);
  expect(stderr).toMatch(/TEST +buy +1\d\d /);
  expect(code).toBe(2);
});
