/** Packages of clients are loaded before the first test, so that no measured second contains it; and only those needed. */
import { createRequire } from 'node:module';
import { expect, test, vi } from 'vitest';
import type { UserClass } from '../../../src/users/index.js';

const { cache } = createRequire(import.meta.url);
const isLoaded = (part: string) => Object.keys(cache).some((file) => file.includes(part));
const [http, grpc] = ['/undici/lib/dispatcher/client.js', '/@grpc/grpc-js/build/src/index.js'];

/** As in a process in which nothing was loaded: other files of tests may have run in this one. */
async function loadAnew() {
  for (const file of Object.keys(cache)) if (/\/(undici|@grpc)\//.test(file)) delete cache[file];
  vi.resetModules();
  const { GrpcUser, HttpUser, User } = await import('../../../src/users/index.js');
  const { aRun } = await import('../environment/running.js');
  /** A runner over one class, on which no test is started. */
  async function makeRunnerOf(Base: UserClass): Promise<void> {
    class Caller extends Base {
      static override tasks = [() => {}];
    }
    await using _ = aRun([Caller]);
  }
  return { GrpcUser, HttpUser, User, makeRunnerOf };
}

test('a runner has the client of its user classes loaded before a test starts, and no other', async () => {
  const { GrpcUser, HttpUser, User, makeRunnerOf } = await loadAnew();
  await makeRunnerOf(User);
  expect([isLoaded(http), isLoaded(grpc)]).toEqual([false, false]);
  await makeRunnerOf(HttpUser);
  expect([isLoaded(http), isLoaded(grpc)]).toEqual([true, false]);
  await makeRunnerOf(GrpcUser);
  expect([isLoaded(http), isLoaded(grpc)]).toEqual([true, true]);
});
