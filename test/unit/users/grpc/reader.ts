import { GrpcUser } from '../../../../src/users/index.js';
import { anEnvironment, type TestEnvironment } from '../../../builders.js';
import { type LibraryServer, libraryProto } from './libraryServer.js';
import type { Library } from './protos/library.proto';

/** A user of the library. */
export class Reader extends GrpcUser<typeof Library> {
  static override abstract = false;
  static override proto: string | undefined = libraryProto;
  static override service = 'Library';
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
