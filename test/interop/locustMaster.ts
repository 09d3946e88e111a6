/**
 * A real Locust master with its web API, workers of ours that join it, and a target that counts what it is asked.
 */
import { createServer } from 'node:http';
import { expect } from 'vitest';
import { type Run, type RunOptions, start } from '../e2e/tsload.js';
import { freePort } from '../freePort.js';
import { until } from '../until.js';
import { startPatientLocust } from './locust.js';

export interface Target extends AsyncDisposable {
  readonly url: string;
  /** Requests by path, as far as they were answered. */
  readonly answered: ReadonlyMap<string, number>;
  total(): number;
}

/** Answers 200, `/bad` with 500, and `/slow/MS` after so many milliseconds. */
export async function aTarget(): Promise<Target> {
  const answered = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const answer = () => {
      if (response.destroyed) return;
      answered.set(path, (answered.get(path) ?? 0) + 1);
      response.statusCode = path === '/bad' ? 500 : 200;
      response.end('ok');
    };
    const millis = Number(/^\/slow\/(\d+)/.exec(path)?.[1] ?? 0);
    if (millis > 0) setTimeout(answer, millis);
    else answer();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    answered,
    total: () => [...answered.values()].reduce((sum, count) => sum + count, 0),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export interface StatsPage {
  readonly state: string;
  readonly user_count: number;
  readonly worker_count: number;
  readonly stats: readonly (Readonly<Record<string, number>> & { readonly name: string; readonly method: string })[];
  readonly errors: readonly { readonly name: string; readonly error: string; readonly occurrences: number }[];
  readonly workers: readonly {
    readonly id: string;
    readonly state: string;
    readonly user_count: number;
    readonly cpu_usage: number;
    readonly memory_usage: number;
  }[];
}

/** A locustfile of the same classes for Locust's master, which runs none of their tasks. */
export function pythonClasses(...names: readonly string[]): string {
  const classes = names.map((name) => `class ${name}(User):\n    @task\n    def nothing(self): pass\n`);
  return `from locust import User, task, events\n${classes.join('\n')}`;
}

export class LocustMaster {
  private constructor(
    readonly run: Run,
    /** For workers. */
    readonly port: number,
    private readonly webPort: number,
  ) {}

  /** With its page; resolves when that answers. `missesAfter`: seconds without a heartbeat; Locust's own are 3. */
  static async start(line: string, options: RunOptions, missesAfter = 15): Promise<LocustMaster> {
    const [port, webPort] = [await freePort(), await freePort()];
    const bind = `--master --master-bind-host 127.0.0.1 --master-bind-port ${port} --web-host 127.0.0.1`;
    const run = startPatientLocust(missesAfter, `${bind} --web-port ${webPort} ${line}`, options);
    const master = new LocustMaster(run, port, webPort);
    await until(() => master.page(), {
      timeoutMs: 90_000,
      what: () => `the page of Locust; its output:\n${run.stderr}`,
    });
    return master;
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.webPort}${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return (await response.json()) as T;
  }

  page(): Promise<StatsPage> {
    return this.get('/stats/requests');
  }

  async post(path: string, fields: Readonly<Record<string, string | number>> = {}): Promise<void> {
    const body = new URLSearchParams();
    for (const [key, value] of Object.entries(fields)) body.set(key, String(value));
    const response = await fetch(`http://127.0.0.1:${this.webPort}${path}`, { method: 'POST', body });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }

  async postJson(path: string, data: unknown): Promise<void> {
    const init = { method: 'POST', body: JSON.stringify(data), headers: { 'content-type': 'application/json' } };
    const response = await fetch(`http://127.0.0.1:${this.webPort}${path}`, init);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
  }

  /** Starts, or changes, a test; resolves when Locust says that all users are there. */
  async swarm(users: number, fields: Readonly<Record<string, string | number>> = {}): Promise<StatsPage> {
    await this.post('/swarm', { user_count: users, spawn_rate: users, ...fields });
    return await this.sees(
      ({ state, user_count, workers }) =>
        state === 'running' && user_count === users && workers.every((worker) => worker.state === 'running'),
    );
  }

  /** Resolves when all workers have stopped and all that they measured has come. */
  async stop(): Promise<StatsPage> {
    await this.post('/stop');
    return await this.sees(({ state, user_count }) => state === 'stopped' && user_count === 0);
  }

  /** The first page that is so. */
  async sees(isSo: (page: StatsPage) => boolean): Promise<StatsPage> {
    return await pageThat(() => this.page(), isSo, this.run);
  }

  async workers(count: number): Promise<void> {
    await this.sees(({ worker_count }) => worker_count === count);
  }

  /** Still hears its workers, and has fallen over nothing that they said. */
  async isWell(): Promise<void> {
    const before = await this.page();
    expect(before.workers.filter(({ state }) => state === 'missing')).toEqual([]);
    hasNoTraceback(this.run);
  }

  [Symbol.dispose](): void {
    this.run[Symbol.dispose]();
  }
}

async function pageThat(page: () => Promise<StatsPage>, isSo: (page: StatsPage) => boolean, run: Run) {
  let last: StatsPage | undefined;
  const found = await until(
    async () => {
      last = await page();
      return isSo(last) ? last : undefined;
    },
    { intervalMs: 200, timeoutMs: 60_000, what: 'a page of Locust' },
  ).catch((cause: unknown) => {
    throw new Error(`${String(cause)}\n${JSON.stringify(last, null, 1)}\n${run.stderr}`);
  });
  if (found === undefined) throw new Error('no page');
  return found;
}

/** Nothing that Locust's master could be deaf after. */
export function hasNoTraceback(run: Run): void {
  expect(run.stderr + run.stdout).not.toMatch(/Traceback|Unhandled|CRITICAL|Unrecognized message|RPCError/);
}

/** A worker of ours for the Locust master at this port of this machine. */
export function startOurWorker(port: number, line: string, options: RunOptions): Run {
  return start(`--worker --protocol locust -f shop.ts --master-host 127.0.0.1 --master-port ${port} ${line}`, options);
}

/** The numbers of one entry. */
export function entry({ stats }: StatsPage, name: string): Readonly<Record<string, number>> {
  const found = stats.find((line) => line.name === name);
  if (found === undefined) throw new Error(`no ${name} among ${stats.map((line) => line.name)}`);
  return found;
}
