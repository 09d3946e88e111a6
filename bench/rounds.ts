/**
 * Contenders take turns: every round runs each of them once, after a warm-up, so that what else the machine does meets all of
 * them alike. A turn is counted in operations per second of the contender's own processor time, that is, of one core.
 */
import { Child, cores, numberIn } from './children.js';
import { median } from './measurement.js';

/** What a module of contenders/ exports as `work`. It works from the call until it is disposed of. */
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

export interface Contender {
  readonly name: string;
  takeTurn(): Promise<Turn>;
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

/** Operations per processor second of each round, by contender. */
export type Rates = ReadonlyMap<string, readonly number[]>;

export async function alternate(contenders: readonly Contender[], rounds: number): Promise<Rates> {
  const rates = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      const { operations, cpuSeconds } = await contender.takeTurn();
      rates.get(contender.name)?.push(operations / cpuSeconds);
    }
  }
  return rates;
}

/** A module of contenders/, in a new process each turn, pinned to the client's core. */
export function moduleContender(name: string, module: string, options: RoundsOptions): Contender {
  const { target, seconds, warmupSeconds = 2 } = options;
  return {
    name,
    takeTurn: async () => {
      await using child = new Child('contender.js', { core: cores.client });
      child.send({ module: `./contenders/${module}.js`, target, seconds, warmupSeconds });
      return await child.receive((message) => ({
        operations: numberIn(message, 'operations'),
        seconds: numberIn(message, 'seconds'),
        cpuSeconds: numberIn(message, 'cpuSeconds'),
      }));
    },
  };
}

export interface Ratio {
  readonly value: number;
  readonly spread: readonly [lowest: number, highest: number];
}

/** The median of the ratios of each round, and their spread. */
export function ratio(of: readonly number[], to: readonly number[]): Ratio {
  const ratios = of.map((value, i) => value / (to[i] ?? Number.NaN));
  return { value: median(ratios), spread: [Math.min(...ratios), Math.max(...ratios)] };
}

/** The median of the rounds, and their spread. */
export function middle(values: readonly number[]): Ratio {
  return { value: median(values), spread: [Math.min(...values), Math.max(...values)] };
}
