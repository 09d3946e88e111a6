import { expect, test } from 'vitest';
import {
  constant,
  InterruptTaskSet,
  SequentialTaskSet,
  StopTest,
  StopUser,
  TaskSet,
  task,
  User,
} from '../../../src/users/index.js';
import { anEnvironment } from '../../builders.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { begin, live } from './running.js';

/** What happened, in its order, over all users and sets of one test. */
let diary: string[] = [];
function note(entry: string): void {
  diary.push(entry);
}
function afresh(): void {
  diary = [];
}

/** Notes its waits, and ends after so many tasks of its own. */
class Noting extends User {
  override wait() {
    note('user waits');
    return super.wait();
  }
  override onStop(): unknown {
    note('user stops');
    return undefined;
  }
}
class NotingSet<U extends User = User> extends TaskSet<U> {
  override onStart(): unknown {
    note('enter');
    return undefined;
  }
  override onStop(): unknown {
    note('leave');
    return undefined;
  }
  override wait() {
    note('set waits');
    return super.wait();
  }
}

test('[63] an interrupted set is left after its onStop; the user goes on at once, or waits first', async () => {
  for (const reschedule of [true, false]) {
    afresh();
    class Browse extends NotingSet {
      @task look() {
        note('look');
        this.scheduleTask(() => this.interrupt(reschedule));
        if (diary.filter((entry) => entry === 'look').length === 2) throw new StopUser();
      }
    }
    class Shopper extends Noting {
      static override tasks = [Browse];
    }
    await live(Shopper);
    const between = reschedule ? [] : ['user waits'];
    expect(diary).toEqual(['enter', 'look', 'set waits', 'leave', ...between, 'enter', 'look', 'leave', 'user stops']);
  }
});

test('[64] when the user is stopped while it waits in a set, onStop of the sets runs, innermost first, then its own', async () => {
  afresh();
  class Inner extends NotingSet {
    static override waitTime = constant(60);
    @task look() {
      note('look');
    }
    override onStop() {
      note('leave inner');
    }
  }
  class Outer extends NotingSet {
    static override tasks = [Inner];
    override onStop() {
      note('leave outer');
    }
  }
  class Shopper extends Noting {
    static override tasks = [Outer];
  }
  const { user, over } = begin(Shopper);
  await until(() => user.state === 'waiting');
  expect(user.stop()).toBe(true);
  await over;
  expect(diary).toEqual(['enter', 'enter', 'look', 'set waits', 'leave inner', 'leave outer', 'user stops']);
});

test('[65] scheduled tasks run before any other, functions and bound methods alike, and first ones ahead', async () => {
  afresh();
  class Browse extends TaskSet {
    @task other() {
      note('other');
      throw new StopUser();
    }
    override onStart() {
      this.scheduleTask(() => note('function'));
      this.scheduleTask(this.bound.bind(this));
      this.scheduleTask(this.unbound);
      this.scheduleTask(() => note('first'), true);
    }
    bound() {
      note(`bound ${this instanceof Browse}`);
    }
    unbound() {
      note(`unbound ${this instanceof Browse}`);
    }
  }
  class Shopper extends User {
    static override tasks = [Browse];
  }
  await live(Shopper);
  expect(diary).toEqual(['first', 'function', 'bound true', 'unbound true', 'other']);
});

test('[67] an interrupt in onStart leaves the set without onStop', async () => {
  for (const reschedule of [true, false]) {
    afresh();
    class Browse extends NotingSet {
      override onStart() {
        note('enter');
        if (diary.filter((entry) => entry === 'enter').length === 2) throw new StopUser();
        this.interrupt(reschedule);
      }
    }
    class Shopper extends Noting {
      static override tasks = [Browse];
    }
    await live(Shopper);
    expect(diary).toEqual(['enter', ...(reschedule ? [] : ['user waits']), 'enter', 'user stops']);
  }
});

test('an exception in onStart of a set is reported by what is around, which goes on', async () => {
  afresh();
  let visits = 0;
  class Browse extends NotingSet {
    override onStart() {
      if (++visits === 2) throw new StopUser();
      throw new Error('broken onStart');
    }
  }
  class Shopper extends Noting {
    static override tasks = [Browse];
  }
  using log = captureLog();
  const environment = anEnvironment();
  const told: unknown[] = [];
  environment.events.userError.addListener((event) => told.push(event.taskSet));
  const user = await live(Shopper, environment);
  expect(diary).toEqual(['user waits', 'user stops']);
  expect(environment.thrown).toEqual([new Error('broken onStart')]);
  expect(told).toEqual([user]);
  expect(log.at('ERROR')).toHaveLength(1);
});

test('a task that throws in a set is followed by a wait and the next task of the same set', async () => {
  afresh();
  class Browse extends NotingSet {
    @task look() {
      note('look');
      if (diary.length > 4) throw new StopUser();
      throw new Error('broken task');
    }
  }
  class Shopper extends Noting {
    static override tasks = [Browse];
  }
  using log = captureLog();
  await live(Shopper);
  expect(diary).toEqual(['enter', 'look', 'set waits', 'look', 'set waits', 'look', 'leave', 'user stops']);
  expect(log.at('ERROR')).toHaveLength(2);
});

test('[68] the parent of a set is the set around it, or the user, and its client is that of the user', async () => {
  const seen: unknown[] = [];
  class Inner extends TaskSet {
    @task look() {
      const { parent } = this;
      seen.push(parent, parent instanceof Outer && parent.parent, this.user, this.client);
      throw new StopUser();
    }
  }
  class Outer extends TaskSet {
    static override tasks = [Inner];
  }
  class Shopper extends User {
    static override tasks = [Outer];
    readonly client = { get: () => {} };
  }
  const user = await live(Shopper);
  expect(seen[0]).toBeInstanceOf(Outer);
  expect(seen[1]).toBe(user);
  expect(seen[2]).toBe(user);
  expect(seen[3]).toBe(Reflect.get(user, 'client'));
});

test('[69] user and parent of a set cannot be assigned', () => {
  const set = new TaskSet(new User(anEnvironment()));
  expect(() => Object.assign(set, { user: 1 })).toThrow(TypeError);
  expect(() => Object.assign(set, { parent: 1 })).toThrow(TypeError);
  expect(set.user).toBeInstanceOf(User);
});

test('every visit makes the set anew, and a set waits by its own wait time', async () => {
  const visits = new Set<unknown>();
  let waits = 0;
  class Browse extends TaskSet {
    static override waitTime = () => {
      waits++;
      return 0;
    };
    #looks = 0;
    @task look() {
      visits.add(this);
      if (visits.size === 3) throw new StopUser();
      if (++this.#looks === 2) this.interrupt();
    }
  }
  class Shopper extends User {
    static override waitTime = constant(60);
    static override tasks = [Browse];
  }
  await live(Shopper);
  expect([visits.size, waits]).toEqual([3, 2]);
});

test('[74] an interrupted sequence begins with its first task again', async () => {
  afresh();
  class Steps extends SequentialTaskSet {
    @task one() {
      note('one');
    }
    @task two() {
      note('two');
      if (diary.length === 4) throw new StopUser();
      this.interrupt();
    }
    @task three() {
      note('three');
    }
  }
  class Shopper extends User {
    static override tasks = [Steps];
  }
  await live(Shopper);
  expect(diary).toEqual(['one', 'two', 'one', 'two']);
});

test('[74] StopUser in onStop of an interrupted set ends the user, StopTest the test', async () => {
  const ending = [new StopUser(), new StopTest()];
  for (const thrown of ending) {
    afresh();
    class Browse extends TaskSet {
      @task look() {
        note('look');
        this.interrupt();
      }
      override onStop() {
        note('leave');
        throw thrown;
      }
    }
    class Shopper extends Noting {
      static override tasks = [Browse];
    }
    const environment = anEnvironment();
    await live(Shopper, environment);
    expect(diary).toEqual(['look', 'leave', 'user stops']);
    expect(environment.stopReasons).toEqual(thrown instanceof StopTest ? [thrown] : []);
  }
});

test('an exception in onStop of a set is counted and logged, and the user goes on', async () => {
  let visits = 0;
  class Browse extends TaskSet {
    @task look() {
      if (++visits === 3) throw new StopUser();
      throw new InterruptTaskSet();
    }
    override onStop() {
      throw new Error(`broken onStop ${visits}`);
    }
  }
  class Shopper extends Noting {
    static override tasks = [Browse];
  }
  afresh();
  using log = captureLog();
  const environment = anEnvironment();
  await live(Shopper, environment);
  expect(environment.thrown.map(String)).toEqual([1, 2, 3].map((n) => `Error: broken onStop ${n}`));
  expect(log.at('ERROR')[0]).toMatch(/^onStop of Browse failed: Error: broken onStop 1\n/);
  expect(diary).toEqual(['user stops']);
});

test('getNextTask and executeTask can be overridden', async () => {
  afresh();
  class Browse extends TaskSet {
    static override tasks = [() => note('a'), () => note('b')];
    override getNextTask() {
      return this.tasks[1]!;
    }
    override async executeTask(next: Parameters<TaskSet['executeTask']>[0]) {
      note('before');
      await super.executeTask(next);
      note('after');
      throw new StopUser();
    }
  }
  class Shopper extends User {
    static override tasks = [Browse];
  }
  await live(Shopper);
  expect(diary).toEqual(['before', 'b', 'after']);
});

test('a getNextTask that gives no task says so', async () => {
  class Browse extends TaskSet {
    #asked = 0;
    override getNextTask() {
      if (this.#asked++ > 0) throw new StopUser();
      return JSON.parse('"look"');
    }
  }
  class Shopper extends User {
    static override tasks = [Browse];
  }
  using log = captureLog();
  const { user, over } = begin(Shopper);
  await until(() => log.at('ERROR').length > 0);
  user.stop();
  await over;
  expect(log.at('ERROR')).toEqual(['the next task of Browse is look: it must be a function or a task set class']);
});

test('a set may be scheduled that no list holds', async () => {
  afresh();
  class Extra extends TaskSet {
    @task look() {
      note('extra');
      throw new StopUser();
    }
  }
  class Browse extends TaskSet {
    @task look() {
      this.scheduleTask(Extra);
    }
  }
  class Shopper extends User {
    static override tasks = [Browse];
  }
  await live(Shopper);
  expect(diary).toEqual(['extra']);
});
