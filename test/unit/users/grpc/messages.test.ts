import { fileURLToPath } from 'node:url';
import { loadSync } from '@grpc/proto-loader';
import { describe, expect, test } from 'vitest';
import { type MethodDefinition, serviceDefinition } from '../../../../src/users/grpc/definition.js';
import { readProto } from '../../../../src/users/grpc/protoFile.js';
import type { Int64Mode } from '../../../../src/users/index.js';
import fc from '../../../properties.js';
import { LibraryServer, libraryProto } from './libraryServer.js';
import { aReader, Reader, rejection } from './reader.js';

const { json } = readProto([libraryProto]);

/** The method whose request and answer are a Book. */
function booksMethod(int64: Int64Mode = 'number'): MethodDefinition {
  const definition = serviceDefinition(json, 'tests.library.Library', int64);
  const method = definition.methods.get('addBooks');
  if (method === undefined) throw new Error('addBooks is missing');
  return method;
}

/** proto-loader's codec of the same message: what a server of another make sees. */
const peer = loadSync(libraryProto, {
  includeDirs: [fileURLToPath(new URL('protos', import.meta.url))],
  defaults: true,
  longs: String,
  enums: String,
  oneofs: true,
});
const service = peer['tests.library.Library'];
const addBooks = service !== undefined && 'AddBooks' in service ? service['AddBooks'] : undefined;

function asPeerSees(bytes: Buffer): unknown {
  return Object(addBooks).requestDeserialize(bytes);
}
function asPeerSends(book: object): Buffer {
  return Object(addBooks).requestSerialize(book);
}
/** Reads a Book: the answer of GetBook is one. */
function read(bytes: Buffer, int64: Int64Mode = 'number'): unknown {
  return serviceDefinition(json, 'tests.library.Library', int64).methods.get('getBook')?.decode(bytes);
}

test('every kind of field arrives at a peer as it was written', () => {
  const bytes = booksMethod().encode({
    id: 9007199254740993n,
    title: 'Flatland',
    genre: 'SCIENCE',
    authors: ['A', 'B'],
    copiesByCity: { London: 2, Rome: '3' },
    pages: { '-1': { text: 'x' } },
    place: { room: 'B' },
    paper: { weight: '0.5' },
    printedAt: { seconds: '-5', nanos: 1 },
    cover: Buffer.from('png'),
    price: 'NaN',
    chapters: [{ text: 'a', next: { text: 'b' } }],
    edition: 0,
    codes: [1, '18446744073709551615', 2n],
    isbn: null,
  });
  expect(asPeerSees(bytes)).toMatchObject({
    id: '9007199254740993',
    title: 'Flatland',
    genre: 'SCIENCE',
    authors: ['A', 'B'],
    copiesByCity: { London: 2, Rome: 3 },
    place: { room: 'B', row: 0 },
    binding: 'paper',
    paper: { weight: 0.5 },
    printedAt: { seconds: '-5', nanos: 1 },
    cover: Buffer.from('png'),
    price: Number.NaN,
    chapters: [{ text: 'a', next: { text: 'b' } }],
    edition: 0,
    codes: ['1', '18446744073709551615', '2'],
    isbn: '0',
  });
});

test('a message that was received can be sent back as it is', () => {
  const book = { id: '3', genre: 'FICTION', pages: { '4': { text: 'x' } }, hardCover: true, codes: ['5'], edition: 2 };
  for (const int64 of ['number', 'string', 'bigint'] as const) {
    const received = read(asPeerSends(book), int64);
    expect(read(booksMethod(int64).encode(received), int64)).toEqual(received);
  }
});

test('the message that is handed over is not changed', () => {
  const request = { genre: 'SCIENCE', codes: [1n], pages: { 1: { text: 'a' } }, place: Object.freeze({ room: 'x' }) };
  const copy = structuredClone(request);
  booksMethod().encode(Object.freeze(request));
  expect(request).toEqual(copy);
});

describe('a field that cannot be sent is named with its path', () => {
  test.each([
    ['there is no field "titel" in tests.library.Book: its fields are id, title, genre', { titel: 'x' }],
    ['place there is no field "rom" in shelf.Place: its fields are room, row', { place: { rom: 'x' } }],
    ['chapters[1].text must be a string but is 5', { chapters: [{}, { text: 5 }] }],
    ['pages["4"].next there is no field "nxt" in tests.library.Page', { pages: { 4: { next: { nxt: {} } } } }],
    ['pages[key "four"] must be a whole number', { pages: { four: {} } }],
    ['pages must be an object of int64 keys but is []', { pages: [] }],
    [
      'copiesByCity["Rome"] must be a whole number from -2147483648 to 2147483647 but is 1.5',
      { copiesByCity: { Rome: 1.5 } },
    ],
    ['title must be a string but is 5', { title: 5 }],
    ['hardCover must be true or false but is "yes"', { hardCover: 'yes' }],
    [
      'genre must be a value of the enum tests.library.Genre (UNKNOWN, FICTION, SCIENCE) but is "POETRY"',
      { genre: 'POETRY' },
    ],
    ['id must be a whole number from -9223372036854775808 to 9223372036854775807', { id: 1.5 }],
    ['beyond 2^53 as a bigint or a string) but is 9007199254740992', { id: 2 ** 53 }],
    ['but is "12x"', { id: '12x' }],
    ['isbn must be a whole number from 0 to 18446744073709551615', { isbn: -1 }],
    ['but is 18446744073709551616n', { isbn: 2n ** 64n }],
    ['price must be a number but is "cheap"', { price: 'cheap' }],
    ['cover must be a Buffer, a Uint8Array or base64 text but is 5', { cover: 5 }],
    ['cover must be a Buffer, a Uint8Array or base64 text but is [300]', { cover: [300] }],
    ['copiesByCity must be an object of string keys but is a Map', { copiesByCity: new Map([['Rome', 1]]) }],
    ['authors must be an array but is "A"', { authors: 'A' }],
    ['authors[0] must be a string but is undefined', { authors: [undefined] }],
    ['place must be an object with fields of shelf.Place but is "B3"', { place: 'B3' }],
    ['only one of hardCover, paper may be set: they are the oneof binding', { hardCover: true, paper: {} }],
    ['must be an object with fields of tests.library.Book but is []', []],
    ['must be an object with fields of tests.library.Book but is "x"', 'x'],
  ])('%s', (problem, book) => {
    const encode = () => booksMethod().encode(book);
    expect(encode).toThrow('the message for tests.library.Library.AddBooks cannot be sent: ');
    expect(encode).toThrow(problem);
    expect(encode).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });
});

test('64-bit integers arrive as numbers, strings or bigints, also in lists, maps and inner messages', () => {
  const bytes = asPeerSends({
    id: '-7',
    codes: ['1', '2'],
    isbn: '4503599627370497',
    printedAt: { seconds: '5' },
    pages: { '-9007199254740993': {} },
  });
  const pages = { '-9007199254740993': { text: '', next: null } };
  expect(read(bytes)).toMatchObject({
    id: -7,
    codes: [1, 2],
    isbn: 4503599627370497,
    printedAt: { seconds: 5 },
    pages,
  });
  expect(read(bytes, 'string')).toMatchObject({ id: '-7', codes: ['1', '2'], printedAt: { seconds: '5' }, pages });
  expect(read(bytes, 'bigint')).toMatchObject({ id: -7n, codes: [1n, 2n], printedAt: { seconds: 5n }, pages });
});

test('a 64-bit integer that no number can hold fails the call and names the field; as string or bigint it arrives', async () => {
  class AsString extends Reader {
    static override int64 = 'string' as const;
  }
  class AsBigint extends Reader {
    static override int64 = 'bigint' as const;
  }
  await using server = await LibraryServer.start();
  const { user, environment } = aReader(server);
  const error = await rejection(user.stub.getBook({ behaviour: 'huge id' }));
  expect(error).toMatchObject({ status: 'INTERNAL', isRecorded: true });
  expect(environment.recorder.only.error).toBe(
    'GrpcError INTERNAL: the answer cannot be read: the 64-bit field tests.library.Book.id holds a value beyond 2^53, ' +
      "which no number can hold exactly: set static int64 to 'bigint' or 'string'",
  );
  const request = { behaviour: 'huge id' };
  expect(await aReader(server, AsString).user.stub.getBook(request)).toMatchObject({ isbn: '18446744073709551615' });
  expect(await aReader(server, AsBigint).user.stub.getBook(request)).toMatchObject({ id: 9007199254740993n });
});

test('any 64-bit integer comes back as it was sent', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (id) => {
      expect(read(booksMethod().encode({ id }), 'bigint')).toMatchObject({ id });
      expect(read(booksMethod().encode({ id: id.toString() }), 'string')).toMatchObject({ id: id.toString() });
    }),
  );
  fc.assert(
    fc.property(fc.maxSafeInteger(), (id) => {
      expect(read(booksMethod().encode({ id }))).toMatchObject({ id });
    }),
  );
});

test('a page chain of any depth up to 50 comes back', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 50 }), (texts) => {
      const chain = texts.reduceRight<object | null>((next, text) => ({ text, next }), null);
      expect(read(booksMethod().encode({ chapters: chain === null ? [] : [chain] }))).toMatchObject({
        chapters: chain === null ? [] : [chain],
      });
    }),
  );
});

test('any bytes give a message or a failed call, never a hanging one', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        expect(read(Buffer.from(bytes))).toBeTypeOf('object');
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Error);
      }
    }),
  );
});
