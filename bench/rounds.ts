/**
 * Contenders take turns: every round runs each of them once, after a warm-up, so that what else the machine does meets all of
 * them alike. Each lives in a process of its own; a turn is counted in operations per second of that process's processor time.
 */
import { Child, cores, numberIn } from './children.js';
import { median } from './measurement.js';

/** What a module of contenders/ exports. It works from the call until the signal aborts, and counts what is done. */
export type Work = (target: WorkTarget) => Promise<RunningWork>;

export interface WorkTarget {
  readonly port: number;
  /** Users, or connections: what is under way at the same time. */
  readonly concurrency: number;
}

export interface RunningWork extends AsyncDisposable {
  /** Operations completed since the start. */
  readonly completed: () => number;
}

export interface Turn {
  readonly operations: number;
  readonly seconds: number;
  /** Processor time, user and system, of all threads. */
  readonly cpuSeconds: number;
}

export interface RoundsOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Seconds before each turn is measured. Default 2. */
  readonly warmupSeconds?: number;
  readonly target: WorkTarget;
}

/** Names of modules in contenders/, to the operations per processor second of each round. */
export async function alternate(
  contenders: readonly string[],
  options: RoundsOptions,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const rates = new Map<string, number[]>(contenders.map((name) => [name, []]));
  for (let round = 0; round < options.rounds; round++) {
    for (const name of contenders) rates.get(name)?.push(perCpuSecond(await takeTurn(name, options)));
  }
  return rates;
}

async function takeTurn(name: string, { target, seconds, warmupSeconds = 2 }: RoundsOptions): Promise<Turn> {
  await using child = new Child('contender.js', { core: cores.client });
  child.send({ module: `./contenders/${name}.js`, target, seconds, warmupSeconds });
  return await child.receive((message) => ({
    operations: numberIn(message, 'operations'),
    seconds: numberIn(message, 'seconds'),
    cpuSeconds: numberIn(message, 'cpuSeconds'),
  }));
}

export function perCpuSecond({ operations, cpuSeconds }: Turn): number {
  return operations / cpuSeconds;
}

/** The median of the ratios of each round, and their spread. */
export function ratio(
  of: readonly number[],
  to: readonly number[],
): { readonly value: number; readonly spread: readonly [number, number] } {
  const ratios = of.map((value, i) => value / (to[i] ?? Number.NaN));
  return { value: median(ratios), spread: [Math.min(...ratios), Math.max(...ratios)] };
}
