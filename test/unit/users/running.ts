/**
 * Runs users in tests: one at a time, to its end.
 */
import type { UserRuntime } from '../../../src/events/index.js';
import { createUser, type User, type UserClass } from '../../../src/users/index.js';
import { anEnvironment, type TestEnvironment } from '../../builders.js';

/** An environment whose runtime does some things otherwise. */
export function withRuntime(changes: Partial<UserRuntime>): TestEnvironment {
  const environment = anEnvironment();
  return Object.assign(environment, { runtime: { ...environment.runtime, ...changes } });
}

/** Runs one user until it is over by itself. */
export async function live(userClass: UserClass, environment: TestEnvironment = anEnvironment()): Promise<User> {
  const user = createUser(userClass, environment);
  await user.start();
  return user;
}

/** Starts one user and goes on. */
export function begin<U extends User>(
  userClass: new (environment: TestEnvironment) => U,
  environment: TestEnvironment = anEnvironment(),
): { readonly user: U; readonly over: Promise<void> } {
  const user = new userClass(environment);
  return { user, over: user.start() };
}
