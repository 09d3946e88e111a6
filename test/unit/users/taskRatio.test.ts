import { expect, test } from 'vitest';
import {
  expectedUserCounts,
  formatTaskRatios,
  type TaskRatios,
  TaskSet,
  task,
  taskRatios,
  taskRatiosJson,
  taskSelectionOf,
  User,
} from '../../../src/users/index.js';
import { anEnvironment } from '../../builders.js';
import fc from '../../properties.js';

class Tasks extends TaskSet {
  @task root() {}
  @task static sub = class extends TaskSet {
    @task one() {}
    @task one2() {}
  };
}
class Visitor extends User {
  static override tasks = [Tasks];
}
class Regular extends User {
  static override weight = 3;
  static override tasks = [Tasks];
}

/** The sum of all ratios of tasks that have no tasks in them. */
function leafSum(ratios: TaskRatios): number {
  return Object.values(ratios).reduce(
    (sum, { ratio, tasks }) => sum + (tasks === undefined ? ratio : leafSum(tasks)),
    0,
  );
}

test('[83] within a class ratios are those of each list; in total they multiply', () => {
  const { perClass, total } = taskRatios(anEnvironment(), [Visitor, Regular], { Visitor: 1, Regular: 3 });
  expect(perClass['Visitor']).toEqual({
    ratio: 0.25,
    tasks: {
      Tasks: {
        ratio: 1,
        tasks: { root: { ratio: 0.5 }, sub: { ratio: 0.5, tasks: { one: { ratio: 0.5 }, one2: { ratio: 0.5 } } } },
      },
    },
  });
  expect(total['Visitor']?.tasks?.['Tasks']).toEqual({
    ratio: 0.25,
    tasks: {
      root: { ratio: 0.125 },
      sub: { ratio: 0.125, tasks: { one: { ratio: 0.0625 }, one2: { ratio: 0.0625 } } },
    },
  });
  expect(leafSum(total)).toBeCloseTo(1);
});

test('[83] a repeated task is one line with all its weight', () => {
  class Base extends User {
    @task(2) a() {}
    @task b() {}
  }
  class Shopper extends Base {
    static override tasks = [Base.prototype.a];
  }
  const { perClass } = taskRatios(anEnvironment(), [Shopper], { Shopper: 1 });
  expect(perClass['Shopper']?.tasks).toEqual({ a: { ratio: 0.75 }, b: { ratio: 0.25 } });
});

test('[83] whatever the users, all ratios of single tasks in total add up to 1', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.integer({ min: 1, max: 1000 }), (visitors, regulars) => {
      const { total } = taskRatios(anEnvironment(), [Visitor, Regular], { Visitor: visitors, Regular: regulars });
      expect(leafSum(total)).toBeCloseTo(1);
    }),
  );
});

test('the users to expect follow from weights, and from fixed counts before those', () => {
  class Fixed extends User {
    static override fixedCount = 2;
  }
  expect(expectedUserCounts([Visitor, Regular])).toEqual({ Visitor: 1, Regular: 3 });
  expect(expectedUserCounts([Visitor, Regular], 100)).toEqual({ Visitor: 25, Regular: 75 });
  expect(expectedUserCounts([Visitor, Regular, Fixed], 10)).toEqual({ Visitor: 2, Regular: 6, Fixed: 2 });
  expect(expectedUserCounts([Visitor, Fixed], 1)).toEqual({ Visitor: 0, Fixed: 2 });
  expect(expectedUserCounts([])).toEqual({});
});

test('ratios are of the tasks that are chosen, and no users at all is no division by zero', () => {
  const environment = anEnvironment();
  taskSelectionOf(environment).chooseByName(Visitor, []);
  expect(taskRatios(environment, [Visitor], {}).total).toEqual({ Visitor: { ratio: 0, tasks: {} } });
});

test('the tables show percent to one decimal, indented by nesting', () => {
  const report = taskRatios(anEnvironment(), [Visitor], { Visitor: 1 });
  const lines = formatTaskRatios(report);
  expect(lines).toContain(' Task ratio per User class');
  expect(lines).toContain(' Total task ratio');
  expect(lines.filter((line) => line === '-'.repeat(80))).toHaveLength(2);
  expect(lines).toContain(' 100.0      Visitor');
  expect(lines).toContain('   100.0      Tasks');
  expect(lines).toContain('       25.0       one');
});

test('the JSON has the names that Locust gives', () => {
  const json: unknown = JSON.parse(taskRatiosJson(taskRatios(anEnvironment(), [Visitor], { Visitor: 1 })));
  expect(json).toMatchObject({
    per_class: { Visitor: { ratio: 1 } },
    total: { Visitor: { tasks: { Tasks: { ratio: 1 } } } },
  });
});
