import { expect, test } from 'vitest';
import type { RequestEvent } from '../../../../src/events/index.js';
import { GrpcError, RescheduleTask } from '../../../../src/users/index.js';
import { until } from '../../../until.js';
import { LibraryServer } from './libraryServer.js';
import { aReader, getBook, Reader, rejection } from './reader.js';

test('a unary call gives the answer with every field, and is one success', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const book = await user.stub.getBook({ bookId: 5 });
  expect(book).toEqual({
    id: 5,
    title: 'book 5',
    genre: 'UNKNOWN',
    authors: [],
    copiesByCity: {},
    pages: {},
    place: null,
    printedAt: null,
    cover: Buffer.alloc(0),
    price: 0,
    chapters: [],
    codes: [],
    isbn: 0,
  });
  const sample = environment.recorder.only;
  expect(sample).toMatchObject({ type: 'grpc', name: getBook, error: undefined, bytes: 10 });
  expect(sample.milliseconds).toBeGreaterThan(0);
});

test('a call without a message sends an empty one', async () => {
  await using server = await LibraryServer.start();
  const { user } = aReader(server);
  expect((await user.stub.getBook()).id).toBe(0);
});

test('a status other than OK rejects with a GrpcError and is one failure', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const error = await rejection(
    user.stub.getBook({ behaviour: 'not found' }, { metadata: { authorization: 'secret!' } }),
  );
  expect(error).toBeInstanceOf(GrpcError);
  expect(error).toMatchObject({
    code: 5,
    status: 'NOT_FOUND',
    details: 'no such book',
    method: getBook,
    isRecorded: true,
  });
  const sample = environment.recorder.only;
  expect(sample.error).toBe('GrpcError NOT_FOUND: no such book');
  expect(sample.failure).toMatchObject({
    request: getBook,
    requestHeaders: { authorization: '***' },
    response: 'NOT_FOUND no such book',
    responseHeaders: { reason: 'asked for', 'shelf-token': '***' },
  });
});

test('a failing call that nobody awaits ends nothing', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  const calls = [user.stub.getBook({ behaviour: 'not found' })];
  await until(() => environment.recorder.samples.length === 1);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
  expect(calls).toHaveLength(1);
});

test('a call takes the name that it is given', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  await user.stub.getBook({ bookId: 5 }, { name: 'book by id' });
  expect(environment.recorder.only.name).toBe('book by id');
});

test('metadata of the call comes in place of the same of the user, and beside the rest of it', async () => {
  await using server = await LibraryServer.start();
  const { user } = aReader(server);
  user.metadata = { reader: 'anna', tenant: 'one' };
  await user.stub.getBook({}, { metadata: { tenant: ['two', 'three'], 'seal-bin': Uint8Array.of(0, 255) } });
  const [metadata] = server.metadata;
  expect(metadata?.get('reader')).toEqual(['anna']);
  expect(metadata?.get('tenant')).toEqual(['two, three']);
  expect(metadata?.get('seal-bin')).toEqual([Buffer.from([0, 255])]);
});

test('metadata that cannot be sent is named, and nothing is sent', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const error = await rejection(user.stub.getBook({}, { metadata: { 'no spaces': 'x' } }));
  expect(error).toMatchObject({ code: 'BAD_REQUEST' });
  expect(String(error)).toContain('"no spaces"');
  expect(environment.recorder.samples).toEqual([]);
});

test('a call beyond its deadline fails, under a text without times', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  await user.stub.getBook({}); // else the text says that a connection was waited for, if that took as long
  const error = await rejection(user.stub.getBook({ behaviour: 'never' }, { timeoutSeconds: 0.1 }));
  expect(error).toMatchObject({ status: 'DEADLINE_EXCEEDED' });
  const sample = environment.recorder.samples[1];
  expect(sample?.error).toBe('GrpcError DEADLINE_EXCEEDED: Deadline exceeded');
  expect(sample?.milliseconds).toBeGreaterThanOrEqual(95);
});

test('the class gives a deadline to calls that have none of their own', async () => {
  class Impatient extends Reader {
    static override timeoutSeconds = 0.1;
  }
  await using server = await LibraryServer.start();
  const { user } = aReader(server, Impatient);
  await expect(user.stub.getBook({ behaviour: 'never' })).rejects.toMatchObject({ status: 'DEADLINE_EXCEEDED' });
});

test('a call with record false is no sample and no event, and its failure is an exception of the test', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const events: RequestEvent[] = [];
  environment.events.request.addListener((event) => events.push(event));
  await user.stub.getBook({}, { record: false });
  const error = await rejection(user.stub.getBook({ behaviour: 'not found' }, { record: false }));
  expect(error).toMatchObject({ status: 'NOT_FOUND', isRecorded: false });
  expect(environment.recorder.samples).toEqual([]);
  expect(events).toEqual([]);
});

test('the request event tells of status, messages, bytes and context', async () => {
  class Known extends Reader {
    override context(): Record<string, unknown> {
      return { reader: 'anna', page: 1 };
    }
  }
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server, Known);
  const events: RequestEvent[] = [];
  environment.events.request.addListener((event) => events.push(event));
  const before = Date.now() / 1000;
  await user.stub.getBook({ bookId: 5 }, { context: { page: 2 } });
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({
    requestType: 'grpc',
    name: getBook,
    responseLength: 10,
    requestLength: 2,
    exception: undefined,
    context: { reader: 'anna', page: 2 },
    url: `grpc://${server.host}${getBook}`,
    statusCode: 0,
    status: 'OK',
    messagesSent: 1,
    messagesReceived: 1,
    timeBetweenMessages: null,
    response: { status: 'OK', message: { title: 'book 5' } },
  });
  expect(events[0]?.startTime).toBeGreaterThanOrEqual(before - 0.01);
  expect(events[0]?.['timeToFirstMessage']).toBeLessThanOrEqual(events[0]?.responseTime ?? 0);
});

test('what a listener throws to steer the user comes out of the call, which is counted', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  environment.events.request.addListener(() => {
    throw new RescheduleTask();
  });
  await expect(user.stub.getBook({})).rejects.toBeInstanceOf(RescheduleTask);
  expect(environment.recorder.only.error).toBeUndefined();
});

test('messages of 10 MB go both ways', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const { cover } = await user.stub.getBook({ bookId: 1, behaviour: 'big' });
  expect(cover.length).toBe(10 * 1024 * 1024);
  expect(environment.recorder.only.bytes).toBeGreaterThan(10 * 1024 * 1024);
  expect(await user.stub.addBooks([{ cover }])).toMatchObject({ received: 1 });
});

test('a class may limit the size of received messages, and the failure has no size in it', async () => {
  class Small extends Reader {
    static override channelOptions = { 'grpc.max_receive_message_length': 1000 };
  }
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server, Small);
  await expect(user.stub.getBook({ behaviour: 'big' })).rejects.toMatchObject({ status: 'RESOURCE_EXHAUSTED' });
  expect(environment.recorder.only.error).toBe('GrpcError RESOURCE_EXHAUSTED: Received message larger than max (1000)');
});

test('a method that the service does not have is named with those that it has', async () => {
  await using server = await LibraryServer.start();
  const { user } = aReader(server);
  const call = () => Reflect.get(user.stub, 'GetBook');
  expect(call).toThrow(
    /no method GetBook \(did you mean getBook\?\): its methods are getBook, listBooks, addBooks, chat/,
  );
  expect(await user.stub).toBe(user.stub); // a stub is no promise
});

test('a wrong field is named with those that there are, and nothing is sent', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const request = { bookID: 5 };
  const error = await rejection(Reflect.apply(user.stub.getBook, user.stub, [request]));
  expect(error).toMatchObject({ code: 'BAD_REQUEST' });
  expect(String(error)).toContain(
    'tests.library.Library.GetBook cannot be sent: there is no field "bookID" in tests.library.BookRequest: ' +
      'its fields are bookId, readerName, behaviour',
  );
  expect(environment.recorder.samples).toEqual([]);
  expect(server.calls).toBe(0);
});

test('an option that is none is named', async () => {
  await using server = await LibraryServer.start();
  const { user } = aReader(server);
  const call = () => Reflect.apply(user.stub.getBook, user.stub, [{}, { timeout: 5 }]);
  expect(call).toThrow(/the option timeout of the call .*GetBook is none: there are name, metadata, timeoutSeconds/);
  expect(() => user.stub.getBook({}, { timeoutSeconds: -1 })).toThrow(/timeoutSeconds .* above 0 but is -1/);
  expect(() => user.stub.getBook({}, { timeoutSeconds: Number.NaN })).toThrow(/timeoutSeconds .* above 0 but is NaN/);
  // a timer of more would end at once
  expect(() => user.stub.listBooks({}, { maxSeconds: 3e6 })).toThrow(/maxSeconds .* at most 2000000 seconds/);
});

test('a stop cuts off a call that is under way: no sample, but counted', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const reason = new Error('stopped');
  const call = user.stub.getBook({ behaviour: 'never' });
  await until(() => server.calls === 1);
  user.activity.stop(reason);
  await expect(call).rejects.toBe(reason);
  expect(environment.recorder.samples).toEqual([]);
  expect(environment.recorder.cutOffs).toBe(1);
  await until(() => server.cancelled === 1);
});

test('a stopped user begins no call: it rejects after a turn of the event loop, and cuts nothing off', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  user.activity.stop(new Error('stopped'));
  const turns: string[] = [];
  setImmediate(() => turns.push('turn'));
  await rejection(user.stub.getBook({})).then(() => turns.push('rejected'));
  expect(turns).toEqual(['turn', 'rejected']);
  expect(environment.recorder.cutOffs).toBe(0);
  expect(server.connections).toBe(0);
});

test('calls of one user run at the same time on one connection', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const books = await Promise.all(Array.from({ length: 20 }, (_, bookId) => user.stub.getBook({ bookId })));
  expect(books.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, id) => id));
  expect(environment.recorder.samples).toHaveLength(20);
  expect(server.connections).toBe(1);
});
