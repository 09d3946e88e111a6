/** A master that is killed, and the one that goes on with its run. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../freePort.js';
import { until } from '../until.js';
import { place, startWorker } from './cluster.js';
import { type Finished, serve, start } from './tsload.js';

const shop = (url: string) => `
import { constant, HttpUser, task } from 'tsload';
export class Shopper extends HttpUser {
  static host = '${url}';
  static waitTime = constant(0.05);
  @task async buy() { await this.client.get('/buy'); }
}
`;

interface Entry {
  readonly num_requests: number;
  readonly num_failures: number;
  readonly num_reqs_per_sec: Readonly<Record<string, number>>;
}

function entriesOf(text: string): readonly Entry[] {
  return JSON.parse(text);
}

const rowsOf = (path: string) => readFileSync(path, 'utf8').split('\r\n').slice(0, -1);

describe('a run whose master is killed while it lasts', () => {
  let served = 0;
  let servedWithoutMaster = 0;
  let isJournalThere = false;
  let masters: Finished[];
  let workers: Finished[];
  let out: (name: string) => string;

  beforeAll(async () => {
    await using server = await serve((_, response) => {
      served++;
      response.end('ok');
    });
    const here = place({ 'shop.ts': shop(server.url) });
    out = (name) => join(here.cwd, 'out', name);
    const port = await freePort();
    const options = '--expect-workers 2 -u 6 -r 6 -t 20s --csv out/x --json-file out/x --hdr-log out/x.hlog';
    const line = `-f shop.ts --master --master-bind-port ${port} --headless ${options}`;
    using first = start(line, here);
    using a = startWorker(port, '', here);
    using b = startWorker(port, '', here);
    await until(() => rowsOf(out('x_stats_history.csv')).length > 4 && served > 200);
    first.signal('SIGKILL');
    const killed = await first.finished;
    const before = served;
    await until(() => served > before + 150);
    servedWithoutMaster = served - before;
    isJournalThere = existsSync(out('x_journal.tsload'));
    using second = start(`${line} --resume out/x_journal.tsload`, here);
    masters = [killed, await second.finished];
    workers = await Promise.all([a.finished, b.finished]);
  });

  test('goes on by its journal, and ends as if nothing had been', () => {
    expect(isJournalThere).toBe(true);
    expect(
      masters.map(({ code, signal }) => code ?? signal),
      masters[1]?.stderr,
    ).toEqual(['SIGKILL', 0]);
    expect(masters[1]?.stderr).toMatch(/Going on with the run of out\/x_journal\.tsload/);
    expect(
      workers.map(({ code }) => code),
      workers[0]?.stderr,
    ).toEqual([0, 0]);
    expect(existsSync(out('x_journal.tsload'))).toBe(false);
  });

  test('has every request that the target has seen in its numbers, once', () => {
    const entries = entriesOf(readFileSync(out('x.json'), 'utf8'));
    const cutOff = Number(/cut off: (\d+)/.exec(masters[1]?.stderr ?? '')?.[1] ?? 0);
    const counted = entries.reduce((sum, entry) => sum + entry.num_requests, 0);
    expect(servedWithoutMaster).toBeGreaterThan(100);
    expect(counted).toBeGreaterThanOrEqual(served - cutOff);
    expect(counted).toBeLessThanOrEqual(served);
    expect(entries.map(({ num_failures }) => num_failures)).toEqual([0]);
    const bySecond = Object.values(entries[0]?.num_reqs_per_sec ?? {});
    expect(bySecond.reduce((sum, count) => sum + count, 0)).toBe(counted);
    const [aggregated] = rowsOf(out('x_stats.csv')).filter((row) => row.startsWith(',Aggregated,'));
    expect(Number(aggregated?.split(',')[2])).toBe(counted);
  });

  test('has one history, with a gap where there was no master', () => {
    const [header, ...rows] = rowsOf(out('x_stats_history.csv'));
    expect(header).toMatch(/^Timestamp,/);
    const times = rows.map((row) => Number(row.split(',')[0]));
    expect(times).toEqual([...times].sort((x, y) => x - y));
    expect(times.every((time) => time > 1e9)).toBe(true);
    const gaps = times.map((time, at) => time - (times[at - 1] ?? time)).filter((gap) => gap > 1);
    expect(gaps.length).toBeGreaterThan(0);
    expect(readFileSync(out('x.hlog'), 'utf8').match(/StartTime:/g)).toHaveLength(1);
  });
});

describe('a journal that stands in the way', () => {
  test('is not written over, nor are the files beside it: a run of any kind says what to do, and does not start', async () => {
    const parts = ['', '--processes 1', '--master --master-bind-port 0'];
    const results = { 'out/x_journal.tsload': 'tsload journal 1\n', 'out/x_stats_history.csv': 'of that run' };
    const here = place({ 'shop.ts': shop('http://127.0.0.1:1'), ...results });
    const runs = parts.map(async (part) => {
      using run = start(`-f shop.ts ${part} --headless --csv out/x -t 1s`, here);
      return await run.finished;
    });
    for (const { code, stderr } of await Promise.all(runs)) {
      expect(code, stderr).toBe(1);
      expect(stderr).toMatch(
        /out\/x_journal\.tsload is the journal of a run that has not ended: go on with it by --resume/,
      );
    }
    for (const [name, text] of Object.entries(results)) {
      expect(readFileSync(join(here.cwd, name), 'utf8'), name).toBe(text);
    }
  });

  test('is gone when the master could not begin', async () => {
    const here = place({ 'shop.ts': shop('http://127.0.0.1:1') });
    using other = start('-f shop.ts --master --master-bind-port 0 --headless --csv out/a', here);
    await other.sees(/Listening for workers at \S+:\d+/);
    const port = /Listening for workers at \S+:(\d+)/.exec(other.stderr)?.[1];
    using run = start(`-f shop.ts --master --master-bind-port ${port} --headless --csv out/b`, here);
    const { code } = await run.finished;
    expect(code).toBe(1);
    expect(existsSync(join(here.cwd, 'out/b_journal.tsload'))).toBe(false);
    other.signal('SIGTERM');
    const interrupted = await other.finished;
    expect(interrupted.stderr).toMatch(/Got SIGTERM: the test is not started\n/);
    expect(interrupted.code).toBe(1);
    expect(existsSync(join(here.cwd, 'out/a_journal.tsload'))).toBe(false);
  });

  test('is none of a run that is stopped before its test began', async () => {
    const init =
      "import { events } from 'tsload';\nevents.init.addListener(() => new Promise((done) => setTimeout(done, 60_000)));";
    const here = place({ 'shop.ts': `${init}\n${shop('http://127.0.0.1:1')}` });
    using run = start('-f shop.ts --master --master-bind-port 0 --headless --csv out/x', here);
    await run.sees(/Listening for workers/);
    expect(existsSync(join(here.cwd, 'out/x_journal.tsload'))).toBe(true);
    run.signal('SIGINT');
    expect((await run.finished).code).toBe(130);
    expect(existsSync(join(here.cwd, 'out/x_journal.tsload'))).toBe(false);
  });

  test('of another locustfile is refused with a sentence, and stays', async () => {
    const here = place({ 'shop.ts': shop('http://127.0.0.1:1') });
    using first = start('-f shop.ts --master --master-bind-port 0 --headless --journal j', here);
    await first.sees(/Listening for workers/);
    await until(() => existsSync(join(here.cwd, 'j')));
    first.signal('SIGKILL');
    await first.finished;
    writeFileSync(join(here.cwd, 'shop.ts'), shop('http://127.0.0.1:2'));
    using second = start('-f shop.ts --master --master-bind-port 0 --headless --resume j', here);
    const { code, stderr } = await second.finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(/the journal j is of a run with another locustfile/);
    expect(existsSync(join(here.cwd, 'j'))).toBe(true);
  });
});
