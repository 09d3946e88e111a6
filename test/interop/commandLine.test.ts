/** `tsload --master --protocol locust`, as a user types it, with real workers of Locust. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, start } from '../e2e/tsload.js';
import { startLocustWorker } from './locust.js';
import { countingTarget, locustfiles } from './mixedMaster.js';

const classes = JSON.stringify([
  { user_class_name: 'Shopper', weight: 3 },
  { user_class_name: 'Admin', fixed_count: 1 },
]);

async function aMaster(cwd: string, words: readonly string[]) {
  const line = ['--master', '--protocol', 'locust', '--master-bind-port', '0', '--ws-bind-port', '0', '--headless'];
  const run = start([...line, ...words], { cwd });
  await run.sees(/Listening for workers at/);
  return { run, port: Number(/listening for Locust workers at \S+:(\d+)/.exec(run.stderr)?.[1]) };
}

function csv(cwd: string, file: string): readonly (readonly string[])[] {
  return readFileSync(join(cwd, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(','));
}

test('workers that ask for a locustfile get that of --foreign-locustfile, with what --config-users says, and the outputs say that their times are coarse', async () => {
  await using target = await countingTarget();
  const cwd = folder({ 'locustfile.py': locustfiles['locustfile.py'] });
  const config = JSON.stringify([...JSON.parse(classes), { user_class_name: 'Admin', host: target.url }]);
  const { run, port } = await aMaster(cwd, [
    ...['--foreign-locustfile', 'locustfile.py', '--config-users', classes, '--config-users', config],
    ...['--host', target.url, '-u', '5', '-r', '5', '-t', '8', '--expect-workers', '2', '--stop-timeout', '3'],
    ...['--csv', 'out', '--hdr-log', 'out.hlog', '--only-summary', '--seed', '1'],
  ]);
  using master = run;
  const workers = [startLocustWorker(port, '-f -'), startLocustWorker(port, '-f -')];
  const { code, stderr } = await master.finished;
  expect(code, stderr).toBe(1); // the failures of /locust/missing
  expect((await Promise.all(workers.map((worker) => worker.finished))).map((finished) => finished.code)).toEqual([
    0, 0,
  ]);
  expect(stderr).toContain('All users spawned: {"Admin": 1, "Shopper": 4} (5 total users)');
  expect(stderr).toContain(
    "coarse: in 2 of 2 entries, response times of Locust's workers are known to two digits only",
  );
  expect(stderr).toContain('--seed has no effect on workers of Locust');
  expect(stderr).not.toMatch(/did not|not every worker/);
  const rows = csv(cwd, 'out_stats.csv');
  for (const path of ['/locust/shop', '/locust/missing']) {
    const row = rows.find((each) => each[1] === path);
    expect([path, row?.[2]]).toEqual([path, String(target.asked(path))]);
    for (const time of [row?.[4], ...(row?.slice(11, 16) ?? [])]) expect(time, 'whole milliseconds').toMatch(/^\d+$/);
  }
  expect(readFileSync(join(cwd, 'out.hlog'), 'utf8')).toMatch(/^#\[Coarse: GET:\/locust\/shop /m);
});
