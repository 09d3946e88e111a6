import { expect, test } from 'vitest';
import {
  checkUserClass,
  InvalidTransitionError,
  MarkovTaskSet,
  MarkovTaskTagError,
  NoMarkovTasksError,
  NonMarkovTaskTransitionError,
  StopUser,
  type TaskSetClass,
  tag,
  task,
  transition,
  transitions,
  User,
} from '../../../src/users/index.js';
import { chainOf } from '../../../src/users/markovChain.js';
import { captureLog } from '../../capturedLog.js';
import fc from '../../properties.js';
import { live, withRuntime } from './running.js';

/** The names of a walk of `length` steps along the chain of a class. */
function walk(owner: TaskSetClass, length: number, chance: () => number): string {
  const chain = chainOf(owner);
  const names: string[] = [];
  for (let state = chain.start; names.length < length; state = chain.next(state, chance())) names.push(state.name);
  return names.join(' ');
}

const check = (set: TaskSetClass) => () => {
  class Shopper extends User {
    static override tasks = [set];
  }
  checkUserClass(Shopper);
};

test('[75] transitions without a choice make a cycle, which begins with the first method declared', async () => {
  class Cycle extends MarkovTaskSet<Shopper> {
    @transition('b') a() {
      this.user.names.push('a');
    }
    @transition('c') async b() {
      this.user.names.push('b');
    }
    @transition('a') c() {
      this.user.names.push('c');
      if (this.user.names.length === 6) throw new StopUser();
    }
  }
  class Shopper extends User {
    static override tasks = [Cycle];
    readonly names: string[] = [];
  }
  const user = await live(Shopper);
  expect(user instanceof Shopper && user.names).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
});

test('[75] transitions are drawn by their weights, from whichever form they have', () => {
  class Single extends MarkovTaskSet {
    @transition('a', 3) @transition('b') a() {}
    @transition('a') b() {}
  }
  class Listed extends MarkovTaskSet {
    @transitions([['a', 3], 'b']) a() {}
    @transitions(['a']) b() {}
  }
  class Mapped extends MarkovTaskSet {
    @transitions({ a: 3, b: 1 }) a() {}
    @transitions({ a: 1, b: 0 }) b() {}
  }
  for (const set of [Single, Listed, Mapped]) {
    const chances = [0, 0.74, 0.75, 0.99, 0];
    expect(walk(set, 5, () => chances.shift() ?? 0)).toBe('a a a b a');
  }
});

test('[75] whatever the weights, each transition is drawn for just its share of the chances', () => {
  fc.assert(
    fc.property(fc.nat(9), fc.integer({ min: 1, max: 9 }), (a, b) => {
      class Wander extends MarkovTaskSet {
        @transitions([
          ['a', a],
          ['b', b],
        ])
        a() {}
        @transition('a') b() {}
      }
      const chain = chainOf(Wander);
      const steps = 1000 * (a + b);
      let drawn = 0;
      for (let i = 0; i < steps; i++) if (chain.next(chain.start, (i + 0.5) / steps).name === 'a') drawn++;
      expect(drawn).toBe(1000 * a);
    }),
    { numRuns: 20 },
  );
});

test("the walk is drawn from the user's own source of chance", async () => {
  class Wander extends MarkovTaskSet<Shopper> {
    @transitions(['a', 'b']) a() {
      this.user.names.push('a');
      if (this.user.names.length > 3) throw new StopUser();
    }
    @transition('a') b() {
      this.user.names.push('b');
    }
  }
  class Shopper extends User {
    static override tasks = [Wander];
    readonly names: string[] = [];
  }
  const chances = [0, 0.1, 0.9, 0, 0.1];
  const user = await live(Shopper, withRuntime({ randomOf: () => () => chances.shift() ?? 0 }));
  expect(user instanceof Shopper && user.names).toEqual(['a', 'a', 'b', 'a']);
});

test('[75] a chain that cannot work is refused when its class is checked', () => {
  class Empty extends MarkovTaskSet {
    @task a() {}
  }
  class Unknown extends MarkovTaskSet {
    @transition('nowhere') a() {}
  }
  class Plain extends MarkovTaskSet {
    @transition('b') a() {}
    b() {}
  }
  class Tagged extends MarkovTaskSet {
    @tag('x') @transition('a') a() {}
  }
  class Stuck extends MarkovTaskSet {
    @transition('a', 0) a() {}
  }
  expect(check(Empty)).toThrow(NoMarkovTasksError);
  expect(check(Empty)).toThrow('class Empty has no task with a transition: mark a method with @transition');
  expect(check(Unknown)).toThrow(InvalidTransitionError);
  expect(check(Unknown)).toThrow('Unknown.a has a transition to nowhere, but the class has no such method');
  expect(check(Plain)).toThrow(NonMarkovTaskTransitionError);
  expect(check(Plain)).toThrow('Plain.a has a transition to b, which has none itself');
  expect(check(Tagged)).toThrow(MarkovTaskTagError);
  expect(check(Tagged)).toThrow('method a of Tagged has tags');
  expect(check(Stuck)).toThrow('Stuck.a has only transitions of weight 0');
});

test('[75] states that nothing leads to are warned about once, weight 0 being no way', () => {
  using log = captureLog();
  class Wander extends MarkovTaskSet {
    @transitions({ a: 1, b: 0 }) a() {}
    @transition('a') b() {}
    @transition('b') c() {}
  }
  check(Wander)();
  check(Wander)();
  expect(log.at('WARNING')).toEqual(['no transition in Wander ever leads to b, c']);
});

test('[75] an abstract set is not checked, and its subclass is', () => {
  class Base extends MarkovTaskSet {
    static override abstract = true;
    @transition('b') a() {}
  }
  class Broken extends Base {}
  class Whole extends Base {
    @transition('a') b() {}
  }
  expect(check(Base)).not.toThrow();
  expect(check(Broken)).toThrow('Broken.a has a transition to b, but the class has no such method');
  expect(walk(Whole, 4, () => 0)).toBe('a b a b');
});

test('a state that is overridden runs as overridden and keeps its transitions', () => {
  class Base extends MarkovTaskSet {
    @transition('b') a() {}
    @transition('a') b() {}
  }
  class Wander extends Base {
    override a() {}
  }
  expect(chainOf(Wander).start.task).toBe(Wander.prototype.a);
  expect(walk(Wander, 3, () => 0)).toBe('a b a');
});

test('transitions refuse what is no name and no weight', () => {
  const call =
    (make: unknown, ...given: unknown[]) =>
    () =>
      Reflect.apply(typeof make === 'function' ? make : () => {}, undefined, given);
  expect(call(transition, 3)).toThrow('@transition must name a method but got 3');
  expect(call(transition, 'a', -1)).toThrow('@transition must be given a whole number');
  expect(call(transitions, 'a')).toThrow('@transitions must be given an object or a list but got "a"');
  expect(call(transitions, { a: 'often' })).toThrow('as weight but got "often"');
});
