/**
 * Contenders take turns, so that what else the machine does meets all of them alike. A turn is counted in operations per second of
 * the contender's own processor time, that is, of one core.
 *
 * Those that are modules of ours take many short turns, a quarter of a second each, in processes that stand for a whole round,
 * after two seconds of warm-up; other programs cannot be held, and take one long turn a round.
 */
import { Child, cores, numberIn } from './children.js';
import type { Gate } from './gate.js';
import { median } from './measurement.js';

/** What a module of contenders/ exports as `work`: it starts, and works while the gate is open. */
export type Work = (target: WorkTarget, gate: Gate) => RunningWork;

export interface WorkTarget {
  readonly port: number;
  /** Users, or connections: what is under way at the same time. */
  readonly concurrency: number;
}

export interface RunningWork {
  /** Operations completed since the start. */
  readonly completed: () => number;
}

export interface Contender {
  readonly name: string;
  /** Starts it, for one round. */
  open(): Promise<OpenContender>;
}

export interface OpenContender extends AsyncDisposable {
  /** Undefined: it takes one turn, as long as it likes. */
  readonly turnSeconds?: number;
  takeTurn(): Promise<Turn>;
}

export interface Turn {
  readonly operations: number;
  /** Processor time, user and system, of all threads. */
  readonly cpuSeconds: number;
}

export interface RoundsOptions {
  readonly rounds: number;
  /** Seconds of each contender in each round. */
  readonly seconds: number;
  readonly target: WorkTarget;
}

/** Operations per processor second of each round, by contender. */
export type Rates = ReadonlyMap<string, readonly number[]>;

export const shortTurnSeconds = 0.25;
const warmupSeconds = 2;

export async function alternate(contenders: readonly Contender[], options: RoundsOptions): Promise<Rates> {
  const rates = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < options.rounds; round++) {
    const open: [string, OpenContender][] = [];
    try {
      for (const contender of contenders) open.push([contender.name, await contender.open()]);
      for (const [name, turns] of await takeTurns(open, options.seconds)) rates.get(name)?.push(rateOf(turns));
    } finally {
      await Promise.all(open.map(([, contender]) => contender[Symbol.asyncDispose]()));
    }
  }
  return rates;
}

async function takeTurns(
  contenders: readonly (readonly [string, OpenContender])[],
  seconds: number,
): Promise<ReadonlyMap<string, readonly Turn[]>> {
  const turns = new Map<string, Turn[]>(contenders.map(([name]) => [name, []]));
  const count = Math.round(seconds / shortTurnSeconds);
  for (let i = 0; i < count; i++) {
    for (const [name, contender] of contenders) {
      if (i === 0 || contender.turnSeconds !== undefined) turns.get(name)?.push(await contender.takeTurn());
    }
  }
  return turns;
}

function rateOf(turns: readonly Turn[]): number {
  return sum(turns.map(({ operations }) => operations)) / sum(turns.map(({ cpuSeconds }) => cpuSeconds));
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

/** A module of contenders/, in a process of its own, pinned to the client's core. */
export function moduleContender(name: string, module: string, { target }: RoundsOptions): Contender {
  return {
    name,
    open: async () => {
      const child = new Child('contender.js', { core: cores.client });
      child.send({ module: `./contenders/${module}.js`, target, warmupSeconds });
      await child.receive((message) => numberIn(message, 'warm'));
      return {
        turnSeconds: shortTurnSeconds,
        takeTurn: () => {
          child.send({ seconds: shortTurnSeconds });
          return child.receive((message) => ({
            operations: numberIn(message, 'operations'),
            cpuSeconds: numberIn(message, 'cpuSeconds'),
          }));
        },
        [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
      };
    },
  };
}

/** Another program, which takes its one turn in a process of its own. */
export function programContender(name: string, takeTurn: () => Promise<Turn>): Contender {
  return { name, open: async () => ({ takeTurn, [Symbol.asyncDispose]: async () => {} }) };
}

export interface Ratio {
  readonly value: number;
  readonly spread: readonly [lowest: number, highest: number];
}

/** The median of the ratios of each round, and their spread. */
export function ratio(of: readonly number[], to: readonly number[]): Ratio {
  return middle(of.map((value, i) => value / (to[i] ?? Number.NaN)));
}

/** The median, and the spread. */
export function middle(values: readonly number[]): Ratio {
  return { value: median(values), spread: [Math.min(...values), Math.max(...values)] };
}
