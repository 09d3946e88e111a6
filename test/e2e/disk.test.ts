/** A disk that is full: no result that is held in memory is lost, and the exit code says that a file is incomplete. */
import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { folder, program, Run } from './tsload.js';

test('a CSV file that cannot grow any more costs nothing but itself, and ends with 3', async () => {
  const locustfile = `
    import { constant, events, task, User } from 'tsload';
    let ticks = 0;
    export class U extends User {
      static waitTime = constant(0.01);
      @task tick() {
        const hundred = ticks++ % 10;
        for (let i = 0; i < 100; i++) {
          const name = 'a long name that fills the file '.repeat(3) + (i + 100 * hundred);
          events.request.fire({ requestType: 'X', name, responseTime: 1, responseLength: 0 });
        }
      }
    }`;
  const cwd = folder({ 'locustfile.ts': locustfile });
  // the shell's unit is 1,024 bytes: enough for the locustfile's bundle, not for a thousand names
  const command = `ulimit -f 48; exec "${process.execPath}" "${program}" --headless -t 3s --csv x --json --only-summary`;
  using run = new Run(spawn('bash', ['-c', command], { cwd, env: { ...process.env, HOME: cwd } }), cwd);
  const { code, stdout, stderr } = await run.finished;
  const requests = (JSON.parse(stdout) as { readonly num_requests: number }[]).map((entry) => entry.num_requests);
  expect(requests.length).toBe(1000);
  expect(stderr).toMatch(/ERROR\/tsload.main: .*x_stats.csv.*EFBIG/);
  expect(stderr).toMatch(new RegExp(`Aggregated +${requests.reduce((sum, count) => sum + count)} `));
  expect(code).toBe(3);
});
