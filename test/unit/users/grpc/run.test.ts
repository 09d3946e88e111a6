import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Environment } from '../../../../src/environment/index.js';
import type { UserErrorEvent } from '../../../../src/events/index.js';
import { constant, GrpcError, GrpcUser, task, type UserClass } from '../../../../src/users/index.js';
import { until } from '../../../until.js';
import { LibraryServer } from './libraryServer.js';
import { getBook, listBooks, Reader } from './reader.js';
import { addReflection } from './reflectionServer.js';

/** Runs one user of the class until `isDone`, then quits; the environment's numbers stay. */
async function run(
  server: LibraryServer,
  userClass: UserClass,
  isDone: () => boolean,
  options: { readonly stopTimeout?: number } = {},
): Promise<{ readonly environment: Environment; readonly errors: readonly unknown[] }> {
  const errors: unknown[] = [];
  const environment = new Environment({ userClasses: [userClass], host: server.host, ...options });
  environment.events.userError.addListener((event: UserErrorEvent) => errors.push(event.exception));
  const runner = environment.createLocalRunner();
  runner.start(1, 10);
  await until(isDone);
  await runner.quit();
  return { environment, errors };
}

test('a GrpcError that a task lets through ends the task and is counted once, as a failure', async () => {
  let begun = 0;
  let hasGoneOn = false;
  class Unlucky extends Reader {
    static override waitTime = constant(0.01);
    @task async miss() {
      begun++;
      await this.stub.getBook({ behaviour: 'not found' });
      hasGoneOn = true;
    }
  }
  await using server = await LibraryServer.start();
  const { environment, errors } = await run(server, Unlucky, () => begun >= 4);
  const entry = environment.stats.entry(getBook, 'grpc');
  expect(entry?.numFailures).toBe(entry?.numRequests);
  expect(entry?.numRequests).toBeGreaterThanOrEqual(3);
  expect(hasGoneOn).toBe(false);
  expect(environment.stats.exceptions).toEqual([]);
  expect(errors).toEqual([]);
  expect(environment.stats.errors).toMatchObject([{ method: 'grpc', error: 'GrpcError NOT_FOUND: no such book' }]);
});

test('a wrong field is an exception of the task and no sample', async () => {
  let begun = 0;
  class Mistaken extends Reader {
    static override waitTime = constant(0.01);
    @task async ask() {
      begun++;
      await Reflect.apply(this.stub.getBook, this.stub, [{ id: 1 }]);
    }
  }
  await using server = await LibraryServer.start();
  const { environment, errors } = await run(server, Mistaken, () => begun >= 2);
  expect(environment.stats.total.numRequests).toBe(0);
  expect(environment.stats.exceptions).toMatchObject([
    { message: expect.stringContaining('there is no field "id" in tests.library.BookRequest') },
  ]);
  expect(errors.length).toBeGreaterThanOrEqual(2);
});

test('a failure that is not recorded is an exception of the task', async () => {
  let begun = 0;
  class Silent extends Reader {
    static override waitTime = constant(0.01);
    @task async miss() {
      begun++;
      await this.stub.getBook({ behaviour: 'not found' }, { record: false });
    }
  }
  await using server = await LibraryServer.start();
  const { environment, errors } = await run(server, Silent, () => begun >= 2);
  expect(environment.stats.total.numRequests).toBe(0);
  expect(errors[0]).toBeInstanceOf(GrpcError);
});

test('the end of a run ends streams as successes, cuts calls off, lets onStop call, and closes the connection', async () => {
  const books: number[] = [];
  const notes: string[] = [];
  class Subscriber extends Reader {
    @task async watch() {
      const never = this.stub.getBook({ behaviour: 'never' }).catch((reason) => notes.push(reason.name));
      for await (const { id } of this.stub.listBooks({ count: 3, behaviour: 'stay' })) books.push(id);
      await never;
    }
    override async onStop() {
      notes.push((await this.stub.getBook({ bookId: 9 }, { name: 'in onStop' })).title);
    }
  }
  await using server = await LibraryServer.start();
  const { environment } = await run(server, Subscriber, () => books.length === 3);
  expect(notes).toEqual(['StopUser', 'book 9']);
  expect(environment.stats.entry(listBooks, 'grpc')).toMatchObject({ numRequests: 1, numFailures: 0 });
  expect(environment.stats.entry('in onStop', 'grpc')).toMatchObject({ numRequests: 1, numFailures: 0 });
  expect(environment.stats.entry(getBook, 'grpc')).toBeUndefined();
  expect(environment.stats.cutOff).toBe(1);
  await until(() => server.openConnections === 0);
});

test('a task that catches everything cannot hold up the end of the run', async () => {
  let caught = 0;
  class Stubborn extends Reader {
    @task async insist() {
      for (;;) {
        try {
          for await (const _ of this.stub.listBooks({ count: 1, behaviour: 'stay' })) caught++;
          await this.stub.getBook({ behaviour: 'never' });
        } catch {
          caught++;
        }
      }
    }
  }
  await using server = await LibraryServer.start();
  const begun = performance.now();
  await run(server, Stubborn, () => caught > 0);
  expect(performance.now() - begun).toBeLessThan(8_000);
  const afterwards = caught;
  await pause(50);
  expect(caught).toBe(afterwards);
});

test('users with reflection begin their tasks when the server has told its services', async () => {
  const titles: unknown[] = [];
  class Asking extends GrpcUser {
    static override abstract = false;
    static override reflection = true;
    static override service = 'Library';
    static override waitTime = constant(0.01);
    @task async ask() {
      const book = await this.stub['getBook']?.({ bookId: 2 });
      titles.push(book?.['title']);
    }
  }
  await using server = await LibraryServer.start({ also: (grpcServer) => addReflection(grpcServer, 'v1alpha') });
  const { environment } = await run(server, Asking, () => titles.length >= 2);
  expect(titles.slice(0, 2)).toEqual(['book 2', 'book 2']);
  expect(environment.stats.exceptions).toEqual([]);
  expect(environment.stats.entries().map(({ name }) => name)).toEqual([getBook]);
});
