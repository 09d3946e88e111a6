import { expect, test } from 'vitest';
import { GrpcUser } from '../../../../src/users/index.js';
import { anEnvironment } from '../../../builders.js';
import { LibraryServer, libraryProto } from './libraryServer.js';

class Reader extends GrpcUser {
  static override abstract = false;
  static override proto = libraryProto;
  static override service = 'Library';
}

test('a unary call gives the answer and is one success with its bytes and time', async () => {
  await using server = await LibraryServer.start();
  const environment = anEnvironment({ host: server.host });
  const user = new Reader(environment);
  const book = await user.stub['getBook']!({ bookId: 5 });
  expect(book).toMatchObject({ id: 5, title: 'book 5' });
  expect(environment.recorder.only).toMatchObject({
    type: 'grpc',
    name: '/tests.library.Library/GetBook',
    error: undefined,
  });
});
