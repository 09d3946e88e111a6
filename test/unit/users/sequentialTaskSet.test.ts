import { expect, test } from 'vitest';
import { SequentialTaskSet, StopUser, task, User, type UserClass } from '../../../src/users/index.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { begin, live } from './running.js';

/** The names of the first `length` tasks that users with these sets run. */
async function orderOf(set: typeof Counted, length: number): Promise<string> {
  const names: string[] = [];
  class Shopper extends User {
    static override tasks = [set];
    readonly names = names;
    readonly length = length;
  }
  await live(Shopper as UserClass);
  return names.join(' ');
}

/** Keeps the names of its tasks, and ends the user when there are enough. */
class Counted extends SequentialTaskSet<User & { names: string[]; length: number }> {
  static override abstract = true;
  override executeTask(next: Parameters<SequentialTaskSet['executeTask']>[0]) {
    this.user.names.push(next.name);
    if (this.user.names.length === this.user.length) throw new StopUser();
    return super.executeTask(next);
  }
}

function t1() {}
function t2() {}
function t3() {}

test('[73] tasks of a list run in its order, over and over', async () => {
  class Steps extends Counted {
    static override tasks = [t3, t1, t2];
  }
  expect(await orderOf(Steps, 7)).toBe('t3 t1 t2 t3 t1 t2 t3');
});

test('[73] a Map repeats each task in its place', async () => {
  class Steps extends Counted {
    static override tasks = new Map([
      [t1, 3],
      [t2, 1],
      [t3, 2],
    ]);
  }
  expect(await orderOf(Steps, 8)).toBe('t1 t1 t1 t2 t3 t3 t1 t1');
});

test('[73] methods run as they are written, repeated by their weight, and then tasks', async () => {
  class Steps extends Counted {
    static override tasks = [t1];
    @task b() {}
    @task(2) a() {}
    @task() c() {}
  }
  expect(await orderOf(Steps, 7)).toBe('b a a c t1 b a');
});

test("[73] the base class's steps come first", async () => {
  class Base extends Counted {
    static override tasks = [t1];
    @task one() {}
  }
  class Steps extends Base {
    static override tasks = [t2];
    @task two() {}
  }
  expect(await orderOf(Steps, 6)).toBe('one t1 two t2 one t1');
});

test('[73] nested sets have their place, as static members', async () => {
  class Steps extends Counted {
    @task one() {}
    @task static inner = class extends SequentialTaskSet {
      @task x() {
        this.interrupt();
      }
    };
    @task two() {}
  }
  expect(await orderOf(Steps, 6)).toBe('one two inner one two inner');
});

test('a sequence without steps says so', async () => {
  class Empty extends SequentialTaskSet {}
  class Shopper extends User {
    static override tasks = [Empty];
  }
  using log = captureLog();
  const { user, over } = begin(Shopper);
  await until(() => log.at('ERROR').length > 0);
  user.stop();
  await over;
  expect(log.at('ERROR')).toEqual(['class Empty has no tasks: mark a method with @task, or set static tasks']);
});
