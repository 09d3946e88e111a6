import * as grpc from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { GrpcUser, StopTest } from '../../../../src/users/index.js';
import { releaseKey } from '../../../../src/users/userLife.js';
import { anEnvironment } from '../../../builders.js';
import { certificates } from '../../../certificates.js';
import { until } from '../../../until.js';
import { LibraryServer } from './libraryServer.js';
import { aReader, Reader, rejection } from './reader.js';

test('each user has a connection of its own, opened by its first call', async () => {
  await using server = await LibraryServer.start();
  const environment = anEnvironment({ host: server.host });
  const users = Array.from({ length: 5 }, () => new Reader(environment));
  expect(server.connections).toBe(0);
  await Promise.all(users.map((user) => user.stub.getBook({})));
  await Promise.all(users.map((user) => user.stub.getBook({})));
  expect(server.connections).toBe(5);
});

test('a class with connections shares so many among all its users', async () => {
  class Shared extends Reader {
    static override connections = 2;
  }
  await using server = await LibraryServer.start();
  const environment = anEnvironment({ host: server.host });
  const users = Array.from({ length: 7 }, () => new Shared(environment));
  await Promise.all(users.map((user) => user.stub.getBook({})));
  expect(server.connections).toBe(2);
  // the connections live as long as somebody uses them
  for (const user of users.slice(1)) user[releaseKey]();
  await users[0]?.stub.getBook({});
  expect(server.connections).toBe(2);
  users[0]?.[releaseKey]();
  await until(() => server.openConnections === 0);
  await new Shared(environment).stub.getBook({});
  expect(server.connections).toBe(3);
});

test('the connection of a user is closed when it is over', async () => {
  await using server = await LibraryServer.start();
  const { user } = aReader(server);
  await user.stub.getBook({});
  expect(server.openConnections).toBe(1);
  user[releaseKey]();
  await until(() => server.openConnections === 0);
});

test('a server that refuses connections is UNAVAILABLE, under one text for all users', async () => {
  const server = await LibraryServer.start();
  server.kill();
  const { user, environment } = aReader(server);
  await expect(user.stub.getBook({})).rejects.toMatchObject({ status: 'UNAVAILABLE' });
  await rejection(user.stub.getBook({}));
  const texts = new Set(environment.recorder.samples.map(({ error }) => error));
  expect([...texts]).toEqual([
    `GrpcError UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED ${server.host}`,
  ]);
});

test('a call with waitForReady waits for a server that is not there yet', async () => {
  const gone = await LibraryServer.start();
  gone.kill();
  const { user } = aReader(gone);
  await rejection(user.stub.getBook({}));
  const call = user.stub.getBook({ bookId: 4 }, { waitForReady: true, timeoutSeconds: 20 });
  await using server = await LibraryServer.start({ port: gone.port });
  expect((await call).id).toBe(4);
  expect(server.connections).toBe(1);
});

test('a server that goes away with GOAWAY lets running calls finish, and calls go on when it is back', async () => {
  const first = await LibraryServer.start();
  const { user, environment } = aReader(first);
  const chat = user.stub.chat();
  await chat.write({ text: 'a' });
  const answers = chat[Symbol.asyncIterator]();
  await answers.next();
  const gone = first.shutDown();
  await chat.write({ text: 'b' });
  expect((await answers.next()).value).toMatchObject({ text: 're: b' });
  chat.end();
  expect((await answers.next()).done).toBe(true);
  await gone;
  await using _second = await LibraryServer.start({ port: first.port });
  await user.stub.getBook({}, { waitForReady: true });
  expect(environment.recorder.samples.map(({ error }) => error)).toEqual([undefined, undefined]);
});

test('a killed server fails the call that is under way', async () => {
  const server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const call = rejection(user.stub.getBook({ behaviour: 'never' }));
  await until(() => server.calls === 1);
  server.kill();
  expect(await call).toMatchObject({ name: expect.stringMatching(/^GrpcError (UNAVAILABLE|CANCELLED|INTERNAL)$/) });
  expect(environment.recorder.samples).toHaveLength(1);
});

async function secureServer(options: { readonly wantsClient?: boolean } = {}): Promise<LibraryServer> {
  const { ca, server } = await certificates();
  const pair = { private_key: Buffer.from(server.key), cert_chain: Buffer.from(server.cert) };
  return LibraryServer.start({
    credentials: grpc.ServerCredentials.createSsl(Buffer.from(ca), [pair], options.wantsClient === true),
  });
}

test('TLS: a server whose certificate is trusted is called', async () => {
  const { ca } = await certificates();
  class Secure extends Reader {
    static override tls = { ca };
  }
  await using server = await secureServer();
  for (const host of [server.host, `grpcs://localhost:${server.port}`, `https://localhost:${server.port}/`]) {
    const { user } = aReader({ host }, Secure);
    expect((await user.stub.getBook({ bookId: 1 })).id).toBe(1);
  }
});

test('TLS: a server whose certificate is not trusted is a failure that says so', async () => {
  await using server = await secureServer();
  const { user, environment } = aReader({ host: `grpcs://localhost:${server.port}` });
  await expect(user.stub.getBook({})).rejects.toMatchObject({ status: 'UNAVAILABLE' });
  expect(environment.recorder.only.error).toMatch(/^GrpcError UNAVAILABLE: .*unable to verify|self.signed/);
});

test('TLS: verify false takes any certificate', async () => {
  class Trusting extends Reader {
    static override tls = { verify: false };
  }
  await using server = await secureServer();
  const { user } = aReader(server, Trusting);
  expect((await user.stub.getBook({ bookId: 1 })).id).toBe(1);
});

test('TLS: the certificate must be for the name of the host, or for servername', async () => {
  const { ca } = await certificates();
  class Misnamed extends Reader {
    static override tls = { ca, servername: 'elsewhere.example' };
  }
  await using server = await secureServer();
  const { user } = aReader(server, Misnamed);
  await expect(user.stub.getBook({})).rejects.toThrow(/elsewhere\.example/);
});

test('mTLS: the server gets the certificate of the client, and refuses who has none', async () => {
  const { ca, client } = await certificates();
  class Known extends Reader {
    static override tls = { ca, ...client };
  }
  class Nameless extends Reader {
    static override tls = { ca };
  }
  await using server = await secureServer({ wantsClient: true });
  expect((await aReader(server, Known).user.stub.getBook({ bookId: 1 })).id).toBe(1);
  await expect(aReader(server, Nameless).user.stub.getBook({})).rejects.toMatchObject({ status: 'UNAVAILABLE' });
});

test('TLS: certificates that cannot be read are named with the class', () => {
  class Broken extends Reader {
    static override tls = { ca: 'no certificate', cert: 'nor this', key: 'nor that' };
  }
  const { user } = aReader({ host: 'localhost:1' }, Broken);
  return expect(user.stub.getBook({})).rejects.toThrow(/static tls of Broken cannot be used/);
});

test('credentials of grpc-js can be given in place of tls', async () => {
  const { ca } = await certificates();
  class Own extends Reader {
    static override credentials = grpc.credentials.createSsl(Buffer.from(ca));
  }
  await using server = await secureServer();
  expect((await aReader(server, Own).user.stub.getBook({ bookId: 1 })).id).toBe(1);
});

test('the authority can be another than the host', async () => {
  class Elsewhere extends Reader {
    static override authority = 'library.example';
  }
  const hosts: unknown[] = [];
  await using server = await LibraryServer.start({
    server: {
      interceptors: [
        (_, call) => {
          hosts.push(call.getHost());
          return new grpc.ServerInterceptingCall(call);
        },
      ],
    },
  });
  await aReader(server, Elsewhere).user.stub.getBook({});
  expect(hosts).toEqual(['library.example']);
});

test.each([
  [undefined, /Reader has no host: give host:port with --host/],
  ['localhost', /the host of Reader is "localhost", which has no port/],
  ['ftp://localhost:1', /has a scheme that is none of grpc, grpcs, http/],
  ['http://localhost:1/path', /has a path/],
  ['grpc://anna:secret@localhost:1', /"grpc:\/\/\*\*\*@localhost:1", which has a user name/],
  ['localhost:99999', /has the port 99999/],
  ['not a host:1', /is no host and port/],
])('a bad host ends the test with one sentence: %s', (host, message) => {
  const problem = (() => {
    try {
      return new Reader(anEnvironment(host === undefined ? {} : { host }));
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(problem).toBeInstanceOf(StopTest);
  expect(String(problem)).toMatch(message);
});

test('a host without TLS contradicts a class with tls', () => {
  class Secure extends Reader {
    static override tls = true;
  }
  expect(() => aReader({ host: 'http://localhost:1' }, Secure)).toThrow(/is without TLS, but the class has static tls/);
});

test.each([
  ['connections', 0, /connections of Wrong must be a whole number above 0 but is 0/],
  ['timeoutSeconds', -1, /timeoutSeconds of Wrong must be a number of seconds, 0 for no limit, but is -1/],
  ['int64', 'long', /int64 of Wrong must be number, string or bigint but is long/],
  ['reflection', true, /Wrong gives its service in two ways/],
  ['proto', undefined, /Wrong has no service: set static service/],
  ['service', 'Library2', /are: tests\.library\.Library, tests\.library\.Doors; Wrong asks for Library2/],
  ['service', undefined, /Wrong names none of them/],
])('a class that cannot run says why: %s = %s', (name, value, message) => {
  class Wrong extends Reader {}
  Reflect.set(Wrong, name, value);
  expect(() => aReader({ host: 'localhost:1' }, Wrong)).toThrow(message);
});

test('GrpcUser itself is no class to run', () => {
  expect(GrpcUser.abstract).toBe(true);
});
