import { describe, expect, test } from 'vitest';
import { GrantedIterations, OwnIterations } from '../../../src/worker/iterationBudget.js';
import fc from '../../properties.js';

function aBudget(count = 0, isLast = false) {
  const asked: { count: number } = { count: 0 };
  const budget = new GrantedIterations(() => asked.count++);
  if (count > 0 || isLast) budget.grant(count, isLast);
  return { budget, asked };
}

/** A user that claims and keeps the answer that comes later. */
function aWaiter(budget: GrantedIterations) {
  const user = {};
  const answers: boolean[] = [];
  expect(budget.claim(user)).toBeUndefined();
  const withdraw = budget.wait(user, (mayRun) => answers.push(mayRun));
  return { user, answers, withdraw };
}

describe('iterations of each user', () => {
  test('are for each, and never used up for new ones', () => {
    const budget = new OwnIterations(2);
    const [a, b] = [{}, {}];
    expect([a, a, a, b, b, b].map((user) => budget.claim(user))).toEqual([true, true, false, true, true, false]);
    expect([budget.hasRefused, budget.isUsedUp]).toEqual([true, false]);
  });

  test('are refused to all when no task may begin any more', () => {
    const budget = new OwnIterations(2);
    budget.refuse();
    expect(budget.claim({})).toBe(false);
  });
});

describe('granted iterations', () => {
  test('run for whoever asks first, and the last one is refused after them', () => {
    const { budget } = aBudget(3, true);
    expect([{}, {}, {}, {}].map((user) => budget.claim(user))).toEqual([true, true, true, false]);
    expect(budget.hasRefused).toBe(true);
  });

  test('are used up when their tasks are over, not when they began', () => {
    const { budget } = aBudget(1, true);
    const user = {};
    budget.claim(user);
    expect([budget.isUsedUp, budget.state.finished]).toEqual([false, 0]);
    budget.finish(user);
    budget.finish(user);
    expect([budget.isUsedUp, budget.state.finished]).toEqual([true, 1]);
  });

  test('are not used up while further ones may be granted', () => {
    const { budget } = aBudget(1);
    const user = {};
    budget.claim(user);
    budget.finish(user);
    expect(budget.isUsedUp).toBe(false);
    budget.grant(0, true);
    expect(budget.isUsedUp).toBe(true);
  });

  test('a user beyond the grant waits for the next one, in the order of asking', () => {
    const { budget } = aBudget();
    const waiters = [aWaiter(budget), aWaiter(budget), aWaiter(budget)];
    expect(budget.state.waiting).toBe(3);
    budget.grant(2, false);
    expect(waiters.map(({ answers }) => answers)).toEqual([[true], [true], []]);
    budget.grant(0, true);
    expect(waiters.map(({ answers }) => answers)).toEqual([[true], [true], [false]]);
  });

  test('a user that is stopped while it waits takes no iteration', () => {
    const { budget } = aBudget();
    const [gone, staying] = [aWaiter(budget), aWaiter(budget)];
    gone.withdraw();
    budget.grant(1, true);
    expect([gone.answers, staying.answers]).toEqual([[], [true]]);
  });

  test('a task that was cut off gives its iteration back to the master, once', () => {
    const { budget } = aBudget(2);
    const user = {};
    budget.claim(user);
    budget.unclaim(user);
    budget.unclaim(user);
    budget.finish(user);
    expect(budget.state).toMatchObject({ granted: 2, finished: 0, returned: 1 });
  });

  test('what is left when the last user is gone is given back, and what runs is not', () => {
    const { budget } = aBudget(5);
    const user = {};
    budget.claim(user);
    budget.returnRest();
    budget.returnRest();
    expect(budget.state).toEqual({ granted: 5, finished: 0, returned: 4, waiting: 0 });
    expect(budget.claim({})).toBeUndefined();
    budget.finish(user);
    expect(budget.state.finished).toBe(1);
  });

  test('a grant that comes when the last user is gone is given back, and one for a user that came later is not', () => {
    const { budget } = aBudget(1);
    budget.returnRest();
    budget.grant(20, false);
    expect(budget.state).toEqual({ granted: 21, finished: 0, returned: 21, waiting: 0 });
    expect(budget.claim({})).toBeUndefined();
    budget.grant(3, false);
    expect(budget.claim({})).toBe(true);
    expect(budget.state.returned).toBe(21);
  });

  test('more is asked for before they are used up: when what is left lasts for a second', () => {
    const { budget, asked } = aBudget(10);
    for (let at = 0; at < 3; at++) budget.claim({});
    expect([budget.isWanting, asked.count, budget.state.waiting]).toEqual([false, 0, 0]);
    budget.tick();
    for (let at = 0; at < 4; at++) budget.claim({});
    expect([budget.isWanting, asked.count]).toEqual([true, 1]);
    expect(budget.state.waiting, 'those that run now will want another one').toBe(4);
  });

  test('nothing more is asked for when there is no more', () => {
    const { budget, asked } = aBudget(2, true);
    for (let at = 0; at < 3; at++) budget.claim({});
    expect([budget.isWanting, asked.count]).toEqual([false, 0]);
  });

  test('nobody runs or waits any more when no task may begin', () => {
    const { budget } = aBudget();
    const { answers } = aWaiter(budget);
    budget.refuse();
    expect(answers).toEqual([false]);
    budget.grant(5, false);
    expect(budget.claim({})).toBe(false);
  });

  test('never run more often than granted, and every one is finished, returned, running or left', () => {
    const action = fc.oneof(
      fc.record({ grant: fc.nat(5), isLast: fc.boolean() }),
      fc.record({ claim: fc.nat(5) }),
      fc.record({ finish: fc.nat(5) }),
      fc.record({ unclaim: fc.nat(5) }),
      fc.record({ rest: fc.constant(true) }),
      fc.record({ back: fc.nat(8) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const { budget } = aBudget();
        const users = Array.from({ length: 6 }, () => ({}));
        const running = new Set<object>();
        const waiting = new Set<object>();
        let finished = 0;
        for (const step of actions) {
          if ('grant' in step) budget.grant(step.grant, step.isLast);
          else if ('rest' in step) budget.returnRest();
          else if ('back' in step) budget.giveBack(step.back);
          else if ('claim' in step) {
            const user = users[step.claim]!;
            if (running.has(user) || waiting.has(user)) continue;
            const mayRun = budget.claim(user);
            if (mayRun) running.add(user);
            else if (mayRun === undefined) {
              waiting.add(user);
              budget.wait(user, (later) => {
                waiting.delete(user);
                if (later) running.add(user);
              });
            }
          } else if ('finish' in step) {
            if (running.delete(users[step.finish]!)) finished++;
            budget.finish(users[step.finish]!);
          } else {
            running.delete(users[step.unclaim]!);
            budget.unclaim(users[step.unclaim]!);
          }
          const { state } = budget;
          expect(state.finished).toBe(finished);
          expect(state.waiting).toBeGreaterThanOrEqual(waiting.size);
          expect(state.finished + state.returned + running.size).toBeLessThanOrEqual(state.granted);
        }
      }),
    );
  });
});
