/** Turns the rates of contenders into measurements: each rate, then ours as a multiple of each of the others. */
import type { Measurement, Target } from './measurement.js';
import { middle, type Rates, ratio } from './rounds.js';

/** `targets`: for our rate as a multiple of that contender's. */
export function comparison(
  rates: Rates,
  ours: string,
  targets: { readonly [contender: string]: Target },
): Measurement[] {
  const own = rates.get(ours) ?? [];
  const others = [...rates].filter(([name]) => name !== ours);
  return [
    ...[...rates].map(([what, values]) => ({ what, ...middle(values), unit: 'per second' })),
    ...others.map(([name, values]) => {
      const target = targets[name];
      return { what: `${ours} / ${name}`, ...ratio(own, values), unit: 'times', ...(target ? { target } : {}) };
    }),
  ];
}
