/**
 * The chain of a `MarkovTaskSet` class: its states, checked once. Pure.
 */
import { getLogger } from '../log.js';
import { declaredMembersOf } from './declaredMembers.js';
import type { Task } from './task.js';
import {
  InvalidTransitionError,
  MarkovTaskTagError,
  NoMarkovTasksError,
  NonMarkovTaskTransitionError,
} from './userErrors.js';

export interface MarkovState {
  readonly name: string;
  readonly task: Task;
  readonly transitions: readonly (readonly [name: string, weight: number])[];
}

const log = getLogger('tsload.user');
const chains = new WeakMap<object, MarkovChain>();

export class MarkovChain {
  constructor(
    readonly start: MarkovState,
    private readonly states: ReadonlyMap<string, MarkovState>,
  ) {}

  /** The state after `state`, by a chance in [0, 1). */
  next(state: MarkovState, chance: number): MarkovState {
    let rest = chance * totalWeight(state);
    for (const [name, weight] of state.transitions) {
      if (rest < weight) return this.states.get(name) ?? state;
      rest -= weight;
    }
    return state;
  }
}

/**
 * The chain that a class declares. Throws `NoMarkovTasksError`, `InvalidTransitionError`, `NonMarkovTaskTransitionError` or
 * `MarkovTaskTagError`; warns once of states that nothing leads to.
 */
export function chainOf(owner: object & { readonly name: string }): MarkovChain {
  const known = chains.get(owner);
  if (known !== undefined) return known;
  const states = statesOf(owner);
  const [start] = states.values();
  if (start === undefined) {
    throw new NoMarkovTasksError(`class ${owner.name} has no task with a transition: mark a method with @transition`);
  }
  for (const state of states.values()) checkTransitions(owner, state, states);
  warnOfUnreachable(owner.name, start, states);
  const chain = new MarkovChain(start, states);
  chains.set(owner, chain);
  return chain;
}

/** Base class's states first; a method that is declared anew keeps its place, one that is overridden its transitions. */
function statesOf(owner: object): Map<string, MarkovState> {
  const base: unknown = Object.getPrototypeOf(owner);
  const states = typeof base === 'function' && base !== Function.prototype ? statesOf(base) : new Map();
  const prototype: unknown = Reflect.get(owner, 'prototype');
  for (const member of declaredMembersOf(owner)) {
    if (member.transitions === undefined) continue;
    const name = String(member.name);
    if (member.tags.size > 0) {
      throw new MarkovTaskTagError(
        `method ${name} of ${nameOf(owner)} has tags, which a MarkovTaskSet cannot choose by: take @tag away`,
      );
    }
    if (member.value !== undefined) states.set(name, { name, task: member.value, transitions: member.transitions });
  }
  for (const [name, state] of states) {
    const task: unknown = Reflect.get(Object(prototype), name);
    if (typeof task === 'function' && task !== state.task) states.set(name, { ...state, task });
  }
  return states;
}

function nameOf(owner: object): string {
  return String(Reflect.get(owner, 'name'));
}

function checkTransitions(owner: object, state: MarkovState, states: ReadonlyMap<string, MarkovState>): void {
  const where = `${nameOf(owner)}.${state.name}`;
  for (const [name] of state.transitions) {
    if (states.has(name)) continue;
    if (typeof Reflect.get(Object(Reflect.get(owner, 'prototype')), name) === 'function') {
      throw new NonMarkovTaskTransitionError(
        `${where} has a transition to ${name}, which has none itself: mark ${name} with @transition`,
      );
    }
    throw new InvalidTransitionError(`${where} has a transition to ${name}, but the class has no such method`);
  }
  if (totalWeight(state) === 0) {
    throw new InvalidTransitionError(`${where} has only transitions of weight 0: give one of them a weight above 0`);
  }
}

function totalWeight(state: MarkovState): number {
  return state.transitions.reduce((sum, [, weight]) => sum + weight, 0);
}

function warnOfUnreachable(name: string, start: MarkovState, states: ReadonlyMap<string, MarkovState>): void {
  const reached = new Set([start.name]);
  for (const reachedName of reached) {
    for (const [target, weight] of states.get(reachedName)?.transitions ?? []) if (weight > 0) reached.add(target);
  }
  const others = [...states.keys()].filter((state) => !reached.has(state));
  if (others.length > 0) log.warning(`no transition in ${name} ever leads to ${others.join(', ')}`);
}
