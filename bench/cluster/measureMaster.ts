/** A master, a simulator and a probe, each a process; what the master costs while the simulator reports. */
import { setTimeout as wait } from 'node:timers/promises';
import { Child, cores, numberIn } from '../children.js';
import { type Measurement, median } from '../measurement.js';

export interface ClusterLoad {
  readonly workers: number;
  readonly entries: number;
  readonly requests: number;
  readonly seconds: number;
  readonly token: string;
}

/** What was seen of the master at one moment. */
export interface Look {
  readonly at: number;
  readonly cpuSeconds: number;
  readonly rss: number;
  /** NaN where it cannot be asked. */
  readonly numRequests: number;
}

export const probes = 10;
export const probeHeartbeatMillis = 100;
/** Seconds before the measured ones: compilers and heaps settle. */
export const warmupSeconds = 10;

export async function measureMaster(load: ClusterLoad): Promise<readonly Measurement[]> {
  await using master = new Child('cluster/master.js', { core: cores.client, arguments: [load.token] });
  const port = await master.receive((message) => numberIn(message, 'port'));
  await using simulator = startSimulator(load, { port, from: 0, to: load.workers, heartbeatMillis: 1000 });
  await simulator.receive((message) => numberIn(message, 'joined'));
  const quiet = { port, from: load.workers, to: load.workers + probes, heartbeatMillis: probeHeartbeatMillis };
  await using probe = startSimulator({ ...load, requests: 0 }, quiet);
  await probe.receive((message) => numberIn(message, 'joined'));
  master.send({ kind: 'start', workers: load.workers + probes });
  await master.receive((message) => numberIn(message, 'workers'));
  await wait(warmupSeconds * 1000);
  await roundTripsOf(probe);
  const looks = await watch(master, load.seconds);
  const roundTrips = await roundTripsOf(probe);
  return [...costs(looks), ...delays(roundTrips), ...(await counting(master, simulator))];
}

function startSimulator(load: ClusterLoad, place: { readonly [name: string]: number }): Child {
  const { entries, requests, token } = load;
  const settings = JSON.stringify({ entries, requests, ...place });
  return new Child('cluster/simulator.js', { core: cores.server, arguments: [settings, token] });
}

/** One look each second. */
async function watch(master: Child, seconds: number): Promise<readonly Look[]> {
  const looks: Look[] = [];
  for (let second = 0; second <= seconds; second++) {
    master.send({ kind: 'look' });
    looks.push(await master.receive(readLook));
    await wait(1000);
  }
  return looks;
}

function readLook(message: unknown): Look {
  const read = (name: string): number => numberIn(message, name);
  return { at: read('at'), cpuSeconds: read('cpuSeconds'), rss: read('rss'), numRequests: read('numRequests') };
}

export function costs(looks: readonly Look[]): readonly Measurement[] {
  const [first, last] = [looks[0], looks.at(-1)];
  if (first === undefined || last === undefined) throw new Error('the master was never looked at');
  const seconds = last.at - first.at;
  const cpu = (100 * (last.cpuSeconds - first.cpuSeconds)) / seconds;
  const third = Math.ceil(looks.length / 3);
  const memory = (from: number, to: number): number => median(looks.slice(from, to).map(({ rss }) => rss)) / 1024 ** 2;
  return [
    { what: 'processor time of the master', value: cpu, unit: '% of a core', target: { is: 'at most', value: 60 } },
    ...(Number.isNaN(last.numRequests)
      ? []
      : [{ what: 'samples counted', value: (last.numRequests - first.numRequests) / seconds, unit: 'a second' }]),
    { what: 'memory in the first third', value: memory(0, third), unit: 'MiB' },
    { what: 'memory in the second third', value: memory(third, 2 * third), unit: 'MiB' },
    { what: 'memory in the last third', value: memory(2 * third, looks.length), unit: 'MiB' },
  ];
}

export async function roundTripsOf(probe: Child): Promise<readonly number[]> {
  probe.send({ kind: 'look' });
  return probe.receive((message) => {
    const list: unknown = Reflect.get(Object(message), 'roundTrips');
    return Array.isArray(list) ? list.filter((each) => typeof each === 'number') : [];
  });
}

export function delays(roundTrips: readonly number[]): readonly Measurement[] {
  const sorted = [...roundTrips].sort((a, b) => a - b);
  const at = (quantile: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? Number.NaN;
  return [
    { what: `heartbeat to its answer, median of ${sorted.length}`, value: at(0.5), unit: 'ms' },
    { what: 'heartbeat to its answer, p99', value: at(0.99), unit: 'ms', target: { is: 'at most', value: 100 } },
    { what: 'heartbeat to its answer, longest', value: at(1), unit: 'ms' },
  ];
}

async function counting(master: Child, simulator: Child): Promise<readonly Measurement[]> {
  simulator.send({ kind: 'end' });
  master.send({ kind: 'stop' });
  const counted = await master.receive((message) => numberIn(message, 'numRequests'));
  const reported = await simulator.receive((message) => numberIn(message, 'requests'));
  return [
    { what: 'samples reported', value: reported, unit: '' },
    {
      what: 'samples reported and not counted',
      value: reported - counted,
      unit: '',
      target: { is: 'at most', value: 0 },
    },
    {
      what: 'samples counted twice',
      value: Math.max(0, counted - reported),
      unit: '',
      target: { is: 'at most', value: 0 },
    },
  ];
}
