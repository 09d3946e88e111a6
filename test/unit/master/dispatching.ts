/**
 * What tests of the dispatcher share: short ways to say which classes there are and to read the state.
 */
import { type ClassPlan, Dispatcher } from '../../../src/master/dispatcher.js';

/** `{ A: 3, B: 1, F: { fixed: 2 } }` */
export type Mix = Readonly<Record<string, number | { readonly fixed: number; readonly weight?: number }>>;

export function classes(mix: Mix): ClassPlan[] {
  return Object.entries(mix).map(([name, what]) =>
    typeof what === 'number'
      ? { name, weight: what, fixedCount: 0 }
      : { name, weight: what.weight ?? 1, fixedCount: what.fixed },
  );
}

export function aDispatcher(workers: number | readonly string[], mix: Mix): Dispatcher {
  const ids = typeof workers === 'number' ? Array.from({ length: workers }, (_, i) => `w${i + 1}`) : workers;
  return new Dispatcher(ids, classes(mix));
}

/** `F1 A2`: the classes of one worker that have users, in the order of the mix. */
export function on(dispatcher: Dispatcher, worker: string): string {
  const users = Object.entries(dispatcher.usersOn(worker)).filter(([, count]) => count > 0);
  return users.map(([name, count]) => `${name}${count}`).join(' ');
}

/** The whole state: a text for each worker in dispatch order. */
export function state(dispatcher: Dispatcher): string[] {
  return dispatcher.workers.map((worker) => on(dispatcher, worker));
}

/** Takes all steps of the cycle and returns the state after each. */
export function takeAll(dispatcher: Dispatcher): string[][] {
  const states: string[][] = [];
  while (dispatcher.nextStep() !== undefined) states.push(state(dispatcher));
  return states;
}

/** Users on each worker after a whole cycle. */
export function totalsAfter(dispatcher: Dispatcher, target: number, rate = 1000): number[] {
  dispatcher.newDispatch(target, rate);
  takeAll(dispatcher);
  return dispatcher.workers.map((worker) => Object.values(dispatcher.usersOn(worker)).reduce((a, b) => a + b, 0));
}
