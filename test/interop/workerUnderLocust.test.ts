/** Workers of ours under a real Locust master: its web API drives them, and has to show what they did. */
import { describe, expect, test } from 'vitest';
import { folder } from '../e2e/tsload.js';
import { until } from '../until.js';
import { aTarget, entry, hasNoTraceback, LocustMaster, pythonClasses, startOurWorker } from './locustMaster.js';

const shop = `
  import { constant, HttpUser, task } from 'tsload';
  export class Shopper extends HttpUser {
    static waitTime = constant(0.1);
    @task async page() { await this.client.get('/page'); }
    @task async bad() { await this.client.get('/bad'); }
    @task async slow() { await this.client.get('/slow/250'); }
    @task async broken() { throw new Error('broken task'); }
  }
  export class Admin extends HttpUser {
    static waitTime = constant(0.1);
    @task async admin() { await this.client.get('/admin'); }
  }
`;
const python = pythonClasses('Shopper', 'Admin');

describe('two workers of ours', () => {
  test('start, change their users, stop and start again as the page of Locust says, and it counts each request', async () => {
    await using target = await aTarget();
    const files = { 'locustfile.py': python.replace('Shopper(User):', '$&\n    weight = 2'), 'shop.ts': shop };
    using master = await LocustMaster.start(`--host ${target.url} --stop-timeout 5`, { files });
    const cwd = folder(files); // of both: tracebacks have it, and Locust counts by traceback
    using one = startOurWorker(master.port, '', { cwd });
    using two = startOurWorker(master.port, '', { cwd });
    await master.workers(2);

    expect((await master.swarm(6)).workers.map(({ user_count }) => user_count)).toEqual([3, 3]);
    expect((await master.swarm(10)).workers.map(({ user_count }) => user_count)).toEqual([5, 5]);
    expect((await master.swarm(4)).workers.map(({ user_count }) => user_count)).toEqual([2, 2]);
    await master.sees((page) =>
      page.stats.some(({ name, num_requests = 0 }) => name === '/slow/250' && num_requests > 4),
    );
    const running = await master.page();
    for (const { cpu_usage, memory_usage, id } of running.workers) {
      expect(cpu_usage).toBeGreaterThanOrEqual(0);
      expect(memory_usage).toBeGreaterThan(20e6);
      expect(id).toMatch(/_[0-9a-f]{32}$/);
    }

    const stopped = await master.stop();
    for (const path of ['/page', '/bad', '/slow/250', '/admin']) {
      expect([path, entry(stopped, path)['num_requests']]).toEqual([path, target.answered.get(path)]);
    }
    expect(entry(stopped, 'Aggregated')['num_requests']).toBe(target.total());
    expect(entry(stopped, '/slow/250')['median_response_time']).toBeGreaterThanOrEqual(250);
    expect(entry(stopped, '/slow/250')['response_time_percentile_0.99']).toBeGreaterThanOrEqual(250);
    expect(entry(stopped, '/page')['min_response_time']).toBeLessThan(250);
    expect(entry(stopped, '/bad')['num_failures']).toBe(target.answered.get('/bad'));
    expect(stopped.errors).toMatchObject([{ name: '/bad', occurrences: target.answered.get('/bad') }]);
    expect(stopped.errors[0]?.error).toContain('500');

    const { exceptions } = await master.get<{ exceptions: readonly Record<string, unknown>[] }>('/exceptions');
    expect(exceptions).toMatchObject([{ msg: 'Error: broken task' }]);
    expect(String(exceptions[0]?.['traceback'])).toMatch(/Shopper\.broken .*shop\.ts:8/);
    expect(String(exceptions[0]?.['nodes']).split(', ')).toHaveLength(2);
    const ids = running.workers.map(({ id }) => id);
    const logs = await until(async () => {
      const { workers } = await master.get<{ workers: Readonly<Record<string, readonly string[]>> }>('/logs');
      const all = Object.values(workers).map((lines) => lines.join('\n'));
      return all.length === 2 && all.every((text) => text.includes('task broken of Shopper failed'))
        ? workers
        : undefined;
    });
    expect(Object.keys(logs ?? {}).sort()).toEqual([...ids].sort());

    const before = target.total();
    await master.swarm(2);
    await until(() => target.total() >= before + 5);
    const again = await master.stop();
    expect(entry(again, 'Aggregated')['num_requests']).toBe(target.total() - before);
    await master.isWell();

    master.run.signal('SIGTERM');
    for (const worker of [one, two]) {
      const { code, stderr } = await worker.finished;
      expect(code).toBe(0);
      expect(stderr).not.toMatch(/CRITICAL|WARNING/);
    }
    await master.run.finished;
    hasNoTraceback(master.run);
  });

  test('run only the tasks with its tags, at its host, with its options, and its changes of a class', async () => {
    await using target = await aTarget();
    const files = {
      'locustfile.py': `${python}
@events.init_command_line_parser.add_listener
def _(parser): parser.add_argument("--shop-name", default="none")
`,
      'shop.ts': `
        import { constant, events, HttpUser, tag, task } from 'tsload';
        events.initCommandLineParser.addListener(({ parser }) => {
          parser.addArgument('--shop-name', { default: 'own' });
        });
        export class Shopper extends HttpUser {
          static host = 'http://127.0.0.1:1';
          static waitTime = constant(0.05);
          @tag('read') @task async read() { await this.client.get('/read/' + this.environment.parsedOptions.shopName); }
          @tag('read') @task async list() { await this.client.get('/list'); }
          @tag('write') @task async write() { await this.client.get('/write'); }
        }
        export class Admin extends HttpUser {
          @task async admin() { await this.client.get('/admin'); }
        }
      `,
    };
    const line = `--tags read --shop-name books --host ${target.url} --stop-timeout 5 --class-picker`;
    using master = await LocustMaster.start(line, { files });
    using _ = startOurWorker(master.port, '', { files });
    await master.workers(1);
    await master.swarm(2, { user_classes: 'Shopper' });
    await until(() => (target.answered.get('/read/books') ?? 0) > 3 && target.answered.has('/list'));
    await master.stop();
    expect([...target.answered.keys()].sort()).toEqual(['/list', '/read/books']);

    await master.postJson('/user', { user_class_name: 'Shopper', tasks: ['list'] });
    const reads = target.answered.get('/read/books');
    const lists = target.answered.get('/list')!;
    await master.swarm(2, { user_classes: 'Shopper', shop_name: 'toys' });
    await until(() => target.answered.get('/list')! > lists + 3);
    const stopped = await master.stop();
    expect(target.answered.get('/read/books')).toBe(reads);
    expect(target.answered.has('/read/toys')).toBe(false);
    expect(entry(stopped, '/list')['num_requests']).toBe(target.answered.get('/list')! - lists);
    await master.isWell();
  });

  test('finish their tasks within the stop timeout, and are cut off after it', async () => {
    await using target = await aTarget();
    const files = {
      'locustfile.py': python,
      'shop.ts': `
        import { constant, HttpUser, task } from 'tsload';
        export class Shopper extends HttpUser {
          static waitTime = constant(100);
          @task async slow() { await this.client.get('/slow/1500'); }
        }
        export class Admin extends HttpUser {
          static waitTime = constant(100);
          @task async slow() { await this.client.get('/slow/30000'); }
        }
      `,
    };
    using master = await LocustMaster.start(`--host ${target.url} --stop-timeout 3`, { files });
    using _ = startOurWorker(master.port, '', { files });
    await master.workers(1);
    await master.swarm(2);
    const stopped = await master.stop();
    expect(target.answered).toEqual(new Map([['/slow/1500', 1]]));
    expect(entry(stopped, '/slow/1500')).toMatchObject({ num_requests: 1, num_failures: 0 });
    expect(entry(stopped, 'Aggregated')['num_requests']).toBe(1);
    await master.isWell();
  });
});

test('custom messages cross both ways, dates and all', async () => {
  await using target = await aTarget();
  const files = {
    'locustfile.py': `${pythonClasses('Shopper')}
import datetime
def greeted(environment, msg, **kwargs):
    when = msg.data["when"]
    assert isinstance(when, datetime.datetime), when
    print("GREETED", msg.type, msg.data["list"], when.isoformat(), flush=True)
    answer = {"text": "welcome", "when": when + datetime.timedelta(days=1), "number": 2**40}
    environment.runner.send_message("answer", answer, msg.node_id)
@events.init.add_listener
def _(environment, **kwargs): environment.runner.register_message("greeting", greeted)
`,
    'shop.ts': `
      import { constant, events, HttpUser, task } from 'tsload';
      const answers = [];
      events.init.addListener(({ environment }) => {
        environment.runner.registerMessage('answer', ({ data }) => answers.push(data));
      });
      events.testStart.addListener(({ environment }) => {
        const when = new Date('2024-02-29T12:00:00.250Z');
        environment.runner.sendMessage('greeting', { when, list: [1, 2.5, null, 'half \\ud83d'] });
      });
      export class Shopper extends HttpUser {
        static waitTime = constant(0.1);
        @task async tell() {
          const [answer] = answers;
          if (answer) await this.client.get('/' + answer.text + '/' + answer.when.toISOString() + '/' + answer.number);
        }
      }
    `,
  };
  using master = await LocustMaster.start(`--host ${target.url}`, { files });
  using _ = startOurWorker(master.port, '', { files });
  await master.workers(1);
  await master.swarm(1);
  await master.run.sees(/GREETED greeting \[1, 2.5, None, 'half \ufffd'\] 2024-02-29T12:00:00.250000/);
  await until(() => target.answered.has('/welcome/2024-03-01T12:00:00.250Z/1099511627776'));
  await master.stop();
  await master.isWell();
});
