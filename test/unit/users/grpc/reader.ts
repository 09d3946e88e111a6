import { onTestFinished } from 'vitest';
import type { Environment } from '../../../../src/events/index.js';
import { GrpcUser, releaseKey } from '../../../../src/users/index.js';
import { anEnvironment, type TestEnvironment } from '../../../builders.js';
import { type LibraryServer, libraryProto } from './libraryServer.js';
import type { Library } from './protos/library.proto';

/** A user of the library, over with its test: else its connection would be tried again for as long as the process lives. */
export class Reader extends GrpcUser<typeof Library> {
  static override abstract = false;
  static override proto: string | undefined = libraryProto;
  static override service = 'Library';

  constructor(environment: Environment) {
    super(environment);
    onTestFinished(() => this[releaseKey]());
  }
}

export const getBook = '/tests.library.Library/GetBook';
export const listBooks = '/tests.library.Library/ListBooks';

/** A user of that server, and its environment. */
export function aReader<UserClass extends typeof Reader>(
  server: Pick<LibraryServer, 'host'>,
  userClass?: UserClass,
): { readonly user: Reader; readonly environment: TestEnvironment } {
  const environment = anEnvironment({ host: server.host });
  return { user: new (userClass ?? Reader)(environment), environment };
}

/** What a promise rejects with. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (thrown) {
    return thrown;
  }
  throw new Error('it did not reject');
}
