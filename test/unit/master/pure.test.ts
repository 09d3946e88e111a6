import { describe, expect, test } from 'vitest';
import { Facts } from '../../../src/master/facts.js';
import { masterStates, nextRunState, type RunInput } from '../../../src/master/runState.js';
import { isSameLoad, readTick } from '../../../src/master/shapeTick.js';
import { spawnMessages, type ToldCounts } from '../../../src/master/spawnMessages.js';

const inputs: readonly RunInput[] = ['start', 'allSpawned', 'stop', 'allStopped'];

test('the table of run states, whole', () => {
  const table = Object.fromEntries(
    masterStates.map((state) => [state, inputs.map((input) => nextRunState(state, input) ?? '-').join(' ')]),
  );
  expect(table).toEqual({
    //        start    allSpawned stop     allStopped
    ready: 'spawning - - -',
    spawning: 'spawning running stopping -',
    running: 'spawning - stopping -',
    stopping: '- - - stopped',
    stopped: 'spawning - - -',
  });
});

describe('what a shape may say', () => {
  class A {}
  const known = new Set(['A', 'B']);

  test.each([
    [null, undefined],
    [undefined, undefined],
    [[3, 1], { userCount: 3, spawnRate: 1, userClasses: undefined }],
    [[3, 0.5, null], { userCount: 3, spawnRate: 0.5, userClasses: undefined }],
    [[2.6, 1, [A, 'B']], { userCount: 3, spawnRate: 1, userClasses: ['A', 'B'] }],
    [[0, 1, []], { userCount: 0, spawnRate: 1, userClasses: [] }],
  ])('%j means %j', (result, expected) => {
    expect(readTick(result, known)).toEqual(expected);
  });

  test.each([
    [[1]],
    [[1, 2, [], 4]],
    ['10,2'],
    [7],
    [[-1, 1]],
    [[1, -1]],
    [[Number.NaN, 1]],
    [[1, Number.POSITIVE_INFINITY]],
    [[1, 1, 'A']],
    [[1, 1, ['C']]],
    [[1, 1, [undefined]]],
  ])('%j is refused with what was found', (result) => {
    expect(() => readTick(result, known)).toThrow(/^tick of the load shape returned .*: /);
  });

  test('loads are the same when users, rate and classes are', () => {
    const load = { userCount: 1, spawnRate: 2, userClasses: ['A'] };
    expect(isSameLoad(load, { ...load, userClasses: ['A'] })).toBe(true);
    expect(isSameLoad(load, { ...load, userClasses: undefined })).toBe(false);
    expect(isSameLoad(load, { ...load, spawnRate: 3 })).toBe(false);
    expect(isSameLoad(undefined, load)).toBe(false);
  });
});

describe('spawn messages', () => {
  const times = { test: 1, step: 1, startTime: 100, spacingSeconds: 0.5, isLast: false };
  const at = (worker: string, userClass: string) => ({ worker, userClass });

  test('a worker hears only of what changes for it, and who is not touched hears nothing', () => {
    const told: ToldCounts = new Map();
    const first = { starts: [at('w1', 'A'), at('w2', 'A'), at('w1', 'B')], stops: [], isRebalance: false };
    const messages = spawnMessages(first, times, told, []);
    expect([...messages.keys()]).toEqual(['w1', 'w2']);
    expect(messages.get('w1')).toEqual({
      kind: 'spawn',
      ...times,
      counts: { A: 1, B: 1 },
      starts: [
        { userClass: 'A', ranks: [0] },
        { userClass: 'B', ranks: [2] },
      ],
    });
    const second = { starts: [at('w1', 'A')], stops: [], isRebalance: false };
    expect(spawnMessages(second, times, told, []).get('w1')?.counts).toEqual({ A: 2 });
    expect(
      spawnMessages({ starts: [], stops: [at('w2', 'A')], isRebalance: false }, times, told, []).get('w2')?.counts,
    ).toEqual({ A: 0 });
  });

  test('everyone who is named gets a message, even if nothing changes', () => {
    const nothing = { starts: [], stops: [], isRebalance: false };
    const messages = spawnMessages(nothing, { ...times, isLast: true }, new Map(), ['w1', 'w2']);
    expect([...messages.values()].map(({ counts, starts, isLast }) => [counts, starts, isLast])).toEqual([
      [{}, [], true],
      [{}, [], true],
    ]);
  });
});

test('a fact is waited for until it holds, or until its time is over', async () => {
  const facts = new Facts();
  let isTrue = false;
  const waiting = facts.until(() => isTrue, 60);
  facts.check();
  isTrue = true;
  facts.check();
  expect(await waiting).toBe(true);
  expect(await facts.until(() => false, 0.01)).toBe(false);
});
