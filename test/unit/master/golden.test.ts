import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ClassPicker } from '../../../src/master/classPicker.js';
import { Dispatcher, pauseSeconds } from '../../../src/master/dispatcher.js';

type Weights = Readonly<Record<string, number>>;
type State = Readonly<Record<string, Readonly<Record<string, number>>>>;
interface Scenario {
  readonly workers: readonly string[];
  readonly order: readonly string[];
  readonly classes: readonly (readonly [string, number, number])[];
  readonly steps: readonly {
    readonly target: number;
    readonly rate: number;
    readonly wait: number;
    readonly iterations: readonly State[];
  }[];
}

function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../golden/${name}`, import.meta.url), 'utf8'));
}

function sequence(weights: Weights, picks: number): string[] {
  const names = Object.keys(weights).sort();
  const picker = new ClassPicker(names.map((name, index) => ({ index, weight: weights[name]! })));
  return Array.from({ length: picks }, () => names[picker.next()]!);
}

test('classes are picked in the sequences of Locust for 200 sets of weights', () => {
  const vectors = golden<readonly (readonly [Weights, string])[]>('golden-dispatch.json');
  expect(vectors).toHaveLength(200);
  for (const [weights, expected] of vectors) {
    expect(sequence(weights, expected.length).join('')).toBe(expected);
  }
});

const { kl, dispatch } = golden<{
  readonly kl: readonly (readonly [Weights, readonly string[]])[];
  readonly dispatch: readonly Scenario[];
}>('golden-stats.json');

test('the five reference sequences come out exactly', () => {
  for (const [weights, expected] of kl) expect(sequence(weights, expected.length)).toEqual(expected);
});

test.each(dispatch)('[142] the recorded dispatch over $workers comes out step by step', (scenario) => {
  const classes = scenario.classes.map(([name, weight, fixedCount]) => ({ name, weight, fixedCount }));
  const dispatcher = new Dispatcher(scenario.workers, classes);
  expect(dispatcher.workers).toEqual(scenario.order);
  for (const { target, rate, wait, iterations } of scenario.steps) {
    dispatcher.newDispatch(target, rate);
    expect(pauseSeconds(rate)).toBeCloseTo(wait, 10);
    for (const expected of iterations) {
      expect(dispatcher.nextStep()).toBeDefined();
      const state = Object.fromEntries(dispatcher.workers.map((worker) => [worker, dispatcher.usersOn(worker)]));
      expect(state).toEqual(expected);
    }
    expect(dispatcher.nextStep()).toBeUndefined();
  }
});
