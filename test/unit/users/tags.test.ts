import { expect, test } from 'vitest';
import {
  MarkovTaskSet,
  type TagFilter,
  TaskSet,
  tag,
  task,
  taskSelectionOf,
  transition,
  User,
} from '../../../src/users/index.js';
import { isTaskSetClass, taskName } from '../../../src/users/task.js';
import { declaredTasks, type TaskList, type TaskOwnerClass } from '../../../src/users/taskList.js';
import { anEnvironment } from '../../builders.js';
import { captureLog } from '../../capturedLog.js';
import fc from '../../properties.js';

/** What an environment with these tags runs: names, with the nested ones behind a slash. */
function chosen(owner: TaskOwnerClass, filter: TagFilter): string[] {
  const selection = taskSelectionOf(anEnvironment());
  selection.filterByTags(filter);
  return leaves(selection.listOf(owner));
}

function leaves(list: TaskList): string[] {
  return list.tasks.flatMap((item) => {
    if (!isTaskSetClass(item)) return [taskName(item)];
    const inner = leaves(list.listOf(item));
    return inner.length === 0 ? [taskName(item)] : inner.map((name) => `${taskName(item)}/${name}`);
  });
}

class Shopper extends User {
  @task @tag('read', 'fast') a() {}
  @task @tag('read') @tag('slow') b() {}
  @tag('write') @task(2) c() {}
  @task d() {}
}

test('[76] tags of several decorators add up', () => {
  const tags = Object.fromEntries(
    declaredTasks(Shopper).entries.map((entry) => [taskName(entry.task), [...entry.tags]]),
  );
  expect(tags).toEqual({ a: ['read', 'fast'], b: ['slow', 'read'], c: ['write'], d: [] });
});

test('[76] tags of a task set reach its tasks and those of sets nested in it', () => {
  @tag('whole')
  class Browse extends TaskSet {
    @task look() {}
    @task static inner = class extends TaskSet {
      @task @tag('own') deep() {}
    };
  }
  class Visitor extends User {
    static override tasks = [Browse];
    @task @tag('field') static again = Browse;
  }
  expect(chosen(Visitor, { tags: ['whole'] })).toHaveLength(4);
  expect(chosen(Visitor, { tags: ['own'] })).toEqual(['Browse/inner/deep', 'Browse/inner/deep']);
  expect(chosen(Visitor, { excludeTags: ['whole'] })).toEqual([]);
});

test('[76] a tag on a user class reaches all its tasks, but not those that a subclass adds', () => {
  @tag('base')
  class Base extends User {
    @task a() {}
  }
  class Visitor extends Base {
    @task b() {}
  }
  expect(chosen(Visitor, { tags: ['base'] })).toEqual(['a']);
});

test('[76] an overridden method keeps its tags, and may get more', () => {
  class Visitor extends Shopper {
    @tag('more') override a() {
      return super.a();
    }
  }
  expect(chosen(Visitor, { tags: ['more'] })).toEqual(['a']);
  expect(chosen(Visitor, { tags: ['fast'] })).toEqual(['a']);
});

test('[77] a tag without a name is refused', () => {
  const bare: (...given: unknown[]) => unknown = (...given) => Reflect.apply(tag, undefined, given);
  expect(() => bare()).toThrow("@tag needs at least one name: write @tag('name')");
  expect(() => bare(() => {}, { kind: 'method' })).toThrow('@tag needs at least one name');
});

test('[78] include, exclude, and both, where exclude wins', () => {
  expect(chosen(Shopper, { tags: ['read'] })).toEqual(['a', 'b']);
  expect(chosen(Shopper, { tags: ['fast', 'write'] })).toEqual(['a', 'c', 'c']);
  expect(chosen(Shopper, { excludeTags: ['slow'] })).toEqual(['a', 'c', 'c', 'd']);
  expect(chosen(Shopper, { tags: ['read', 'write'], excludeTags: ['slow'] })).toEqual(['a', 'c', 'c']);
  expect(chosen(Shopper, { tags: [], excludeTags: [] })).toEqual(['a', 'b', 'c', 'c', 'd']);
  expect(chosen(Shopper, {})).toEqual(['a', 'b', 'c', 'c', 'd']);
});

class Nested extends User {
  @task @tag('x') top() {}
  @task static mixed = class extends TaskSet {
    @task @tag('x') one() {}
    @task @tag('y') two() {}
  };
  @task static other = class extends TaskSet {
    @task @tag('y') three() {}
  };
}

test('[79] a nested set stays if anything in it stays', () => {
  expect(chosen(Nested, { tags: ['x'] })).toEqual(['top', 'mixed/one']);
  expect(chosen(Nested, { excludeTags: ['y'] })).toEqual(['top', 'mixed/one']);
  expect(chosen(Nested, { excludeTags: ['x'] })).toEqual(['mixed/two', 'other/three']);
});

test('[80] weights survive filtering', () => {
  class Visitor extends User {
    @task(3) @tag('x') a() {}
    @task(2) @tag('y') b() {}
    @task(4) @tag('x', 'y') c() {}
  }
  expect(chosen(Visitor, { tags: ['x'] })).toEqual(['a', 'a', 'a', 'c', 'c', 'c', 'c']);
});

test('[81] a task that two sets share is chosen in each by itself', () => {
  function shared() {}
  @tag('tagged')
  class Tagged extends TaskSet {
    static override tasks = [shared];
  }
  class Untagged extends TaskSet {
    static override tasks = [shared];
  }
  class Visitor extends User {
    static override tasks = [Tagged, Untagged];
  }
  expect(chosen(Visitor, { tags: ['tagged'] })).toEqual(['Tagged/shared']);
  expect(chosen(Visitor, { excludeTags: ['tagged'] })).toEqual(['Untagged/shared']);
});

test('choosing leaves classes and other environments as they were', () => {
  const [one, two] = [taskSelectionOf(anEnvironment()), taskSelectionOf(anEnvironment())];
  one.filterByTags({ tags: ['x'] });
  two.filterByTags({ tags: ['y'] });
  expect([leaves(one.listOf(Nested)), leaves(two.listOf(Nested))]).toEqual([
    ['top', 'mixed/one'],
    ['mixed/two', 'other/three'],
  ]);
  expect(leaves(declaredTasks(Nested))).toEqual(['top', 'mixed/one', 'mixed/two', 'other/three']);
});

test('a Markov set is never filtered', () => {
  class Wander extends MarkovTaskSet {
    @transition('walk') walk() {}
  }
  class Visitor extends User {
    static override tasks = [Wander];
    @task @tag('x') a() {}
  }
  expect(chosen(Visitor, { tags: ['x'] })).toEqual(['a', 'Wander']);
  expect(chosen(Visitor, { excludeTags: ['x'] })).toEqual(['Wander']);
});

test('a class that has no tasks left is warned about, and says so when it runs', () => {
  using log = captureLog();
  const selection = taskSelectionOf(anEnvironment());
  selection.filterByTags({ tags: ['none'] }, [Shopper]);
  expect(log.at('WARNING')).toEqual([expect.stringContaining('class Shopper has no tasks left with the tags given')]);
  expect(selection.listOf(Shopper).noTasksError().message).toMatch(/class Shopper has no tasks left: the tags/);
});

test('whatever the tags: what is included by one filter and excluded by the same is everything, once', () => {
  const names = fc.constantFrom('read', 'fast', 'slow', 'write', 'none');
  fc.assert(
    fc.property(fc.array(names, { minLength: 1 }), (tags) => {
      const kept = chosen(Shopper, { tags });
      const dropped = chosen(Shopper, { excludeTags: tags });
      expect([...kept, ...dropped].sort()).toEqual(['a', 'b', 'c', 'c', 'd']);
    }),
  );
});
