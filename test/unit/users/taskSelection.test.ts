import { expect, test } from 'vitest';
import {
  MarkovTaskSet,
  TaskSet,
  task,
  taskSelectionOf,
  transition,
  User,
  updateUserClass,
} from '../../../src/users/index.js';
import { taskName } from '../../../src/users/task.js';
import { anEnvironment } from '../../builders.js';

function aShop() {
  function shared() {}
  class Browse extends TaskSet {
    static override tasks = new Map([[shared, 3]]);
    @task(5) look() {}
    @task static deep = class extends TaskSet {
      @task(2) dive() {}
    };
  }
  class Shopper extends User {
    static override tasks = [shared, Browse];
    @task(7) buy() {}
  }
  const environment = anEnvironment();
  const selection = taskSelectionOf(environment);
  return {
    Shopper,
    Browse,
    shared,
    environment,
    selection,
    names: () => selection.listOf(Shopper).tasks.map(taskName),
  };
}

test('[85] with equal weights every single task of nested sets stands in the list once', () => {
  const { selection, names } = aShop();
  selection.assignEqualWeights();
  expect(names()).toEqual(['buy', 'shared', 'look', 'dive']);
});

test('[85] a Markov set stays whole, as its tasks are nothing without their order', () => {
  class Wander extends MarkovTaskSet {
    @transition('walk') walk() {}
  }
  class Visitor extends User {
    static override tasks = [[Wander, 4]];
  }
  const selection = taskSelectionOf(anEnvironment());
  selection.assignEqualWeights();
  expect(selection.listOf(Visitor).tasks).toEqual([Wander]);
});

test('[88] an update by names keeps those tasks, with their weights, out of all that the class declares', () => {
  const { Shopper, environment, names } = aShop();
  updateUserClass(environment, Shopper, { userClassName: 'Shopper', tasks: ['shared', 'Browse'] });
  expect(names()).toEqual(['shared', 'Browse']);
  updateUserClass(environment, Shopper, { tasks: ['buy'] });
  expect(names()).toEqual(Array(7).fill('buy'));
});

test('[88] an update sets statics of the class, in either spelling, and makes new ones', () => {
  const { Shopper, environment } = aShop();
  updateUserClass(environment, Shopper, {
    user_class_name: 'Shopper',
    host: 'http://changed',
    weight: '2.5',
    fixed_count: 3,
    someAttribute: 'new',
  });
  expect({ ...Shopper }).toMatchObject({ host: 'http://changed', weight: 2.5, fixedCount: 3, someAttribute: 'new' });
  expect(Object.hasOwn(Shopper, 'user_class_name')).toBe(false);
  expect(User.host).toBeUndefined();
});

test('an update that cannot be says why', () => {
  const { Shopper, environment } = aShop();
  const update = (settings: Record<string, unknown>) => () => updateUserClass(environment, Shopper, settings);
  expect(update({ tasks: ['sell'] })).toThrow('class Shopper has no task sell: it has buy, shared, Browse');
  expect(update({ tasks: 'buy' })).toThrow('tasks of Shopper must be a list of task names but is "buy"');
  expect(update({ weight: 'heavy' })).toThrow('weight of Shopper must be a number, 0 or above, but is heavy');
  expect(update({ fixedCount: -1 })).toThrow('fixedCount of Shopper must be a number, 0 or above, but is -1');
});

test('names, tags and equal weights hold together', () => {
  const { Shopper, environment, selection, names } = aShop();
  selection.filterByTags({ excludeTags: ['none'] });
  selection.assignEqualWeights();
  updateUserClass(environment, Shopper, { tasks: ['Browse'] });
  expect(names()).toEqual(['look', 'dive', 'shared']);
});
