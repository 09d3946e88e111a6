import * as grpc from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import type { RequestEvent } from '../../../../src/events/index.js';
import { LibraryServer } from './libraryServer.js';
import { aReader, Reader, rejection } from './reader.js';

/** Notes when it is entered and left, and adds its name to the metadata. */
function noting(name: string, notes: string[]): grpc.Interceptor {
  return (options, nextCall) => {
    notes.push(`${name} in`);
    return new grpc.InterceptingCall(nextCall(options), {
      start(metadata, _, next) {
        metadata.add('passed', name);
        next(metadata, {
          onReceiveStatus(status, pass) {
            notes.push(`${name} out`);
            pass(status);
          },
        });
      },
    });
  };
}

/** Calls once more when the first attempt failed. */
const retrying: grpc.Interceptor = (options, nextCall) => {
  let sent: unknown;
  return new grpc.InterceptingCall(nextCall(options), {
    start(metadata, _, next) {
      let received: unknown;
      let passMessage = (_message: unknown) => {};
      next(metadata, {
        onReceiveMessage(message, pass) {
          received = message;
          passMessage = pass;
        },
        onReceiveStatus(first, passStatus) {
          const finish = (status: grpc.StatusObject) => {
            passMessage(received);
            passStatus(status);
          };
          if (first.code === grpc.status.OK) return finish(first);
          const again = nextCall(options);
          again.start(metadata, {
            onReceiveMessage: (message) => {
              received = message;
            },
            onReceiveStatus: finish,
          });
          again.sendMessage(sent);
          again.halfClose();
        },
      });
    },
    sendMessage(message, next) {
      sent = message;
      next(message);
    },
  });
};

test('the first interceptor is the outermost, and those of a call are inside those of the class', async () => {
  const notes: string[] = [];
  class Noted extends Reader {
    static override interceptors = [noting('first', notes), noting('second', notes)];
  }
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server, Noted);
  const book = await user.stub.getBook({ bookId: 3 }, { interceptors: [noting('own', notes)] });
  expect(book.id).toBe(3);
  expect(notes).toEqual(['first in', 'second in', 'own in', 'own out', 'second out', 'first out']);
  expect(server.metadata[0]?.get('passed')).toEqual(['first, second, own']);
  expect(environment.recorder.only).toMatchObject({ bytes: 10, error: undefined });
});

test('interceptors of a call are for that call alone', async () => {
  const notes: string[] = [];
  await using server = await LibraryServer.start();
  const { user } = aReader(server);
  await user.stub.getBook({}, { interceptors: [noting('own', notes)] });
  await user.stub.getBook({});
  expect(notes).toEqual(['own in', 'own out']);
});

test('a call that an interceptor repeats is one sample', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const error = await rejection(user.stub.getBook({ behaviour: 'not found' }, { interceptors: [retrying] }));
  expect(error).toMatchObject({ status: 'NOT_FOUND' });
  expect(server.calls).toBe(2);
  expect(environment.recorder.samples).toHaveLength(1);
});

test('what an interceptor does before it hands the call on is not in the time', async () => {
  const pausing: grpc.Interceptor = (options, nextCall) =>
    new grpc.InterceptingCall(nextCall(options), {
      start: (metadata, listener, next) => {
        setTimeout(() => next(metadata, listener), 300);
      },
    });
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  await user.stub.getBook({ bookId: 1 }, { record: false }); // the connection is there
  const start = performance.now();
  await user.stub.getBook({ bookId: 1 }, { interceptors: [pausing] });
  expect(environment.recorder.only.milliseconds).toBeLessThan(performance.now() - start - 295);
});

test('an interceptor may change messages and status', async () => {
  const changing: grpc.Interceptor = (options, nextCall) =>
    new grpc.InterceptingCall(nextCall(options), {
      start: (metadata, _, next) =>
        next(metadata, {
          onReceiveMessage: (message, pass) => pass(message),
          onReceiveStatus: (status, pass) =>
            pass({ ...status, code: grpc.status.ABORTED, details: 'by the interceptor' }),
        }),
      sendMessage: (message, next) => next({ ...message, bookId: 77 }),
    });
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  await expect(user.stub.getBook({}, { interceptors: [changing] })).rejects.toMatchObject({ status: 'ABORTED' });
  expect(server.requests).toMatchObject([{ bookId: '77' }]);
  expect(environment.recorder.only.error).toBe('GrpcError ABORTED: by the interceptor');
});

test('a wrong field behind an interceptor is the same clear error, and no sample', async () => {
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const options = { interceptors: [noting('own', [])] };
  const error = await rejection(Reflect.apply(user.stub.getBook, user.stub, [{ nonsense: 1 }, options]));
  expect(error).toMatchObject({ code: 'BAD_REQUEST' });
  expect(environment.recorder.samples).toEqual([]);
});

test('streams pass the interceptors message by message', async () => {
  const texts: unknown[] = [];
  const counting: grpc.Interceptor = (options, nextCall) =>
    new grpc.InterceptingCall(nextCall(options), {
      sendMessage(message, next) {
        texts.push(message.text);
        next(message);
      },
      start: (metadata, _, next) =>
        next(metadata, {
          onReceiveMessage(message, pass) {
            texts.push(message.text);
            pass(message);
          },
        }),
    });
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const events: RequestEvent[] = [];
  environment.events.request.addListener((event) => events.push(event));
  const answers: string[] = [];
  for await (const note of user.stub.chat([{ text: 'a' }, { text: 'b' }], { interceptors: [counting] })) {
    answers.push(note.text);
  }
  expect(answers).toEqual(['re: a', 're: b']);
  expect(texts.sort()).toEqual(['a', 'b', 're: a', 're: b']);
  expect(events[0]).toMatchObject({ messagesSent: 2, messagesReceived: 2 });
});
