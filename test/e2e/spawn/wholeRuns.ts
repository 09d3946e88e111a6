/**
 * A test of four users, whose workers say where they run, and spin for ever when its server says so.
 */
import { until } from '../../until.js';
import { type Finished, type Run, serve } from '../tsload.js';

/** Says where it runs, asks the server, and spins when it is told to. */
const locustfile = `
  import { constant, HttpUser, task } from 'tsload';
  import { tmpdir } from 'node:os';
  export class Shopper extends HttpUser {
    static waitTime = constant(0.05);
    override onStart() { console.log('user in process ' + process.pid + ' with ' + tmpdir()); }
    @task async home() {
      if ((await this.client.get('/')).text() === 'spin') { console.log('spinning'); for (;;); }
    }
    override onStop() { console.log('user stopped'); }
  }
`;
export const files = { 'locustfile.ts': locustfile };

/** Processes of the workers of a run: its children, and on the same machine those of its hosts. */
export function workerPids(run: Run): number[] {
  return [...run.stderr.matchAll(/user in process (\d+)/g)].map(([, pid]) => Number(pid));
}

export function requestsIn(stdout: string): number {
  const entries: readonly { readonly num_requests: number }[] = JSON.parse(stdout);
  return entries.reduce((sum, entry) => sum + entry.num_requests, 0);
}

export async function aServer() {
  let requests = 0;
  let answer = 'ok';
  const server = await serve((_, response) => {
    requests++;
    response.end(answer);
  });
  return {
    url: server.url,
    requests: () => requests,
    spinFromNowOn: () => {
      answer = 'spin';
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Ends the run when each of its four users runs and some requests were made: how long that takes is the machine's affair. */
export async function endWhenAllRun(run: Run, requests: () => number): Promise<Finished> {
  await until(() => workerPids(run).length === 4 && requests() > 20, { timeoutMs: 60_000, what: 'four users to run' });
  run.signal('SIGINT');
  return await run.finished;
}

export function runOptions(url: string): readonly string[] {
  return ['--headless', '--json', '-u', '4', '-r', '4', '-H', url];
}
