import { expect, test } from 'vitest';
import { type TaskDeclaration, TaskSet, tag, task, User } from '../../../src/users/index.js';
import { taskName } from '../../../src/users/task.js';
import { declaredTasks, type TaskOwnerClass } from '../../../src/users/taskList.js';
import { captureLog } from '../../capturedLog.js';

const namesOf = (owner: TaskOwnerClass) => declaredTasks(owner).tasks.map(taskName);
const timesOf = (owner: TaskOwnerClass, name: string) => namesOf(owner).filter((other) => other === name).length;

function t1() {}
function t2() {}

test('[59] a Map of tasks and methods with weights stand in the list as often as their weights say', () => {
  class Shopper extends User {
    static override tasks = new Map([
      [t1, 5],
      [t2, 2],
    ]);
    @task(3) t3() {}
    @task(13) t4() {}
  }
  expect([timesOf(Shopper, 't1'), timesOf(Shopper, 't2')]).toEqual([5, 2]);
  expect([timesOf(Shopper, 't3'), timesOf(Shopper, 't4')]).toEqual([3, 13]);
  expect(namesOf(Shopper)).toHaveLength(23);
});

test('[59] @task without a number, with empty brackets and with 1 are the same, and weight 0 is never drawn', () => {
  class Shopper extends User {
    @task a() {}
    @task() b() {}
    @task(1) c() {}
    @task(0) d() {}
  }
  expect(namesOf(Shopper)).toEqual(['a', 'b', 'c']);
});

test('tasks may be a list, or a list of pairs', () => {
  class Plain extends User {
    static override tasks = [t1, t2];
  }
  class Pairs extends User {
    static override tasks = [
      [t1, 2],
      [t2, 1],
    ];
  }
  expect(namesOf(Plain)).toEqual(['t1', 't2']);
  expect(namesOf(Pairs)).toEqual(['t1', 't1', 't2']);
});

test('[61] tasks of an abstract base class are inherited, by users and by task sets', () => {
  abstract class Base extends User {
    static override abstract = true;
    @task a() {}
  }
  class Shopper extends Base {}
  class BaseSet extends TaskSet {
    static override abstract = true;
    static override tasks = [t1];
  }
  class Browse extends BaseSet {}
  expect(namesOf(Shopper)).toEqual(['a']);
  expect(namesOf(Browse)).toEqual(['t1']);
});

test('[62] methods come in the order of their declaration, then static members, then tasks', () => {
  class Shopper extends User {
    static override tasks = [t1];
    @task static nested = class extends TaskSet {};
    @task b() {}
    @task(2) static browse = class Browse extends TaskSet {};
    @task a() {}
  }
  expect(namesOf(Shopper)).toEqual(['b', 'a', 'nested', 'Browse', 'Browse', 't1']);
});

test('[66] tasks of base classes come first', () => {
  class Base extends TaskSet {
    static override tasks = [t1];
    @task a() {}
  }
  class Middle extends Base {
    @task b() {}
  }
  class Leaf extends Middle {
    static override tasks = [t2];
    @task c() {}
  }
  expect(namesOf(Base)).toEqual(['a', 't1']);
  expect(namesOf(Leaf)).toEqual(['a', 't1', 'b', 'c', 't2']);
});

test('a method that is overridden runs as overridden, at its place and weight', () => {
  class Base extends User {
    @task(2) a() {}
    @task b() {}
  }
  class Shopper extends Base {
    override a() {}
  }
  const { tasks } = declaredTasks(Shopper);
  expect(tasks).toEqual([Shopper.prototype.a, Shopper.prototype.a, Base.prototype.b]);
  expect(declaredTasks(Base).tasks[0]).toBe(Base.prototype.a);
});

test('a method that is overridden with @task counts only as declared anew', () => {
  class Base extends User {
    @task(5) a() {}
    @task b() {}
  }
  class Shopper extends Base {
    @task(1) override a() {}
  }
  expect(declaredTasks(Shopper).tasks).toEqual([Base.prototype.b, Shopper.prototype.a]);
});

test('two subclasses of one base do not see each other, nor does the base see them', () => {
  class Base extends User {
    @task a() {}
  }
  class One extends Base {
    @task b() {}
  }
  class Two extends Base {
    @task c() {}
  }
  expect([namesOf(One), namesOf(Two), namesOf(Base)]).toEqual([['a', 'b'], ['a', 'c'], ['a']]);
});

test('tasks that are assigned anew later are the ones that count', () => {
  class Shopper extends User {
    static override tasks: TaskDeclaration = [t1];
  }
  class Regular extends Shopper {}
  expect(namesOf(Regular)).toEqual(['t1']);
  Shopper.tasks = [t2, t2];
  expect(namesOf(Regular)).toEqual(['t2', 't2']);
});

test('plain JavaScript lists its methods, or functions that take the user', () => {
  class Shopper extends User {
    static override tasks = [
      [Shopper.prototype.browse, 2],
      [(user: Shopper) => user.browse(), 1],
    ];
    browse() {}
  }
  expect(namesOf(Shopper)).toEqual(['browse', 'browse', '(anonymous)']);
});

test('a nested class without a name takes that of its field', () => {
  class Shopper extends User {
    @task static browse = class extends TaskSet {
      @task look() {}
    };
  }
  expect(Shopper.browse.name).toBe('browse');
  expect(namesOf(Shopper)).toEqual(['browse']);
});

test('what can be no task is refused with the class, the value and what to give instead', () => {
  const holding = (tasks: unknown) => {
    class Shopper extends User {}
    Reflect.set(Shopper, 'tasks', tasks);
    return () => declaredTasks(Shopper);
  };
  expect(holding(['browse'])).toThrow(
    'static tasks of Shopper holds "browse": give it the method itself, Shopper.prototype.browse',
  );
  expect(holding([undefined])).toThrow(
    'static tasks of Shopper holds undefined: give it functions and task set classes',
  );
  expect(holding([class NoSet {}])).toThrow('holds the class NoSet, which is no task set');
  expect(holding([[t1, -1]])).toThrow('whole number from 0 to 1,000,000 as weight but got -1');
  expect(holding([[t1]])).toThrow('as weight but got undefined');
  expect(holding(new Map([[t1, 1.5]]))).toThrow('as weight but got 1.5');
  expect(holding(t1)).toThrow('must be a list of tasks, or a Map from task to weight');
  expect(holding({ t1: 1 })).toThrow('static tasks of Shopper is an object: it must be a list');
});

test('decorators refuse members that can be no task', () => {
  const decorate = (decorator: unknown, ...given: unknown[]) =>
    Reflect.apply(typeof decorator === 'function' ? decorator : () => {}, undefined, given);
  const context = { kind: 'method', name: 'a', static: false, private: false, metadata: {} };
  expect(() => decorate(task, t1, { ...context, private: true })).toThrow('@task stands on the private method a');
  expect(() => decorate(task, t1, { ...context, static: true })).toThrow('@task stands on the static method a');
  expect(() => decorate(task, undefined, { ...context, kind: 'field' })).toThrow('@task stands on the field a');
  expect(() => decorate(task, t1, { ...context, kind: 'getter' })).toThrow('@task stands on the getter a');
  expect(() => decorate(task, User, { ...context, kind: 'class' })).toThrow('@task stands on the class a');
  expect(() => decorate(task, t1, { ...context, name: 'start' })).toThrow('a task cannot be called start');
  expect(() => decorate(task('many' as unknown as number), t1, context)).toThrow('as weight but got "many"');
  expect(() => decorate(task(1), Shop.prototype, 'browse')).toThrow('turn off experimentalDecorators');
  const initialise = decorate(task, undefined, { ...context, kind: 'field', static: true });
  expect(() => initialise(3)).toThrow('the static field a is marked as a task but holds 3');
});
class Shop {}

test('onStart and onStop as tasks are warned about', () => {
  using log = captureLog();
  class Shopper extends User {
    @task override onStart() {}
    @tag('x') override onStop() {}
  }
  expect(namesOf(Shopper)).toEqual(['onStart']);
  expect(log.at('WARNING')).toEqual([expect.stringContaining('onStart is marked with @task')]);
});
