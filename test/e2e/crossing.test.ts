/** What is measured on workers and shown by the master: one run of two workers, whose every output is looked at. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HistogramLogReader } from 'hdr-histogram-js';
import { beforeAll, describe, expect, test } from 'vitest';
import { place } from './cluster.js';
import { type Finished, serve, start } from './tsload.js';

const shop = (url: string) => `
import { constant, HttpUser, task } from 'tsload';
export class Shop extends HttpUser {
  static host = '${url}';
  static waitTime = constant(0.03);
  chosen = '';
  @task look() { this.chosen += 'l'; }
  @task rest() { this.chosen += 'r'; }
  @task async buy() { await this.client.get('/buy'); }
  @task async fail() { await this.client.get('/fail'); }
  @task throwing() { throw new Error('boom'); }
  onStop() { console.log('user of', this.environment.runner?.workerIndex, 'chose', this.chosen.slice(0, 12)); }
}
`;

describe('what workers measure is in the outputs of their master', () => {
  let served = 0;
  let run: Finished;
  let totals: { requests: number; failures: number };
  const out = (name: string) => readFileSync(join(run.cwd, 'out', name), 'utf8');

  beforeAll(async () => {
    await using server = await serve((request, response) => {
      served++;
      response.statusCode = request.url === '/fail' ? 503 : 200;
      response.end('so it is');
    });
    const here = place({ 'locustfile.ts': shop(server.url) });
    const files = '--csv out/x --json --hdr-log out/x.hlog';
    using started = start(`--processes 2 --headless -u 4 -r 4 -t 4s --warmup 2s --seed 5 ${files}`, here);
    run = await started.finished;
    const entries: { num_requests: number; num_failures: number }[] = JSON.parse(run.stdout);
    const sumOf = (key: 'num_requests' | 'num_failures') => entries.reduce((sum, entry) => sum + entry[key], 0);
    totals = { requests: sumOf('num_requests'), failures: sumOf('num_failures') };
  });

  test('every request, those of the warm-up of all workers apart, and the exit code', () => {
    const count = (pattern: RegExp) => Number(pattern.exec(run.stderr)?.[1] ?? 0);
    const warmup = count(/^warm-up: (\d+) requests, in no number above$/m);
    const cutOff = count(/^cut off: (\d+) requests? under way/m);
    expect(warmup, run.stderr).toBeGreaterThan(0);
    expect(totals.failures).toBeGreaterThan(0);
    expect(totals.requests + warmup + cutOff).toBe(served);
    expect(run.code).toBe(1);
  });

  test('exceptions, counted by the nodes on which they were thrown', () => {
    const nodes = /Error: boom[\s\S]*"([^"\n]+)"\s*$/.exec(out('x_exceptions.csv'))?.[1]?.split(', ') ?? [];
    expect(nodes).toHaveLength(2);
    for (const node of nodes) expect(out('x_generator.csv')).toContain(`,${node},`);
  });

  test('errors, with the first requests that failed', () => {
    expect(out('x_failures.csv')).toMatch(new RegExp(`^GET,/fail,[^\\n]*503[^\\n]*,${totals.failures},`, 'm'));
    expect(run.stderr).toMatch(/First failed request of each error\nGET \S+\/fail HTTP\/1.1 -> 503 [^\n]*: so it is/);
  });

  test('the histogram log, of the samples of all workers', () => {
    const reader = new HistogramLogReader(out('x.hlog'));
    let samples = 0;
    for (let each = reader.nextIntervalHistogram(); each; each = reader.nextIntervalHistogram()) {
      if (each.tag !== 'NO TAG') samples += each.totalCount;
    }
    expect(samples).toBe(totals.requests);
  });

  test('and each worker draws numbers of its own from the seed', () => {
    const choices = [...run.stderr.matchAll(/user of (\d) chose (\w{12})/g)].map(([, worker, chosen]) => ({
      worker,
      chosen,
    }));
    expect(choices.map(({ worker }) => worker).sort()).toEqual(['0', '0', '1', '1']);
    expect(new Set(choices.map(({ chosen }) => chosen)).size).toBe(4);
  });
});
