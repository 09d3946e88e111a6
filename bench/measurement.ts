/** What a benchmark finds: numbers with a unit, and where one was set, the target that each is held against. */

export interface Measurement {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** Lowest and highest of the rounds, where there were rounds: if two spreads overlap, there is no difference. */
  readonly spread?: readonly [lowest: number, highest: number];
  readonly target?: Target;
}

export interface Target {
  readonly is: 'at least' | 'at most';
  readonly value: number;
}

/** One file of bench/: it runs what it measures in processes of its own and gives what it found. */
export interface Part {
  readonly name: string;
  measure(options: PartOptions): Promise<readonly Measurement[]>;
}

export interface PartOptions {
  /** How often the contenders take turns. */
  readonly rounds: number;
  /** Seconds of one turn, after its two seconds of warm-up. */
  readonly seconds: number;
}

export function meetsTarget({ value, target }: Measurement): boolean | undefined {
  if (target === undefined) return undefined;
  return target.is === 'at least' ? value >= target.value : value <= target.value;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)];
  const lower = sorted[Math.ceil(middle) - 1];
  if (upper === undefined || lower === undefined) throw new Error('the median of no values was asked for');
  return (upper + lower) / 2;
}
