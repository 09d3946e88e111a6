/** Start-up time, in turns with `node -e 0`, which is what no Node program can be faster than. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { epochSeconds } from '../../src/clock.js';
import { numberIn, type ServerProcess, startServer } from '../children.js';
import { type Measurement, median, type Part } from '../measurement.js';
import { ratio } from '../rounds.js';

const turns = 15;
const program = resolve('bin/tsload.js');

export const part: Part = {
  name: `Start-up: median of ${turns} turns`,
  async measure(): Promise<readonly Measurement[]> {
    await using server = await startServer('httpServer.js');
    using locustfile = aLocustfile();
    const times = { node: [] as number[], version: [] as number[], firstRequest: [] as number[] };
    for (let turn = 0; turn < turns; turn++) {
      times.node.push(wallSeconds(['-e', '0']));
      times.version.push(wallSeconds([program, '--version']));
      times.firstRequest.push(await secondsToFirstRequest(server, locustfile.path));
    }
    return [
      { what: 'node -e 0', value: median(times.node) * 1000, unit: 'ms' },
      { what: 'tsload --version', value: median(times.version) * 1000, unit: 'ms' },
      {
        what: 'tsload --version / node -e 0',
        ...ratio(times.version, times.node),
        unit: 'times',
        target: { is: 'at most', value: 1.5 },
      },
      { what: 'first request of an HTTP locustfile', value: median(times.firstRequest) * 1000, unit: 'ms' },
      {
        what: 'first request / node -e 0',
        ...ratio(times.firstRequest, times.node),
        unit: 'times',
        target: { is: 'at most', value: 8 },
      },
    ];
  },
};

function wallSeconds(args: readonly string[]): number {
  const start = epochSeconds();
  execFileSync(process.execPath, args, { stdio: 'ignore' });
  return epochSeconds() - start;
}

async function secondsToFirstRequest({ port, child: server }: ServerProcess, locustfile: string): Promise<number> {
  const start = epochSeconds();
  const options = ['--headless', '-L', 'ERROR', '-t', '1s', '--host', `http://127.0.0.1:${port}`];
  const child = spawn(process.execPath, [program, '-f', locustfile, ...options], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  const firstAt = await server.receive((message) => numberIn(message, 'firstAt'));
  child.kill('SIGKILL');
  await exited;
  return firstAt - start;
}

interface TemporaryFile extends Disposable {
  readonly path: string;
}

/** In a folder below the project, where a locustfile finds tsload. */
function aLocustfile(): TemporaryFile {
  const folder = mkdtempSync(resolve('.build/bench-'));
  const path = join(folder, 'locustfile.ts');
  writeFileSync(
    path,
    `import { HttpUser, task } from 'tsload';
export class First extends HttpUser {
  @task async first() { await this.client.get('/first'); await this.sleep(10); }
}
`,
  );
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}
