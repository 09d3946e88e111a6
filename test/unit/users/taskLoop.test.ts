import { expect, test } from 'vitest';
import { TsloadError } from '../../../src/errors.js';
import { RecordedFailure, type TaskGate } from '../../../src/events/index.js';
import {
  InterruptTaskSet,
  RescheduleTask,
  RescheduleTaskImmediately,
  StopTest,
  StopUser,
  TaskSet,
  tag,
  task,
  taskSelectionOf,
  User,
} from '../../../src/users/index.js';
import { anEnvironment } from '../../builders.js';
import { captureLog } from '../../capturedLog.js';
import { until } from '../../until.js';
import { live, withRuntime } from './running.js';

/** A user that keeps a diary and ends by itself once that has `length` entries. */
class Diarist extends User {
  readonly diary: string[] = [];
  length = 10;

  write(entry: string): void {
    this.diary.push(entry);
    if (this.diary.length >= this.length) throw new StopUser();
  }
  override onStart(): unknown {
    this.diary.push('start');
    return undefined;
  }
  override onStop(): unknown {
    this.diary.push('stop');
    return undefined;
  }
  override wait() {
    this.diary.push('wait');
    return super.wait();
  }
}

async function diaryOf(userClass: typeof Diarist, environment = anEnvironment()): Promise<string[]> {
  const user = await live(userClass, environment);
  return user instanceof Diarist ? user.diary : [];
}

test('a user starts, runs tasks with a wait after each, and stops', async () => {
  class Shopper extends Diarist {
    override length = 4;
    @task async a() {
      this.write('a');
    }
  }
  expect(await diaryOf(Shopper)).toEqual(['start', 'a', 'wait', 'a', 'stop']);
});

test('tasks are drawn at random, each entry of the list with the same chance', async () => {
  const chances = [0, 0.24, 0.26, 0.74, 0.76, 0.99];
  class Shopper extends Diarist {
    override length = 6;
    override wait = async () => {};
    @task a() {
      this.write('a');
    }
    @task(2) b() {
      this.write('b');
    }
    @task c() {
      this.write('c');
    }
    override onStart() {}
  }
  const environment = withRuntime({ randomOf: () => () => chances.shift() ?? 0 });
  expect(await diaryOf(Shopper, environment)).toEqual(['a', 'a', 'b', 'b', 'c', 'c', 'stop']);
});

test('a task gets the user as this and as argument; in a set it gets the set', async () => {
  const seen: unknown[] = [];
  const keep = function (this: unknown, owner: unknown) {
    seen.push(this, owner);
  };
  class Browse extends TaskSet {
    static override tasks = [keep];
    override executeTask(next: () => void) {
      super.executeTask(next);
      throw new StopUser();
    }
  }
  class Shopper extends Diarist {
    static override tasks = [keep];
    override length = 3;
    override wait() {
      this.write('wait');
      return super.wait();
    }
  }
  class Browser extends Diarist {
    static override tasks = [Browse];
  }
  const shopper = await live(Shopper);
  expect(seen[0]).toBe(shopper);
  expect(seen[1]).toBe(shopper);
  seen.length = 0;
  await live(Browser);
  expect(seen[0]).toBeInstanceOf(Browse);
  expect(seen[1]).toBe(seen[0]);
});

test('a rescheduled task waits, or with RescheduleTaskImmediately does not', async () => {
  class Shopper extends Diarist {
    override length = 5;
    @task a() {
      this.write('a');
      if (this.diary.length === 2) throw new RescheduleTaskImmediately();
      throw new RescheduleTask();
    }
  }
  using log = captureLog();
  const environment = anEnvironment();
  expect(await diaryOf(Shopper, environment)).toEqual(['start', 'a', 'a', 'wait', 'a', 'stop']);
  expect(environment.thrown).toEqual([]);
  expect(log.records).toEqual([]);
});

test('InterruptTaskSet in a task of the user itself is a reschedule', async () => {
  class Shopper extends Diarist {
    override length = 5;
    @task a() {
      this.write('a');
      throw new InterruptTaskSet(this.diary.length === 2);
    }
  }
  expect(await diaryOf(Shopper)).toEqual(['start', 'a', 'a', 'wait', 'a', 'stop']);
});

test('[134] a task that throws is counted, told, logged with its stack, and the user goes on after a wait', async () => {
  class Shopper extends Diarist {
    override length = 4;
    @task a() {
      this.write('a');
      throw new RangeError('broken task');
    }
  }
  using log = captureLog();
  const environment = anEnvironment();
  const told: unknown[] = [];
  environment.events.userError.addListener(({ userInstance, taskSet, exception, traceback }) => {
    told.push([userInstance, taskSet, exception, traceback]);
  });
  const user = await live(Shopper, environment);
  expect(user instanceof Diarist && user.diary).toEqual(['start', 'a', 'wait', 'a', 'stop']);
  expect(environment.thrown).toEqual([new RangeError('broken task')]);
  expect(told).toEqual([
    [user, user, environment.thrown[0], expect.stringMatching(/^RangeError: broken task\n\s+at /)],
  ]);
  const error = log.records.find((record) => record.level === 'ERROR');
  expect(error?.logger).toBe('tsload.user.task');
  expect(error?.message).toMatch(/^task a of Shopper failed: RangeError: broken task\n\s+at .*taskLoop\.test\.ts/);
});

test('a call that is written wrongly is told in a sentence, with the task and the line that it is in', async () => {
  class Shopper extends Diarist {
    override length = 4;
    @task buy() {
      this.write('buy');
      throw new TsloadError('BAD_REQUEST', 'a request has no option "jsn"');
    }
  }
  using log = captureLog();
  await live(Shopper, anEnvironment());
  expect(log.at('ERROR')[0]).toMatch(
    /^task buy of Shopper failed: a request has no option "jsn"\n\s+at .*taskLoop\.test\.ts/,
  );
});

test('a task may throw anything: undefined, null, a string, a number', async () => {
  const values = [undefined, null, 'text', 0, Object.create(null)];
  class Shopper extends Diarist {
    override length = 100;
    @task async a() {
      if (values.length === 0) throw new StopUser();
      throw values.shift();
    }
  }
  using log = captureLog();
  const environment = anEnvironment();
  await live(Shopper, environment);
  expect(environment.thrown).toEqual([undefined, null, 'text', 0, Object.create(null)]);
  expect(log.at('ERROR')).toEqual([
    'task a of Shopper failed: thrown value: undefined',
    'task a of Shopper failed: thrown value: null',
    'task a of Shopper failed: text',
    'task a of Shopper failed: thrown value: 0',
    'task a of Shopper failed: thrown value: {}',
  ]);
});

test('[134] with catchExceptions false the user ends at the first exception, told once, after every onStop', async () => {
  class Browse extends TaskSet<Diarist> {
    @task look() {
      this.user.write('look');
      throw new Error('broken task');
    }
    override onStop() {
      this.user.diary.push('leave');
    }
  }
  class Shopper extends Diarist {
    static override tasks = [Browse];
  }
  using log = captureLog();
  const environment = anEnvironment();
  environment.catchExceptions = false;
  const told: unknown[] = [];
  environment.events.userError.addListener((event) => told.push(event.taskSet));
  expect(await diaryOf(Shopper, environment)).toEqual(['start', 'look', 'leave', 'stop']);
  expect(environment.thrown).toEqual([new Error('broken task')]);
  expect(told).toEqual([expect.any(Browse)]);
  expect(log.at('ERROR')).toHaveLength(1);
});

test('a listener of userError may steer the user', async () => {
  class Shopper extends Diarist {
    @task a() {
      this.diary.push('a');
      throw new Error('broken task');
    }
  }
  const environment = anEnvironment();
  let errors = 0;
  environment.events.userError.addListener(() => {
    errors++;
    throw errors === 1 ? new RescheduleTaskImmediately() : new StopUser();
  });
  using _ = captureLog();
  expect(await diaryOf(Shopper, environment)).toEqual(['start', 'a', 'a', 'stop']);
  expect(environment.thrown).toHaveLength(2);
});

test('a listener of request may steer the task that sent it', async () => {
  class Shopper extends Diarist {
    override length = 4;
    @task a() {
      this.write('a');
      this.environment.events.request.fire({ requestType: 'T', name: 'a', responseTime: 1, responseLength: 0 });
      this.diary.push('not reached');
    }
  }
  const environment = anEnvironment();
  environment.events.request.addListener(() => {
    throw new RescheduleTaskImmediately();
  });
  expect(await diaryOf(Shopper, environment)).toEqual(['start', 'a', 'a', 'a', 'stop']);
});

test('a failure of the target that is in the statistics already ends a task like a return', async () => {
  class TargetFailed extends RecordedFailure {}
  class Shopper extends Diarist {
    override length = 4;
    @task a() {
      this.write('a');
      throw new TargetFailed('unavailable', this.diary.length < 3);
    }
  }
  using log = captureLog();
  const environment = anEnvironment();
  expect(await diaryOf(Shopper, environment)).toEqual(['start', 'a', 'wait', 'a', 'stop']);
  expect([environment.thrown, log.at('ERROR')]).toEqual([[], []]);
});

test('[60] a user without tasks reports that with its class, again and again but not without pause', async () => {
  class Shopper extends User {}
  class Misspelt extends User {
    static task = [() => {}];
  }
  using log = captureLog();
  const environment = anEnvironment();
  const users = [new Shopper(environment), new Misspelt(environment)];
  const over = users.map((user) => user.start());
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (const user of users) expect(user.stop()).toBe(true);
  await Promise.all(over);
  expect(log.at('ERROR')).toEqual([
    'class Shopper has no tasks: mark a method with @task, or set static tasks',
    'class Misspelt has no tasks: rename its static task to tasks',
  ]);
  expect(environment.thrown).toHaveLength(2);
});

test('[82] tags of the environment choose among the tasks of its users', async () => {
  class Shopper extends Diarist {
    override length = 4;
    @task a() {
      this.write('a');
    }
    @task @tag('x') b() {
      this.write('b');
    }
  }
  const environment = anEnvironment();
  taskSelectionOf(environment).filterByTags({ tags: ['x'] }, [Shopper]);
  expect(await diaryOf(Shopper, environment)).toEqual(['start', 'b', 'wait', 'b', 'stop']);
});

test('StopUser ends this user only; StopTest ends the test', async () => {
  class Shopper extends Diarist {
    @task a() {
      throw new StopUser();
    }
  }
  const reason = new StopTest('enough');
  class Breaker extends Diarist {
    static override tasks = [
      class Inner extends TaskSet {
        @task a() {
          throw reason;
        }
      },
    ];
  }
  using log = captureLog();
  const environment = anEnvironment();
  expect(await diaryOf(Shopper, environment)).toEqual(['start', 'stop']);
  expect(environment.stopReasons).toEqual([]);
  expect(await diaryOf(Breaker, environment)).toEqual(['start', 'stop']);
  expect(environment.stopReasons).toEqual([reason]);
  expect([environment.thrown, log.records]).toEqual([[], []]);
});

/** A gate that counts nothing and lets everybody pass, but for what the test says. */
function aGate(parts: Partial<TaskGate>): TaskGate {
  return { isCounting: false, claim: () => true, wait: () => () => {}, finish: () => {}, unclaim: () => {}, ...parts };
}

test('no task runs without an iteration: a user that gets none ends', async () => {
  class Browse extends TaskSet<Diarist> {
    @task look() {
      this.user.write('look');
      this.interrupt();
    }
  }
  class Shopper extends Diarist {
    override length = 100;
    static override tasks = [Browse, (user: Diarist) => user.write('look')];
  }
  let left = 4;
  const asked: unknown[] = [];
  const claim = (user: object) => {
    asked.push(user);
    return left-- > 0;
  };
  const user = await live(Shopper, withRuntime({ taskGate: aGate({ claim }) }));
  const diary = user instanceof Diarist ? user.diary : [];
  expect(diary.filter((entry) => entry === 'look')).toHaveLength(4);
  expect(diary.at(-1)).toBe('stop');
  expect(asked).toHaveLength(5);
  expect(asked.every((asker) => asker === user)).toBe(true);
});

test('sets that interrupt each other without any wait leave the event loop to others', async () => {
  let rounds = 0;
  class Spin extends TaskSet {
    @task look() {
      rounds++;
      this.interrupt();
    }
  }
  class Shopper extends User {
    static override tasks = [Spin];
  }
  const user = new Shopper(anEnvironment());
  const over = user.start();
  await until(() => rounds > 1);
  expect(user.stop(true)).toBe(true);
  await over;
});

test('a wait function that throws is reported like a task, and the user pauses before it goes on', async () => {
  class Shopper extends User {
    runs = 0;
    static override waitTime = () => {
      throw new Error('broken wait');
    };
    @task a() {
      this.runs++;
    }
  }
  using log = captureLog();
  const environment = anEnvironment();
  const user = new Shopper(environment);
  const over = user.start();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(user.state).toBe('waiting');
  user.stop();
  await over;
  expect(user.runs).toBe(1);
  expect(environment.thrown).toEqual([new Error('broken wait')]);
  expect(log.at('ERROR')).toEqual([expect.stringMatching(/^the wait of Shopper failed: Error: broken wait\n/)]);
});

test('[70] wait inside a task waits once, by the wait time', async () => {
  let asked = 0;
  let ms = 0;
  class Shopper extends User {
    static override waitTime = () => {
      asked++;
      return 0.05;
    };
    @task async a() {
      const begun = performance.now();
      await this.wait();
      ms = performance.now() - begun;
      throw new StopUser();
    }
  }
  await live(Shopper);
  expect(asked).toBe(1);
  expect(ms).toBeGreaterThanOrEqual(49);
});

test('a user sleeps as long as it is told, and refuses what is no number', async () => {
  const user = new User(anEnvironment());
  const begun = performance.now();
  await user.sleep(0.03);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(29);
  await user.sleep(-1);
  expect(() => user.sleep(Number.NaN)).toThrow('sleep must be given a number of seconds but got NaN');
});
