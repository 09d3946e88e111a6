/** `--protocol locust` on a master, as far as no worker of Locust is needed for it. */
import { describe, expect, test } from 'vitest';
import { startMaster } from './cluster.js';
import { folder, idleUsers, start, tsload } from './tsload.js';

const files = { 'locustfile.ts': idleUsers('Shopper'), 'shop.py': 'class Shopper(HttpUser): pass\n' };
const mixed = '--master --protocol locust --master-bind-port 0 --ws-bind-port 0 --headless';
const config = ['--config-users', '{"user_class_name":"Shopper"}'];

/** Node does not find the package. */
const withoutZeroMq = `data:text/javascript,${encodeURIComponent(`
  import { register } from 'node:module';
  register('data:text/javascript,' + encodeURIComponent(
    "export const resolve = (name, context, next) => { if (name === 'zeromq') throw new Error('Cannot find package zeromq'); return next(name, context); };"
  ));
`)}`;

describe.concurrent('a master that takes workers of Locust', () => {
  test('says where both kinds of worker join, and takes those of tsload at their own port', async () => {
    const cwd = folder(files);
    const place = { cwd, env: { HOME: cwd, XDG_RUNTIME_DIR: cwd } };
    using master = start(`${mixed} -u 1 -t 1 --only-summary`, place);
    await master.sees(/Waiting for workers/);
    const locust = Number(/listening for Locust workers at tcp:\/\/127\.0\.0\.1:(\d+)/.exec(master.stderr)?.[1]);
    const own = Number(/Listening for workers at 127\.0\.0\.1:(\d+)/.exec(master.stderr)?.[1]);
    expect(master.stderr).toContain(`\n    locust --worker -f LOCUSTFILE.py --master-port ${locust}\n`);
    expect(master.stderr).toContain(`\n    tsload --worker --master-port ${own}\n`);
    const worker = await tsload(`--worker --master-port ${own}`, place);
    expect(worker.code, worker.stderr).toBe(0);
    expect((await master.finished).code).toBe(0);
  });

  test('with a locustfile in Python only tells workers of tsload that they need one of their own', async () => {
    const cwd = folder({ 'shop.py': files['shop.py'] });
    const place = { cwd, env: { HOME: cwd, XDG_RUNTIME_DIR: cwd } };
    using master = start([...mixed.split(' '), '--foreign-locustfile', 'shop.py', ...config], place);
    await master.sees(/Waiting for workers/);
    expect(master.stderr).toMatch(/\n {4}locust --worker -f - --master-port \d+\n/);
    expect(master.stderr).not.toContain('tsload --worker');
    const own = /Listening for workers at 127\.0\.0\.1:(\d+)/.exec(master.stderr)?.[1];
    const worker = await tsload(`--worker --master-port ${own}`, place);
    expect(worker.code).toBe(255);
    expect(worker.stderr).toMatch(
      /refuses this worker: this master has a locustfile in Python only: give the worker one of its own with -f\n/,
    );
  });

  test('needs the package zeromq, and says so; without it, all else works', async () => {
    const node = ['--import', withoutZeroMq];
    const refused = await tsload(mixed, { files, node });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /\ntsload: error: Locust's protocol needs the package zeromq, which cannot be loaded \(.*\): npm install zeromq\n$/,
    );
    const run = await tsload('--headless -u 1 -t 1 --processes 1 --only-summary', { files, node });
    expect(run.code, run.stderr).toBe(0);
  });

  test('whose port is taken says which', async () => {
    const { run, port } = await startMaster('--master-bind-host 127.0.0.1', { files });
    using _ = run;
    const { code, stderr } = await tsload(`${mixed} --master-bind-port ${port}`, { files });
    expect(code).toBe(1);
    expect(stderr).toContain(
      `tsload: error: cannot listen for Locust workers at 127.0.0.1:${port} (Address already in use)`,
    );
  });

  test.each([
    ['--foreign-locustfile none.py', 2, /--foreign-locustfile none\.py cannot be read: ENOENT/],
    ['--foreign-locustfile shop.py', 2, /no user class is known: .* --config-users '\[{"user_class_name":"Shopper"/],
    [
      '--foreign-locustfile shop.py --config-users {"user_class_name":"Shopper"} --processes 2',
      2,
      /--processes starts workers of tsload, which have no locustfile here/,
    ],
  ])('%s is refused in one sentence', async (line, code, message) => {
    const run = await tsload(`${mixed} ${line}`, { files });
    expect(run.code).toBe(code);
    expect(run.stderr).toMatch(message);
    expect(run.stderr.match(/tsload: error:/g)).toHaveLength(1);
  });
});
