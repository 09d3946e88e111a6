import { expect, test } from 'vitest';
import { errorText, type RequestEvent } from '../../../../src/events/index.js';
import { RescheduleTask, ResponseError, releaseKey } from '../../../../src/users/index.js';
import { captureLog } from '../../../capturedLog.js';
import { LibraryServer } from './libraryServer.js';
import { aReader, rejection } from './reader.js';

const missing = { behaviour: 'not found' };

test('with catchResponse a bad status is not thrown; the test may call it a success', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  {
    await using response = await user.stub.getBook(missing, { catchResponse: true });
    expect(response).toMatchObject({ status: 'NOT_FOUND', code: 5, details: 'no such book', message: undefined });
    expect(response.trailers?.get('reason')).toEqual(['asked for']);
    response.success();
    expect(environment.recorder.samples).toEqual([]); // counted when the block is left
  }
  expect(environment.recorder.only.error).toBeUndefined();
});

test('a good status can be called a failure, by a text or an error', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const events: RequestEvent[] = [];
  environment.events.request.addListener((event) => events.push(event));
  {
    await using response = await user.stub.getBook({ bookId: 5 }, { catchResponse: true });
    response.failure(new RangeError('not that one'));
    response.failure(`wrong title ${response.message?.title}`);
  }
  await user.stub.getBook({}, { catchResponse: (response) => response.failure(new RangeError('no')) });
  expect(environment.recorder.samples.map(({ error }) => error)).toEqual(['wrong title book 5', 'RangeError: no']);
  expect(events.map(({ exception }) => errorText(exception))).toEqual(['wrong title book 5', 'RangeError: no']);
});

test('without a verdict the status decides', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const seen: string[] = [];
  const look = ({ status }: { readonly status: string }) => seen.push(status);
  const response = await user.stub.getBook(missing, { catchResponse: look });
  expect(response.status).toBe('NOT_FOUND');
  await user.stub.getBook({}, { catchResponse: look });
  expect(seen).toEqual(['NOT_FOUND', 'OK']);
  expect(environment.recorder.samples.map(({ error }) => error)).toEqual([
    'GrpcError NOT_FOUND: no such book',
    undefined,
  ]);
});

test('a ResponseError thrown in the function is the failure and goes no further', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  await user.stub.getBook(
    {},
    {
      catchResponse: () => {
        throw new ResponseError('no good');
      },
    },
  );
  expect(environment.recorder.only.error).toBe('ResponseError: no good');
});

test('anything else thrown in the function drops the sample and comes out of the call', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  for (const problem of [new RescheduleTask(), new TypeError('oops'), undefined]) {
    const call = user.stub.getBook({}, { catchResponse: () => Promise.reject(problem) });
    expect(await rejection(call)).toBe(problem);
  }
  expect(environment.recorder.samples).toEqual([]);
});

test('thrown after a verdict it comes out all the same, and the verdict is counted', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const problem = new TypeError('oops');
  const call = user.stub.getBook(missing, {
    catchResponse: (response) => {
      response.success();
      throw problem;
    },
  });
  expect(await rejection(call)).toBe(problem);
  expect(environment.recorder.only.error).toBeUndefined();
});

test('a call that rejects cannot have a verdict: success() is for catchResponse', async () => {
  await using server = await LibraryServer.start();
  const { user } = aReader(server);
  const stream = user.stub.listBooks({ count: 1 });
  expect(() => stream.success()).toThrow(/success\(\) decides nothing here: call .*ListBooks with catchResponse/);
  stream.cancel();
});

test('a response that is disposed of twice is counted once', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const response = await user.stub.getBook({}, { catchResponse: true });
  await response[Symbol.asyncDispose]();
  await response[Symbol.asyncDispose]();
  expect(environment.recorder.samples).toHaveLength(1);
});

test('catchResponse false is as if it were not there', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const options = { catchResponse: false };
  const call = Reflect.apply(user.stub.getBook, user.stub, [missing, options]);
  expect(await rejection(call)).toMatchObject({ status: 'NOT_FOUND' });
  expect(environment.recorder.samples).toHaveLength(1);
});

test('a stream is judged when it is disposed of', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  {
    await using books = user.stub.listBooks({ count: 3, behaviour: 'fail' }, { catchResponse: true });
    for await (const book of books) expect(book.id).toBeGreaterThan(0);
    expect(books.status).toBe('FAILED_PRECONDITION');
    if (books.messagesReceived === 3) books.success();
  }
  expect(environment.recorder.only.error).toBeUndefined();
});

test('a stream that is disposed of before its end ends there, as a success', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  {
    await using books = user.stub.listBooks({ count: 1, behaviour: 'stay' });
    expect(books.messagesReceived).toBe(0);
  }
  expect(environment.recorder.only.error).toBeUndefined();
});

test('a function judges a stream at its end', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const books = user.stub.listBooks(
    { count: 2 },
    { catchResponse: (end) => (end.messagesReceived < 3 ? end.failure('too few') : undefined) },
  );
  const ids: number[] = [];
  for await (const { id } of books) ids.push(id);
  expect(ids).toEqual([1, 2]);
  expect(environment.recorder.only.error).toBe('too few');
});

test('a response that is never disposed of is counted at the end of its user, by its status, and the log says so', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  using log = captureLog();
  await user.stub.getBook(missing, { catchResponse: true, name: 'forgotten' });
  const judged = await user.stub.getBook(missing, { catchResponse: true, name: 'forgotten' });
  judged.success();
  await user.stub.getBook({}, { catchResponse: true, record: false });
  expect(environment.recorder.samples).toEqual([]);
  user[releaseKey]();
  expect(environment.recorder.samples.map(({ error }) => error)).toEqual([
    'GrpcError NOT_FOUND: no such book',
    undefined,
  ]);
  expect(log.at('WARNING')).toEqual([expect.stringContaining('a response of forgotten with catchResponse: true')]);
});

test('of a user without end, responses that are never disposed of are counted when 100 others wait', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  for (let i = 0; i < 103; i++) await user.stub.getBook({}, { catchResponse: true });
  expect(environment.recorder.samples).toHaveLength(3);
});
