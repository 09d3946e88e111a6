import { setTimeout as pause } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { RequestEvent } from '../../../../src/events/index.js';
import { MeasuredCall } from '../../../../src/users/grpc/measuredCall.js';
import { RescheduleTask } from '../../../../src/users/index.js';
import { until } from '../../../until.js';
import { LibraryServer } from './libraryServer.js';
import { aReader, listBooks, rejection } from './reader.js';

async function idsOf(books: AsyncIterable<{ readonly id: number }>): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of books) ids.push(id);
  return ids;
}

test('a server stream gives its messages in order, and is one success with all their bytes', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  expect(await idsOf(user.stub.listBooks({ count: 100 }))).toEqual(
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
  expect(environment.recorder.only).toMatchObject({ type: 'grpc', name: listBooks, error: undefined });
  expect(environment.recorder.only.bytes).toBe(9 * 10 + 90 * 11 + 12);
});

test('the event tells the time to the first message and between messages', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const events: RequestEvent[] = [];
  environment.events.request.addListener((event) => events.push(event));
  await idsOf(user.stub.listBooks({ count: 4, pauseMs: 300 }));
  const [event] = events;
  expect(event).toMatchObject({ messagesSent: 1, messagesReceived: 4 });
  const between: unknown = event?.['timeBetweenMessages'];
  expect(between).toMatchObject({ min: expect.any(Number), average: expect.any(Number), max: expect.any(Number) });
  const { min, average, max } = Object(between);
  expect(average).toBeGreaterThan(225); // the first may be read late, on a busy machine
  expect(min).toBeLessThanOrEqual(average);
  expect(average).toBeLessThanOrEqual(max);
  const first = Number(event?.['timeToFirstMessage']);
  expect(first).toBeGreaterThan(0);
  expect(first + 3 * average).toBeLessThanOrEqual(Number(event?.responseTime));
});

test('a stream that ends with a bad status gives its messages, then throws, and is one failure', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const ids: number[] = [];
  const read = async () => {
    for await (const { id } of user.stub.listBooks({ count: 2, behaviour: 'fail' })) ids.push(id);
  };
  expect(await rejection(read())).toMatchObject({ status: 'FAILED_PRECONDITION', details: 'out of books' });
  expect(ids).toEqual([1, 2]);
  expect(environment.recorder.only.error).toBe('GrpcError FAILED_PRECONDITION: out of books');
});

test('leaving the loop early cancels the call and is a success', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  for await (const book of user.stub.listBooks({ count: 3, behaviour: 'stay' })) {
    if (book.id === 2) break;
  }
  expect(environment.recorder.only.error).toBeUndefined();
  await until(() => server.cancelled === 1);
});

test('a loop that throws ends the stream too, and what it threw comes out', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const problem = new RescheduleTask();
  const read = async () => {
    for await (const _ of user.stub.listBooks({ count: 3, behaviour: 'stay' })) throw problem;
  };
  expect(await rejection(read())).toBe(problem);
  expect(environment.recorder.samples).toHaveLength(1);
  await until(() => server.cancelled === 1);
});

test('a stream ends after maxMessages, as a success', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  expect(await idsOf(user.stub.listBooks({ count: 1000, pauseMs: 1 }, { maxMessages: 3 }))).toEqual([1, 2, 3]);
  expect(environment.recorder.only.error).toBeUndefined();
  await until(() => server.cancelled === 1);
});

test('a stream ends after maxSeconds, as a success that took so long', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  expect(await idsOf(user.stub.listBooks({ count: 1, behaviour: 'stay' }, { maxSeconds: 0.2 }))).toEqual([1]);
  expect(environment.recorder.only.error).toBeUndefined();
  expect(environment.recorder.only.milliseconds).toBeGreaterThanOrEqual(195);
  await until(() => server.cancelled === 1);
});

test('the stop of a user ends a stream that works: a success, and the loop rejects with the reason', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const reason = new Error('stopped');
  const ids: number[] = [];
  const read = async () => {
    for await (const { id } of user.stub.listBooks({ count: 2, behaviour: 'stay' })) ids.push(id);
  };
  const reading = rejection(read());
  await until(() => ids.length === 2);
  user.activity.stop(reason);
  expect(await reading).toBe(reason);
  expect(environment.recorder.only.error).toBeUndefined();
  expect(environment.recorder.cutOffs).toBe(0);
  await until(() => server.cancelled === 1);
});

test('the stop of a user cuts off a stream whose first message never came', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const reading = rejection(idsOf(user.stub.listBooks({ count: 0, behaviour: 'stay' })));
  await until(() => server.calls === 1);
  user.activity.stop(new Error('stopped'));
  expect(await reading).toMatchObject({ message: 'stopped' });
  expect(environment.recorder.samples).toEqual([]);
  expect(environment.recorder.cutOffs).toBe(1);
});

test('after a stop, reading on rejects only after a turn of the event loop, and after that never', async () => {
  await using server = await LibraryServer.start();
  const { user } = aReader(server);
  const books = user.stub.listBooks({ count: 2, behaviour: 'stay' })[Symbol.asyncIterator]();
  await books.next();
  user.activity.stop(new Error('stopped'));
  const turns: string[] = [];
  setImmediate(() => turns.push('turn'));
  await rejection(books.next()).then(() => turns.push('rejected'));
  expect(turns).toEqual(['turn', 'rejected']);
  user.activity.close();
  const late = books.next().then(
    () => 'settled',
    () => 'settled',
  );
  expect(await Promise.race([late, pause(50, 'pending')])).toBe('pending');
});

test('a slow reader holds the server back', async () => {
  await using server = await LibraryServer.start();
  const { user } = aReader(server);
  const books = user.stub.listBooks({ count: 500 });
  const iterator = books[Symbol.asyncIterator]();
  await iterator.next();
  await pause(300);
  expect(books.messagesReceived).toBeLessThanOrEqual(18);
  books.cancel();
});

test('a client stream sends what an iterable gives, and is one sample', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  async function* books() {
    for (let id = 1; id <= 50; id++) {
      await null;
      yield { id, title: `book ${id}` };
    }
  }
  expect(await user.stub.addBooks(books())).toEqual({ received: 50, bytes: 0 });
  expect(server.requests.map(({ id }) => Number(id))).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  expect(environment.recorder.only.error).toBeUndefined();
});

test('a source without an end does not freeze the process: the deadline ends the call', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  function* books() {
    for (;;) yield { title: 'again' };
  }
  const error = await rejection(user.stub.addBooks(books(), { timeoutSeconds: 0.3 }));
  expect(error).toMatchObject({ status: 'DEADLINE_EXCEEDED' });
  expect(environment.recorder.only.milliseconds).toBeLessThan(5_000);
});

test('a client stream can be written to by hand', async () => {
  await using server = await LibraryServer.start();
  const { user } = aReader(server);
  const sink = user.stub.addBooks();
  expect(await sink.write({ id: 1 })).toBe(true);
  const unawaited = [sink.write({ id: 2 }), sink.write({ id: 3 })];
  expect(await sink.finish()).toMatchObject({ received: 3 });
  expect(await Promise.all(unawaited)).toEqual([true, true]);
  expect(await sink.write({ id: 4 })).toBe(false);
});

test('a client stream that the server refuses fails, and its source is left', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  let isLeft = false;
  async function* books() {
    try {
      for (;;) {
        yield { title: 'bad' };
        await pause(1);
      }
    } finally {
      isLeft = true;
    }
  }
  await expect(user.stub.addBooks(books())).rejects.toMatchObject({ status: 'INVALID_ARGUMENT' });
  expect(environment.recorder.only.error).toBe('GrpcError INVALID_ARGUMENT: a bad book');
  await until(() => isLeft);
});

test('what the source of a client stream throws comes out of the call, which is no sample', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const problem = new TypeError('no more books');
  async function* books() {
    yield { id: 1 };
    await until(() => server.calls === 1);
    throw problem;
  }
  expect(await rejection(user.stub.addBooks(books()))).toBe(problem);
  expect(environment.recorder.samples).toEqual([]);
  await until(() => server.ended === 1);
});

test('a client stream that is given up is no sample', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const sink = user.stub.addBooks();
  await sink.write({ id: 1 });
  await until(() => server.calls === 1);
  sink.cancel();
  expect(await sink.finish()).toBeUndefined();
  expect(environment.recorder.samples).toEqual([]);
  await until(() => server.ended === 1);
});

test('a wrong field in a written message rejects that write alone', async () => {
  await using server = await LibraryServer.start();
  const { user } = aReader(server);
  const sink = user.stub.addBooks();
  expect(await rejection(Reflect.apply(sink.write, sink, [{ nonsense: 1 }]))).toMatchObject({ code: 'BAD_REQUEST' });
  await sink.write({ id: 1 });
  expect(await sink.finish()).toMatchObject({ received: 1 });
});

test('one value where messages are expected is a clear error', async () => {
  await using server = await LibraryServer.start();
  const { user } = aReader(server);
  const call = () => Reflect.apply(user.stub.addBooks, user.stub, [{ id: 1 }]);
  expect(call).toThrow(/AddBooks takes a stream of messages but got one value/);
});

test('a stop cuts off a client stream, and its writes reject', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const sink = user.stub.addBooks();
  await sink.write({ id: 1 });
  const reason = new Error('stopped');
  user.activity.stop(reason);
  expect(await rejection(sink.write({ id: 2 }))).toBe(reason);
  expect(await rejection(sink.finish())).toBe(reason);
  expect(environment.recorder.cutOffs).toBe(1);
});

test('a conversation: messages are written and read in turns, and the end is half-closed', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const chat = user.stub.chat();
  const answers: string[] = [];
  await chat.write({ text: 'one', number: 1 });
  for await (const { text, number } of chat) {
    answers.push(text);
    if (number < 3) await chat.write({ text: 'next', number: number + 1 });
    else chat.end();
  }
  expect(answers).toEqual(['re: one', 're: next', 're: next']);
  expect(server.halfClosed).toBe(1);
  expect(environment.recorder.only.error).toBeUndefined();
});

test('a conversation sends what an iterable gives and ends with it', async () => {
  await using server = await LibraryServer.start();
  const { user } = aReader(server);
  const numbers: number[] = [];
  const notes = Array.from({ length: 40 }, (_, number) => ({ number }));
  for await (const { number } of user.stub.chat(notes)) numbers.push(number);
  expect(numbers).toEqual(notes.map(({ number }) => number));
});

test('a server that dies in a stream is a failure', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const ids: number[] = [];
  const read = async () => {
    for await (const { id } of user.stub.listBooks({ count: 1, behaviour: 'stay' })) ids.push(id);
  };
  const reading = rejection(read());
  await until(() => ids.length === 1);
  server.kill();
  expect(await reading).toMatchObject({ name: expect.stringMatching(/^GrpcError /) });
  expect(environment.recorder.only.error).toMatch(/^GrpcError (UNAVAILABLE|CANCELLED|INTERNAL)/);
});

test('calls that are over leave nothing behind in the user', async () => {
  const cancel = vi.spyOn(MeasuredCall.prototype, 'cancel');
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  await idsOf(user.stub.listBooks({ count: 2 }));
  await user.stub.addBooks([{ id: 1 }]);
  await user.stub.getBook({});
  await rejection(user.stub.getBook({ behaviour: 'not found' }));
  for await (const _ of user.stub.chat([{ text: 'a' }], { maxSeconds: 60 })) break;
  user.activity.stop(new Error('stopped'));
  expect(cancel).not.toHaveBeenCalled();
  cancel.mockRestore();
  expect(environment.recorder.samples).toHaveLength(5);
});
