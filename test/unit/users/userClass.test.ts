import { expect, test } from 'vitest';
import { TsloadError } from '../../../src/errors.js';
import {
  checkUserClass,
  constant,
  createUser,
  isShapeClass,
  isUserClass,
  LoadTestShape,
  StopTest,
  TaskSet,
  User,
  type UserClass,
} from '../../../src/users/index.js';
import { anEnvironment } from '../../builders.js';
import { until } from '../../until.js';

test('[54] base classes, abstract ones and other values are no user classes; abstract is not inherited', () => {
  class Base extends User {
    static override abstract = true;
  }
  class Concrete extends Base {}
  class Unsaid extends User {}
  class Other {}
  expect([Concrete, Unsaid].map(isUserClass)).toEqual([true, true]);
  expect([User, Base, Other, TaskSet, new Unsaid(anEnvironment()), 'User', undefined, null].some(isUserClass)).toBe(
    false,
  );
});

test('[56] an abstract shape is no shape to run, its subclass is', () => {
  abstract class Base extends LoadTestShape {
    static override abstract = true;
  }
  class Steps extends Base {
    override tick() {
      return null;
    }
  }
  class Other {
    tick() {}
  }
  expect([LoadTestShape, Base, Steps, Other, new Steps(), undefined].map(isShapeClass)).toEqual([
    false,
    false,
    true,
    false,
    false,
    false,
  ]);
});

test('a shape knows its run time, and the users that run', async () => {
  class Steps extends LoadTestShape {
    override tick() {
      return this.getRunTime() > 1 ? null : [1, 1];
    }
  }
  const shape = new Steps();
  await until(() => shape.getRunTime() > 0.02);
  const before = shape.getRunTime();
  shape.resetTime();
  expect(shape.getRunTime()).toBeLessThan(before);
  expect([shape.getCurrentUserCount(), Steps.useCommonOptions]).toEqual([0, false]);
  Object.assign(shape, { runner: { userCount: 7 } });
  expect(shape.getCurrentUserCount()).toBe(7);
});

test('the host is that of the environment, or of the class', () => {
  class Shopper extends User {
    static override host = 'http://class';
  }
  expect(new Shopper(anEnvironment()).host).toBe('http://class');
  expect(new Shopper(anEnvironment({ host: '' })).host).toBe('http://class');
  expect(new Shopper(anEnvironment({ host: 'http://given' })).host).toBe('http://given');
});

test('[109] a constructor that makes no proper user is named, with what to do', () => {
  const make = (userClass: unknown) => () => createUser(userClass as UserClass, anEnvironment());
  class Forgetful extends User {
    // @ts-expect-error a constructor must call super
    // biome-ignore lint/correctness/noUnreachableSuper: that is what the test is about
    constructor() {}
  }
  class Mean extends User {
    constructor() {
      super(undefined as unknown as ReturnType<typeof anEnvironment>);
    }
  }
  class Other extends User {
    constructor(environment: ReturnType<typeof anEnvironment>) {
      super(environment);
      // biome-ignore lint/correctness/noConstructorReturn: that is what the test is about
      return Object.create(null);
    }
  }
  expect(make(Forgetful)).toThrow('the constructor of Forgetful does not call super(environment): call it first');
  expect(make(Mean)).toThrow('the constructor of Mean got no environment');
  expect(make(Other)).toThrow('the constructor of Other returned something that is no user');
});

test('a constructor that throws is named, with what it threw; control exceptions go through', () => {
  const throwing = (thrown: unknown) => {
    class Broken extends User {
      constructor(environment: ReturnType<typeof anEnvironment>) {
        super(environment);
        throw thrown;
      }
    }
    return () => createUser(Broken as UserClass, anEnvironment());
  };
  const cause = new TypeError('no such thing');
  expect(throwing(cause)).toThrow(TsloadError);
  expect(throwing(cause)).toThrow('the constructor of Broken threw TypeError: no such thing (at ');
  expect(throwing(undefined)).toThrow('the constructor of Broken threw undefined');
  expect(throwing(new StopTest('no host'))).toThrow(StopTest);
});

test('a class that cannot run is refused before it does', () => {
  const checked = (statics: Record<string, unknown>) => () => {
    class Shopper extends User {}
    Object.assign(Shopper, statics);
    checkUserClass(Shopper);
  };
  class Inner extends TaskSet {}
  Reflect.set(Inner, 'waitTime', 3);
  expect(checked({})).not.toThrow();
  expect(checked({ weight: 0.5, fixedCount: 3, waitTime: constant(1) })).not.toThrow();
  expect(checked({ weight: 'much' })).toThrow('static weight of Shopper is "much": it must be a number, 0 or above');
  expect(checked({ weight: Number.NaN })).toThrow('static weight of Shopper is NaN');
  expect(checked({ fixedCount: 1.5 })).toThrow('static fixedCount of Shopper is 1.5: it must be a whole number');
  expect(checked({ waitTime: 5 })).toThrow(
    'static waitTime of Shopper is 5: it must be a function, for example constant(5)',
  );
  expect(checked({ waitTime: undefined })).toThrow('static waitTime of Shopper is undefined: it must be a function');
  expect(checked({ tasks: [Inner] })).toThrow('static waitTime of Inner is 3');
  expect(checked({ tasks: ['a'] })).toThrow('static tasks of Shopper holds "a"');
});
