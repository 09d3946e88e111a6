import { expect, expectTypeOf, test } from 'vitest';
import {
  between,
  LoadTestShape,
  MarkovTaskSet,
  SequentialTaskSet,
  type TaskDeclaration,
  TaskSet,
  tag,
  task,
  transition,
  transitions,
  User,
} from '../../../src/users/index.js';
import { anEnvironment } from '../../builders.js';

test('what the documents show compiles under strict, without casts', () => {
  class Client {
    async get(path: string) {
      return path.length;
    }
  }
  class ClientUser extends User {
    static override abstract = true;
    readonly client = new Client();
  }
  class Checkout extends SequentialTaskSet<ClientUser> {
    static override waitTime = between(0, 1);
    @task async pay() {
      expectTypeOf(await this.client.get('/pay')).toEqualTypeOf<number>();
      expectTypeOf(this.user).toEqualTypeOf<ClientUser>();
      this.interrupt();
    }
  }
  class Wander extends MarkovTaskSet<ClientUser> {
    @transition('b') a() {}
    @transitions({ a: 1, b: 2 }) async b() {}
    @transitions(['a', ['b', 2]]) c() {}
  }
  class Shopper extends ClientUser {
    static override host = 'http://localhost';
    static override weight = 0.5;
    static override fixedCount = 2;
    static override tasks: TaskDeclaration = [
      [Checkout, 3],
      [Wander, 1],
      [async (user: Shopper) => user.client.get('/'), 1],
    ];
    @task(3) @tag('read', 'fast') async browse() {}
    @task sync(): number {
      return 1;
    }
    @task async withUser(user: Shopper) {
      await user.client.get('/');
    }
    @task(2) @tag('deep') static deep = class extends TaskSet<Shopper> {
      @task async look() {
        await this.user.withUser(this.user);
      }
    };
    override waitTime() {
      return 1;
    }
  }
  @tag('whole')
  class Tagged extends TaskSet {}
  class Steps extends LoadTestShape {
    override tick() {
      return this.getRunTime() > 60 ? null : [10, 2];
    }
  }
  class Chosen extends LoadTestShape {
    static override useCommonOptions = true;
    override tick() {
      return [10, 2, [Shopper]];
    }
  }
  const user = new Shopper(anEnvironment());
  expect([user.state, user.host, new Tagged(user).client]).toEqual(['ready', 'http://localhost', user.client]);
  expect([new Steps().tick(), new Chosen().tick()]).toEqual([
    [10, 2],
    [10, 2, [Shopper]],
  ]);
});

test('what cannot run does not compile', () => {
  const declare = () => {
    class Wrong extends User {
      // @ts-expect-error an instance field is no task
      @task browse = () => {};
      // @ts-expect-error a tag needs a name
      @tag() a() {}
      // @ts-expect-error a weight is a number
      @task('3') b() {}
      // @ts-expect-error a static field must hold a task set class or a function
      @task static c = 3;
    }
    return Wrong;
  };
  expect(declare).toThrow(/@tag needs at least one name/);
});
