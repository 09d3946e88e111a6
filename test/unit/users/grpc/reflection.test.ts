import type * as grpc from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { GrpcUser } from '../../../../src/users/index.js';
import { prepareKey } from '../../../../src/users/userLife.js';
import { anEnvironment } from '../../../builders.js';
import { captureLog } from '../../../capturedLog.js';
import { until } from '../../../until.js';
import { LibraryServer } from './libraryServer.js';
import { rejection } from './reader.js';
import { addReflection } from './reflectionServer.js';

function asker(service?: string) {
  return class Asker extends GrpcUser {
    static override abstract = false;
    static override reflection = true;
    static override service = service;
  };
}

async function aUser(host: string, userClass: ReturnType<typeof asker>) {
  const environment = anEnvironment({ host });
  const user = new userClass(environment);
  await user[prepareKey]();
  return { user, environment };
}

test.each(['v1', 'v1alpha'] as const)(
  'a server with reflection %s tells its service and all messages',
  async (version) => {
    await using server = await LibraryServer.start({ also: (grpcServer) => addReflection(grpcServer, version) });
    const { user, environment } = await aUser(server.host, asker('tests.library.Library'));
    const book = await user.stub['getBook']?.({ bookId: 7, behaviour: 'full' });
    expect(book).toMatchObject({
      id: 7,
      genre: 'FICTION',
      copiesByCity: { London: 2 },
      pages: { '-1': { text: 'first' }, '4': { text: 'second', next: { text: 'third', next: null } } },
      place: { room: 'B', row: 3 },
      binding: 'paper',
      paper: { weight: 0.5 },
      printedAt: { seconds: -2_700_000_000, nanos: 5 },
    });
    expect(book).not.toHaveProperty('edition');
    expect(environment.recorder.samples).toHaveLength(1); // asking was none
  },
);

test('a service is found by its last name', async () => {
  await using server = await LibraryServer.start({ also: (grpcServer) => addReflection(grpcServer, 'v1') });
  const { user } = await aUser(server.host, asker('Doors'));
  expect(await user.stub['open']?.({})).toMatchObject({ received: 1 });
});

test('a server with several services wants one named', async () => {
  await using server = await LibraryServer.start({ also: (grpcServer) => addReflection(grpcServer, 'v1') });
  expect(String(await rejection(aUser(server.host, asker())))).toMatch(
    /the services of grpc:.* are: tests\.library\.Library, tests\.library\.Doors; set static service/,
  );
  expect(String(await rejection(aUser(server.host, asker('tests.library.Nothing'))))).toMatch(
    /does not know "tests\.library\.Nothing"/,
  );
});

test('a server without reflection is a clear error', async () => {
  await using server = await LibraryServer.start();
  expect(String(await rejection(aUser(server.host, asker('Library'))))).toMatch(
    /the server at grpc:.* has no reflection \(neither v1 nor v1alpha\): give a \.proto file instead/,
  );
});

test('all users of a class ask once', async () => {
  let asked = 0;
  await using server = await LibraryServer.start({
    also: (grpcServer) => addReflection(grpcServer, 'v1', () => asked++),
  });
  const userClass = asker('tests.library.Library');
  const environment = anEnvironment({ host: server.host });
  const users = Array.from({ length: 20 }, () => new userClass(environment));
  await Promise.all(users.map((user) => user[prepareKey]()));
  await Promise.all(users.map((user) => user.stub['getBook']?.({})));
  expect(asked).toBe(1);
  expect(new userClass(environment)[prepareKey]()).toBeUndefined();
});

test('users wait for a server that cannot be reached yet, and one line says so', async () => {
  using log = captureLog();
  const gone = await LibraryServer.start();
  gone.kill();
  const asking = aUser(gone.host, asker('Library'));
  await until(() => log.at('WARNING').length > 0);
  await using _server = await LibraryServer.start({
    port: gone.port,
    also: (grpcServer) => addReflection(grpcServer, 'v1'),
  });
  const { user } = await asking;
  expect(await user.stub['getBook']?.({ bookId: 3 })).toMatchObject({ id: 3 });
  expect(log.at('WARNING')).toEqual([
    expect.stringMatching(/^users of Asker wait for grpc:.* to tell its services: UNAVAILABLE No connection/),
  ]);
});

test('the stop of a user ends its waiting for the services, and no other user is disturbed', async () => {
  const waiting: (() => void)[] = [];
  await using server = await LibraryServer.start({
    also: (grpcServer) => addReflection(grpcServer, 'v1', () => new Promise<void>((go) => waiting.push(go))),
  });
  const userClass = asker('tests.library.Library');
  const environment = anEnvironment({ host: server.host });
  const [first, second] = [new userClass(environment), new userClass(environment)];
  const preparing = [first[prepareKey](), second[prepareKey]()];
  const reason = new Error('stopped');
  await until(() => waiting.length === 1);
  first.activity.stop(reason);
  expect(await rejection(preparing[0] ?? Promise.resolve())).toBe(reason);
  waiting[0]?.();
  await preparing[1];
  expect(await second.stub['getBook']?.({ bookId: 3 })).toMatchObject({ id: 3 });
});

test('a stub before the user has started says what is missing', () => {
  const user = new (asker('Library'))(anEnvironment({ host: 'localhost:1' }));
  expect(() => user.stub).toThrow(/the service of Asker is not known before the user has started/);
});

test('the metadata of the user goes with the question', async () => {
  const seen: grpc.Metadata[] = [];
  await using server = await LibraryServer.start({
    also: (grpcServer) =>
      addReflection(grpcServer, 'v1', (metadata) => {
        seen.push(metadata);
      }),
  });
  class Known extends asker('tests.library.Library') {
    override metadata = { authorization: 'Bearer x' };
  }
  await aUser(server.host, Known);
  expect(seen[0]?.get('authorization')).toEqual(['Bearer x']);
});
