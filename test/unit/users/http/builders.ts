/** HTTP users for tests. */
import { type HttpSession, HttpUser, releaseKey } from '../../../../src/users/index.js';
import { anEnvironment, type MemoryRecorder, type TestEnvironment } from '../../../builders.js';

export interface TestUser extends Disposable {
  readonly user: HttpUser;
  readonly client: HttpSession;
  readonly recorder: MemoryRecorder;
  readonly environment: TestEnvironment;
}

/** A user with its client. Its class is `HttpUser` with these statics; its connections close when it is disposed of. */
export function aUser(
  host: string,
  statics: Partial<typeof HttpUser> = {},
  environment = anEnvironment({ host }),
): TestUser {
  class Visitor extends HttpUser {}
  for (const [name, value] of Object.entries(statics)) Object.defineProperty(Visitor, name, { value, writable: true });
  const user = new Visitor(environment);
  return {
    user,
    environment,
    recorder: environment.recorder,
    get client() {
      return user.client;
    },
    [Symbol.dispose]: () => user[releaseKey](),
  };
}
