/**
 * The same load on a real Locust master, where there is one: what `../measureMaster.ts` measures of ours. Its workers report every
 * three seconds, as Locust's do.
 *
 * `TSLOAD_BENCH_LOCUST` names Locust's program when it is not on the PATH.
 */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { Child, cores, isInstalled, numberIn, pinned } from '../../children.js';
import type { Measurement } from '../../measurement.js';
import {
  type ClusterLoad,
  costs,
  delays,
  type Look,
  probeHeartbeatMillis,
  probes,
  roundTripsOf,
  warmupSeconds,
} from '../measureMaster.js';

const program = process.env['TSLOAD_BENCH_LOCUST'] ?? 'locust';
const locustfile = resolve('bench/cluster/locust/locustfile.py');
/** Seconds that the master gets to stop, and to print what it has counted. */
const endSeconds = 180;

export const canMeasureLocust = isInstalled(program) && existsSync('/proc/self/stat');

export async function measureLocustMaster(load: ClusterLoad): Promise<readonly Measurement[]> {
  const port = await freePort();
  await using master = new LocustMaster(port, load.workers + probes);
  await using simulator = startSimulator(load, { port, from: 0, to: load.workers, heartbeatMillis: 1000 });
  await simulator.receive((message) => numberIn(message, 'joined'));
  const quiet = { port, from: load.workers, to: load.workers + probes, heartbeatMillis: probeHeartbeatMillis };
  await using probe = startSimulator({ ...load, requests: 0 }, quiet);
  await probe.receive((message) => numberIn(message, 'joined'));
  simulator.send({ kind: 'running' });
  await simulator.receive((message) => numberIn(message, 'requests'));
  await wait(warmupSeconds * 1000);
  await roundTripsOf(probe);
  const looks = await master.watch(load.seconds);
  const roundTrips = await roundTripsOf(probe);
  simulator.send({ kind: 'end' });
  const counted = await master.end();
  const reported = await simulator.receive((message) => numberIn(message, 'requests'));
  const counting = [
    { what: 'samples reported', value: reported, unit: '' },
    { what: 'samples counted', value: counted, unit: '' },
  ];
  return [...costs(looks), ...delays(roundTrips), ...counting].map(({ what, value, unit }) => ({ what, value, unit }));
}

function startSimulator(load: ClusterLoad, place: { readonly [name: string]: number }): Child {
  const { entries, requests } = load;
  return new Child('cluster/locust/simulator.js', {
    core: cores.server,
    arguments: [JSON.stringify({ entries, requests, ...place })],
  });
}

class LocustMaster {
  readonly #process: ChildProcessByStdio<null, Readable, null>;
  readonly #exited: Promise<unknown>;
  readonly #ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  #printed = '';

  constructor(port: number, workers: number) {
    const users = String(workers * 10);
    const place = ['--master', '--master-bind-host', '127.0.0.1', '--master-bind-port', String(port)];
    const run = ['--headless', '--expect-workers', String(workers), '-u', users, '-r', users];
    const [first, ...rest] = pinned(program, ['-f', locustfile, ...place, ...run, '--json', '-L', 'CRITICAL']);
    this.#process = spawn(first, rest, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#printed += text;
    });
    this.#exited = once(this.#process, 'exit');
  }

  /** One look each second. */
  async watch(seconds: number): Promise<readonly Look[]> {
    const looks: Look[] = [];
    for (let second = 0; second <= seconds; second++) {
      looks.push(this.#look());
      await wait(1000);
    }
    return looks;
  }

  #look(): Look {
    const stat = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user, system, pages] = [11, 12, 21].map((at) => Number(fields[at])) as [number, number, number];
    return {
      at: performance.now() / 1000,
      cpuSeconds: (user + system) / this.#ticksPerSecond,
      rss: pages * 4096,
      numRequests: Number.NaN,
    };
  }

  /** How many requests it has counted; NaN when it did not say so in time. */
  async end(): Promise<number> {
    this.#process.kill('SIGINT');
    await Promise.race([this.#exited, wait(endSeconds * 1000, undefined, { ref: false })]);
    const entries: unknown = this.#printed === '' ? undefined : JSON.parse(this.#printed);
    if (!Array.isArray(entries)) return Number.NaN;
    return entries.reduce((sum: number, entry) => sum + numberIn(entry, 'num_requests'), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill('SIGKILL');
    await this.#exited;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
