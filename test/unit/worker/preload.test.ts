/** Packages of clients are loaded before the first test, so that no measured second contains it; and only those needed. */
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { GrpcUser, HttpUser, User, type UserClass } from '../../../src/users/index.js';
import { aRun } from '../environment/running.js';

const { cache } = createRequire(import.meta.url);
const isLoaded = (part: string) => Object.keys(cache).some((file) => file.includes(part));
const [http, grpc] = ['/undici/lib/dispatcher/client.js', '/@grpc/grpc-js/build/src/index.js'];

/** A runner over one class, on which no test is started. */
async function makeRunnerOf(Base: UserClass): Promise<void> {
  class Caller extends Base {
    static override tasks = [() => {}];
  }
  await using _ = aRun([Caller]);
}

test('a runner has the client of its user classes loaded before a test starts, and no other', async () => {
  await makeRunnerOf(User);
  expect([isLoaded(http), isLoaded(grpc)]).toEqual([false, false]);
  await makeRunnerOf(HttpUser);
  expect([isLoaded(http), isLoaded(grpc)]).toEqual([true, false]);
  await makeRunnerOf(GrpcUser);
  expect([isLoaded(http), isLoaded(grpc)]).toEqual([true, true]);
});
