import { expect, test } from 'vitest';
import { between, constant, constantPacing, constantThroughput, TaskSet, User } from '../../../src/users/index.js';
import { loopKey } from '../../../src/users/taskLoop.js';
import { secondsToWait } from '../../../src/users/waiting.js';
import { anEnvironment, type TestEnvironment } from '../../builders.js';
import fc from '../../properties.js';

function withChance(chance: () => number): TestEnvironment {
  const environment = anEnvironment();
  return Object.assign(environment, { runtime: { ...environment.runtime, randomOf: () => chance } });
}

const waitOf = (owner: User | TaskSet) => secondsToWait(owner, owner instanceof TaskSet ? owner.user : owner);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("[84] between lies evenly between its bounds, by the user's own source of chance", () => {
  fc.assert(
    fc.property(fc.float({ min: 0, max: Math.fround(0.999), noNaN: true }), (chance) => {
      class Shopper extends User {
        static override waitTime = between(3, 9);
      }
      const wait = waitOf(new Shopper(withChance(() => chance)));
      expect(wait).toBeCloseTo(3 + chance * 6);
    }),
  );
});

test('[84] constant is what it says, and without a wait time there is none', () => {
  class Shopper extends User {
    static override waitTime = constant(13);
  }
  expect(waitOf(new Shopper(anEnvironment()))).toBe(13);
  expect(waitOf(new User(anEnvironment()))).toBe(0);
});

test('[84] a wait of 0 takes a turn of the event loop and no more', async () => {
  const user = new User(anEnvironment());
  let turns = 0;
  const waited = user.wait().then(() => turns);
  for (; turns < 5; turns++) await new Promise(setImmediate);
  expect(await waited).toBeLessThanOrEqual(1);
});

test('[84] pacing is the interval less the run time: 0.4 s of 1 leave 0.6, 1.5 s leave 0, and lost time stays lost', () => {
  const { [loopKey]: loop, environment } = new User(anEnvironment());
  const born = 1_000_000_000;
  const paced = Reflect.construct(loop.constructor, [loop.life, undefined, undefined, loop.list, born]) as typeof loop;
  expect(environment).toBeDefined();
  expect(paced.pace(born + 400_000, 1)).toBeCloseTo(0.6);
  expect(paced.pace(born + 1_000_000 + 1_500_000, 1)).toBe(0);
  expect(paced.pace(born + 2_500_000 + 200_000, 1)).toBeCloseTo(0.8);
});

test('[84] asked again without a wait in between, pacing takes the wait as having happened', () => {
  const { [loopKey]: loop } = new User(anEnvironment());
  const now = 5_000_000_000_000;
  loop.pace(now, 1);
  expect(loop.pace(now, 1)).toBeCloseTo(1);
  expect(loop.pace(now + 300_000, 1)).toBeCloseTo(1.7);
});

test('[84] throughput keeps its interval whatever tasks take, and each user has its own', async () => {
  class Shopper extends User {
    static override waitTime = constantThroughput(10);
  }
  const begin = performance.now();
  const [one, two] = [new Shopper(anEnvironment()), new Shopper(anEnvironment())];
  for (const taskMs of [0, 30, 60]) {
    await sleep(taskMs);
    await one.wait();
  }
  expect(performance.now() - begin).toBeGreaterThan(299);
  expect(waitOf(two)).toBe(0); // more than 0.1 s have passed since it was made
});

test('[84] whatever the run times, paced tasks begin no sooner than the interval after each other', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3_000_000), { minLength: 1 }), (runMicros) => {
      const { [loopKey]: loop } = new User(anEnvironment());
      let now = 8e12;
      loop.pace(now, 1);
      for (const micros of runMicros) {
        now += 1_000_000 * loop.pace(now, 1) + micros; // wait, then run
        const wait = loop.pace(now, 1);
        expect(wait).toBeGreaterThanOrEqual(0);
        now += wait * 1e6;
      }
    }),
  );
});

test('[84] a set with a wait time of its own has a pace of its own; another one follows its user', () => {
  class Own extends TaskSet {
    static override waitTime = constantPacing(1);
  }
  class Follower extends TaskSet {}
  class Shopper extends User {
    static override waitTime = constantPacing(100);
  }
  const user = new Shopper(anEnvironment());
  expect(waitOf(user)).toBeCloseTo(100, 0);
  expect(waitOf(new Own(user))).toBeCloseTo(1, 1);
  expect(waitOf(new Follower(user))).toBeCloseTo(200, 0);
});

test('a wait function of your own may be a method, with state on the user, or a static', () => {
  class Patient extends User {
    #last = 0;
    override waitTime() {
      this.#last += 1;
      return this.#last;
    }
  }
  class Fixed extends User {
    seconds = 4;
    static override waitTime = function (this: Fixed, owner: Fixed) {
      return this.seconds + owner.seconds;
    };
  }
  const patient = new Patient(anEnvironment());
  expect([waitOf(patient), waitOf(patient), waitOf(patient)]).toEqual([1, 2, 3]);
  expect(waitOf(new Fixed(anEnvironment()))).toBe(8);
});

test('a wait time that is no function, or gives no seconds, says so', () => {
  class Shopper extends User {}
  Reflect.set(Shopper, 'waitTime', 5);
  const user = new Shopper(anEnvironment());
  expect(() => waitOf(user)).toThrow('waitTime of Shopper is 5: it must be a function, for example constant(1)');
  Reflect.set(Shopper, 'waitTime', () => 'soon');
  expect(() => waitOf(user)).toThrow('waitTime of Shopper returned "soon": it must return a number of seconds');
});

test('wait times refuse what are no seconds', () => {
  const give = (...values: unknown[]) => ({
    to: (make: unknown) => () => Reflect.apply(typeof make === 'function' ? make : () => {}, undefined, values),
  });
  expect(give('1').to(constant)).toThrow(
    'constant must be given seconds, 0 or above, but got "1": for example constant(1)',
  );
  expect(give(1).to(between)).toThrow('between must be given seconds, 0 or above, but got undefined');
  expect(give(-1).to(constantPacing)).toThrow('constantPacing must be given seconds, 0 or above, but got -1');
  expect(give(0).to(constantThroughput)).toThrow('a number of tasks per second above 0 but got 0');
});
