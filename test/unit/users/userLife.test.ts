import { afterEach, expect, test, vi } from 'vitest';
import { Pending } from '../../../src/users/activity.js';
import {
  between,
  constant,
  InterruptTaskSet,
  releaseKey,
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

afterEach(() => {
  vi.useRealTimers();
});

const forEver = () => new Promise<never>(() => {});

/** What was done last, so that tests can wait for it. */
class Shopper extends User {
  readonly diary: string[] = [];
  override onStart(): unknown {
    this.diary.push('start');
    return undefined;
  }
  override onStop(): unknown {
    this.diary.push('stop');
    return undefined;
  }
}

test('a user is ready, running, waiting, stopping, and stopped', async () => {
  const states: string[] = [];
  class Stateful extends User {
    static override waitTime = constant(60);
    @task async a() {
      states.push(this.state);
    }
    override onStop() {
      states.push(this.state);
    }
  }
  const { user, over } = begin(Stateful);
  await until(() => user.state === 'waiting');
  expect(new Stateful(anEnvironment()).state).toBe('ready');
  user.stop();
  await over;
  expect(states).toEqual(['running', 'stopping']);
  expect(user.state).toBe('stopped');
  expect(user.stop()).toBe(true);
  expect(user.start()).toBe(over);
});

test('a user that is stopped before it starts does nothing', async () => {
  class Never extends Shopper {
    @task a() {
      this.diary.push('a');
    }
  }
  const user = new Never(anEnvironment());
  expect(user.stop()).toBe(true);
  await user.start();
  expect(user.diary).toEqual([]);
});

test('[71] [139] a graceful stop lets the running task finish, and no other follows', async () => {
  class Slow extends Shopper {
    @task async a() {
      this.diary.push('begin');
      await this.sleep(0.05);
      this.diary.push('end');
    }
  }
  const { user, over } = begin(Slow);
  await until(() => user.diary.includes('begin'));
  expect(user.stop()).toBe(false);
  expect(user.state).toBe('stopping');
  expect(user.stop()).toBe(false);
  await over;
  expect(user.diary).toEqual(['start', 'begin', 'end', 'stop']);
});

test('[71] [139] a forced stop cuts the running task off where it awaits', async () => {
  class Slow extends Shopper {
    @task async a() {
      this.diary.push('begin');
      await this.sleep(60);
      this.diary.push('end');
    }
  }
  using log = captureLog();
  const environment = anEnvironment();
  const { user, over } = begin(Slow, environment);
  await until(() => user.diary.includes('begin'));
  expect(user.stop(true)).toBe(true);
  await over;
  expect(user.diary).toEqual(['start', 'begin', 'stop']);
  expect([environment.thrown, log.records]).toEqual([[], []]);
});

test('[139] a stop timeout that is too short: graceful first, then forced', async () => {
  class Slow extends Shopper {
    @task async a() {
      this.diary.push('begin');
      await this.sleep(60);
    }
  }
  const { user, over } = begin(Slow);
  await until(() => user.diary.includes('begin'));
  expect([user.stop(), user.stop(true)]).toEqual([false, true]);
  await over;
  expect(user.diary).toEqual(['start', 'begin', 'stop']);
});

test('[139] onStart finishes, but no task follows', async () => {
  class Slow extends Shopper {
    override async onStart() {
      this.diary.push('start');
      await this.sleep(0.03);
      this.diary.push('started');
    }
    @task a() {
      this.diary.push('a');
    }
  }
  const { user, over } = begin(Slow);
  expect(user.stop()).toBe(false);
  await over;
  expect(user.diary).toEqual(['start', 'started', 'stop']);
});

test('[139] a user that waits ends at once, between tasks or inside one', async () => {
  class Between extends Shopper {
    static override waitTime = constant(60);
    @task a() {}
  }
  class Inside extends Shopper {
    static override waitTime = constant(60);
    @task async a() {
      await this.wait();
      this.diary.push('waited');
    }
  }
  for (const { user, over } of [begin(Between), begin(Inside)]) {
    await until(() => user.state === 'waiting');
    expect(user.stop()).toBe(true);
    await over;
    expect(user.diary).toEqual(['start', 'stop']);
  }
});

test('[139] sets that interrupt are left promptly', async () => {
  class Browse extends TaskSet {
    @task async look() {
      await this.sleep(0.01);
      this.interrupt(false);
    }
  }
  class Visitor extends Shopper {
    static override tasks = [Browse];
    static override waitTime = constant(60);
  }
  const { user, over } = begin(Visitor);
  expect(user.stop()).toBe(false);
  await over;
  expect(user.diary).toEqual(['start', 'stop']);
});

test('a wait that a gracefully stopped task asks for does not happen', async () => {
  class Slow extends Shopper {
    static override waitTime = constant(60);
    @task async a() {
      await this.sleep(0.02);
      this.diary.push('slept');
      await this.wait();
      this.diary.push('waited');
    }
  }
  const { user, over } = begin(Slow);
  await until(() => user.state === 'running');
  user.stop();
  await over;
  expect(user.diary).toEqual(['start', 'slept', 'stop']);
});

test('onStop has awaits that work, after either kind of stop', async () => {
  for (const isForced of [false, true]) {
    class Leaving extends Shopper {
      static override tasks = [
        class Browse extends TaskSet<Leaving> {
          @task async look() {
            this.user.diary.push('look');
            await this.sleep(isForced ? 60 : 0.01);
          }
          override async onStop() {
            await this.sleep(0.01);
            this.user.diary.push('left');
          }
        },
      ];
      override async onStop() {
        await this.sleep(0.01);
        this.diary.push('logged out');
      }
    }
    const { user, over } = begin(Leaving);
    await until(() => user.diary.includes('look'));
    user.stop(isForced);
    await over;
    expect([...new Set(user.diary)]).toEqual(['start', 'look', 'left', 'logged out']);
  }
});

test('an exception in onStart ends the user without onStop; it is logged and counted, and no userError', async () => {
  class Broken extends Shopper {
    override async onStart() {
      throw new Error('no login');
    }
    @task a() {
      this.diary.push('a');
    }
  }
  using log = captureLog();
  const environment = anEnvironment();
  const told: unknown[] = [];
  environment.events.userError.addListener((event) => told.push(event));
  const user = await live(Broken, environment);
  expect(user instanceof Broken && user.diary).toEqual([]);
  expect(environment.thrown).toEqual([new Error('no login')]);
  expect(told).toEqual([]);
  expect(log.at('ERROR')).toEqual([expect.stringMatching(/^onStart of Broken failed: Error: no login\n\s+at /)]);
});

test('StopUser and StopTest in onStart end the user after its onStop, and the test', async () => {
  const reason = new StopTest();
  for (const thrown of [new StopUser(), reason]) {
    class Unwilling extends Shopper {
      override onStart() {
        throw thrown;
      }
    }
    using log = captureLog();
    const environment = anEnvironment();
    const user = await live(Unwilling, environment);
    expect(user instanceof Shopper && user.diary).toEqual(['stop']);
    expect(environment.stopReasons).toEqual(thrown === reason ? [reason] : []);
    expect([environment.thrown, log.records]).toEqual([[], []]);
  }
});

test('a forced stop in onStart is followed by onStop', async () => {
  class Slow extends Shopper {
    override async onStart() {
      await this.sleep(60);
    }
  }
  const environment = anEnvironment();
  const { user, over } = begin(Slow, environment);
  user.stop(true);
  await over;
  expect([user.diary, environment.thrown]).toEqual([['stop'], []]);
});

test('an exception in onStop is logged and counted, whatever it is; a StopTest there ends the test', async () => {
  const thrown = [new Error('no logout'), undefined, new InterruptTaskSet(), new StopTest()];
  for (const value of thrown) {
    class Broken extends User {
      @task a() {
        throw new StopUser();
      }
      override onStop() {
        throw value;
      }
    }
    using log = captureLog();
    const environment = anEnvironment();
    const user = await live(Broken, environment);
    expect(user.state).toBe('stopped');
    const isFault = value === undefined || value.constructor === Error;
    expect(environment.thrown).toEqual(isFault ? [value] : []);
    expect(log.at('ERROR')).toHaveLength(isFault ? 1 : 0);
    expect(environment.stopReasons).toEqual(value instanceof StopTest ? [value] : []);
  }
});

test('what a task throws because it was stopped is no exception of the task', async () => {
  class Wrapping extends Shopper {
    @task async a() {
      try {
        await this.sleep(60);
      } catch (cause) {
        throw new Error('request failed', { cause });
      }
    }
  }
  using log = captureLog();
  const environment = anEnvironment();
  const { user, over } = begin(Wrapping, environment);
  await until(() => user.diary.includes('start'));
  user.stop(true);
  await over;
  expect([user.diary, environment.thrown, log.at('ERROR')]).toEqual([['start', 'stop'], [], []]);
  expect(log.at('DEBUG')).toEqual([
    expect.stringMatching(/^task a of Wrapping threw while it was being stopped: Error:/),
  ]);
});

test('a task that catches everything, again and again, freezes nothing and is left behind after a second', async () => {
  let rounds = 0;
  class Stubborn extends Shopper {
    @task async spin() {
      this.diary.push('spin');
      for (;;) {
        try {
          await this.sleep(60);
        } catch {
          rounds++;
        }
      }
    }
    override async onStop() {
      await this.sleep(0.01);
      this.diary.push('stop');
    }
  }
  using log = captureLog();
  const { user, over } = begin(Stubborn);
  await until(() => user.diary.includes('spin'));
  const begun = performance.now();
  user.stop(true);
  let turns = 0;
  const ticker = setInterval(() => turns++, 10);
  await over;
  clearInterval(ticker);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(995);
  expect(performance.now() - begun).toBeLessThan(9_000);
  expect(turns).toBeGreaterThan(3);
  expect(user.diary).toEqual(['start', 'spin', 'stop']);
  await until(() => log.at('WARNING').length > 0);
  expect(log.at('WARNING')).toEqual([
    expect.stringContaining(
      'task spin of Stubborn did not end within 1 s of being stopped, so its user is left behind',
    ),
  ]);
  const after = rounds;
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(rounds).toBe(after); // its last await never settles
});

test('many users that catch everything end within little more than the second', async () => {
  class Stubborn extends User {
    @task async spin() {
      for (;;) await this.sleep(60).catch(() => {});
    }
  }
  using log = captureLog();
  const environment = anEnvironment();
  const users = Array.from({ length: 200 }, () => new Stubborn(environment));
  const over = Promise.all(users.map((user) => user.start()));
  await new Promise(setImmediate);
  const begun = performance.now();
  for (const user of users) user.stop(true);
  await over;
  expect(performance.now() - begun).toBeLessThan(9_000);
  const told = () =>
    log.at('WARNING').map((line) => Number(/for (\d+) users, so they are left behind/.exec(line)?.[1] ?? 1));
  await until(() => told().reduce((sum, count) => sum + count, 0) === 200);
  expect(told().length).toBeLessThan(20);
});

test('a task that awaits something foreign is left behind, and what it does later changes nothing', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let release = () => {};
  const foreign = new Promise<void>((resolve) => {
    release = resolve;
  });
  class Browse extends TaskSet<Foreign> {
    @task async look() {
      await foreign;
      this.user.diary.push('late');
      throw new Error('late');
    }
    override onStop() {
      this.user.diary.push('leave');
    }
  }
  class Foreign extends Shopper {
    static override tasks = [Browse];
  }
  using log = captureLog();
  const environment = anEnvironment();
  const { user, over } = begin(Foreign, environment);
  await new Promise(setImmediate);
  user.stop(true);
  await vi.advanceTimersByTimeAsync(999);
  expect(user.diary).toEqual(['start']);
  await vi.advanceTimersByTimeAsync(1);
  await over;
  expect(user.diary).toEqual(['start', 'leave', 'stop']);
  release();
  await new Promise(setImmediate);
  expect(user.diary).toEqual(['start', 'leave', 'stop', 'late']);
  expect(environment.thrown).toEqual([]);
  vi.useRealTimers();
  await until(() => log.records.length > 0);
  expect(log.records.map((record) => record.level)).toEqual(['WARNING']);
});

test('onStop that does not end is left behind after ten seconds once the stop was forced', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  class Endless extends Shopper {
    static override waitTime = constant(60);
    @task a() {}
    override onStop() {
      this.diary.push('stop');
      return forEver();
    }
  }
  using log = captureLog();
  const forced = begin(Endless);
  const late = begin(Endless);
  await new Promise(setImmediate);
  forced.user.stop(true);
  late.user.stop();
  await new Promise(setImmediate);
  expect([forced.user.diary, late.user.diary]).toEqual([
    ['start', 'stop'],
    ['start', 'stop'],
  ]);
  await vi.advanceTimersByTimeAsync(9_999);
  expect(forced.user.state).toBe('stopping');
  await vi.advanceTimersByTimeAsync(1);
  await forced.over;
  await late.over;
  vi.useRealTimers();
  await until(() => log.at('WARNING').length > 0);
  expect(log.at('WARNING')[0]).toMatch(/^onStop of Endless did not end within 10 s of being stopped, .* left behind/);
});

test('an onStop that runs because the user ended by itself is unlimited until a stop is forced', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  class Endless extends Shopper {
    @task a() {
      throw new StopUser();
    }
    override onStop() {
      this.diary.push('stop');
      return forEver();
    }
  }
  using log = captureLog();
  const { user, over } = begin(Endless);
  await new Promise(setImmediate);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([user.diary, user.state, user.stop()]).toEqual([['start', 'stop'], 'stopping', false]);
  user.stop(true);
  await vi.advanceTimersByTimeAsync(10_000);
  await over;
  vi.useRealTimers();
  await until(() => log.at('WARNING').length === 1);
});

test('a stop cancels every call under way once, and no rejection of one nobody awaits escapes', async () => {
  const cancelled: unknown[] = [];
  class Call extends Pending {
    cancel(reason: unknown) {
      cancelled.push(reason);
    }
  }
  class Busy extends Shopper {
    @task async a() {
      for (let i = 0; i < 3; i++) this.activity.enter(new Call());
      this.sleep(60).then(
        () => this.diary.push('woke'),
        () => {},
      );
      const unheard = this.sleep(60);
      expect(unheard).toBeInstanceOf(Promise);
      await this.sleep(60);
    }
  }
  const { user, over } = begin(Busy);
  await until(() => user.diary.includes('start'));
  user.stop(true);
  await over;
  expect(cancelled).toHaveLength(3);
  expect(cancelled.every((reason) => reason instanceof StopUser)).toBe(true);
});

test('what a user leaves running ends with it, after onStop', async () => {
  const ended: string[] = [];
  class Background extends Shopper {
    @task async a() {
      this.sleep(60).catch(() => ended.push('background'));
      throw new StopUser();
    }
    override async onStop() {
      await this.sleep(0.01);
      ended.push('stop');
    }
  }
  await live(Background);
  await until(() => ended.length === 2);
  expect(ended).toEqual(['stop', 'background']);
});

test('what a client holds is released once, after onStop, however the user ends', async () => {
  const diary: string[] = [];
  class Holding extends User {
    static override waitTime = constant(60);
    @task a() {}
    override onStop() {
      diary.push('stop');
    }
    override [releaseKey]() {
      diary.push('release');
      throw new Error('not there');
    }
  }
  using log = captureLog();
  const { user, over } = begin(Holding);
  await until(() => user.state === 'waiting');
  user.stop(true);
  await over;
  user.stop(true);
  expect(diary).toEqual(['stop', 'release']);
  expect(log.at('ERROR')).toEqual([expect.stringContaining('Holding could not be released: Error: not there')]);
});

test('a task may stop its own user', async () => {
  class Leaving extends Shopper {
    @task async a() {
      this.diary.push(`a ${this.stop()}`);
    }
  }
  const user = await live(Leaving);
  expect(user instanceof Shopper && user.diary).toEqual(['start', 'a false', 'stop']);
});

test('no timer is left when a user is over', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  class Waiting extends User {
    static override waitTime = between(50, 60);
    @task a() {}
  }
  const environment = anEnvironment();
  const users = Array.from({ length: 50 }, () => new Waiting(environment));
  const over = Promise.all(users.map((user) => user.start()));
  await until(() => users.every((user) => user.state === 'waiting'));
  expect(timers()).toBeGreaterThanOrEqual(50);
  users.forEach((user, i) => {
    user.stop(i % 2 === 0);
  });
  await over;
  expect(timers()).toBeLessThan(25); // some are the test runner's
});
