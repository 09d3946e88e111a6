import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { generateProtoTypes, writeProtoTypes } from '../../../src/locustfile/index.js';
import { folder } from './folder.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const libraryProto = join(root, 'test/unit/users/grpc/protos/library.proto');

const good = {
  'every kind of call and field': `
    const book = await this.stub.getBook({ bookId: 5n, readerName: null }, { name: 'x', timeoutSeconds: 1 });
    const genre: Genre = book.genre;
    const id: number = book.id + book.codes.reduce((sum, code) => sum + code, 0);
    const copies: number | undefined = book.copiesByCity['Rome'];
    const page: string | undefined = book.pages['1']?.next?.text;
    if (book.binding === 'paper') console.log(book.paper?.weight, book.place?.room, book.printedAt?.seconds);
    await using response = await this.stub.getBook({}, { catchResponse: true });
    if (response.message?.title === '') response.failure('no title');
    const judged = await this.stub.getBook({}, { catchResponse: (answer) => answer.success() });
    const title: string | undefined = judged.message?.title;
    for await (const { title } of this.stub.listBooks({ count: 3 }, { maxMessages: 2, maxSeconds: 1 })) console.log(title);
    const received: number = (await this.stub.addBooks([{ title: 'a', genre: 'FICTION', paper: { weight: 1 } }])).received;
    const sink = this.stub.addBooks();
    await sink.write({ cover: Buffer.from('x'), chapters: [{ text: 'a', next: { text: 'b' } }] });
    const { bytes }: { bytes: number } = await sink.finish();
    const chat = this.stub.chat();
    await chat.write({ text: 'a' });
    chat.end();
    for await (const note of chat) console.log(note.text, note.number);
    const sent: BookInit = book;
    return [genre, id, copies, page, title, received, bytes, sent];`,
  'a 64-bit integer as bigint': `const id: bigint = (await this.stub.getBook({})).id; return id`,
  'a 64-bit integer as string': `const codes: readonly string[] = (await this.stub.getBook({})).codes; return codes`,
};
const bad: readonly (readonly [what: string, task: string, message: RegExp])[] = [
  ['a wrong field', `await this.stub.getBook({ bookID: 5 })`, /'bookID' does not exist/],
  ['a wrong field of an inner message', `await this.stub.addBooks([{ place: { rom: '' } }])`, /'rom' does not exist/],
  ['a field of another kind', `await this.stub.getBook({ behaviour: 5 })`, /not assignable to type 'string/],
  ['a wrong value of an enum', `await this.stub.addBooks([{ genre: 'POETRY' }])`, /"?'?POETRY/],
  ['an unknown method', `await this.stub.getBooks({})`, /Property 'getBooks' does not exist/],
  ['a wrong option', `await this.stub.getBook({}, { timeout: 5 })`, /'timeout' does not exist/],
  ['an unknown field of the answer', `return (await this.stub.getBook({})).titel`, /Property 'titel' does not exist/],
  [
    'a 64-bit integer taken for a text',
    `const id: string = (await this.stub.getBook({})).id; return id`,
    /'number' is not assignable/,
  ],
  ['one message for a stream', `await this.stub.addBooks({ title: 'a' })`, /No overload matches|not assignable/],
  [
    'a limit of messages for a unary call',
    `await this.stub.getBook({}, { maxMessages: 1 })`,
    /'maxMessages' does not exist/,
  ],
];

let errors: string;

/** All of them in one run of the compiler: it takes seconds. */
beforeAll(() => {
  const files: Record<string, string> = { 'package.json': '{ "type": "module" }', 'tsconfig.json': tsconfig };
  for (const int64 of ['number', 'bigint', 'string'] as const) {
    files[`${int64}/library.d.proto.ts`] = generateProtoTypes(libraryProto, { int64 });
  }
  files['number/good.ts'] = locustfileWith(good['every kind of call and field']);
  files['bigint/good.ts'] = locustfileWith(good['a 64-bit integer as bigint']);
  files['string/good.ts'] = locustfileWith(good['a 64-bit integer as string']);
  for (const [index, [, task]] of bad.entries()) files[`number/bad${index}.ts`] = locustfileWith(task);
  errors = compile(folder(files));
});

function locustfileWith(task: string): string {
  return `
    import { GrpcUser, type GrpcError } from 'tsload';
    import { Library } from './library.proto';
    import type { Book, BookInit, Genre } from './library.proto';
    export type Used = [GrpcError, Book, BookInit, Genre];
    export class Reader extends GrpcUser<typeof Library> {
      static override service = Library;
      async read() { ${task} }
    }`;
}

const tsconfig = JSON.stringify({
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2023', 'esnext.disposable', 'esnext.decorators'],
    types: ['node'],
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    allowArbitraryExtensions: true,
    skipLibCheck: true,
    paths: { tsload: [join(root, 'src/index.ts')] },
  },
  include: ['*/*.ts'],
});

/** The compiler's errors. */
function compile(directory: string): string {
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  try {
    execFileSync(process.execPath, [tsc, '-p', directory], { encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (thrown) {
    return String(Reflect.get(Object(thrown), 'stdout'));
  }
}

/** The errors of one file: its own lines, and those that continue them. */
function errorsIn(file: string): string {
  return errors
    .split(/\n(?=\S)/)
    .filter((error) => error.includes(file))
    .join('\n');
}

describe('a locustfile with types', () => {
  test.each(['number', 'bigint', 'string'])('compiles as it should, with 64-bit integers as %s', (int64) => {
    expect(errorsIn(`${int64}/good.ts`)).toBe('');
  });

  test.each(bad.map(([what, , message], index) => [what, index, message] as const))(
    '%s is a compile error',
    (_, index, message) => {
      expect(errorsIn(`number/bad${index}.ts`)).toMatch(message);
    },
  );
});

test('the types of the example service are those that the .proto makes', () => {
  const file = join(root, 'proto/item.proto');
  expect(readFileSync(join(root, 'proto/item.d.proto.ts'), 'utf8')).toBe(generateProtoTypes(file));
});

test('comments of the .proto become comments of the types', () => {
  const types = generateProtoTypes(libraryProto);
  expect(types).toContain('/** One book by its id. */\n  readonly getBook: GrpcMethod');
  expect(types).toContain('/** What the server is to do instead of answering. */\n  readonly behaviour: string;');
});

test('types are written beside the file, and a file without services is refused', () => {
  const directory = folder({
    'a.proto': 'syntax = "proto3"; service S { rpc Do (M) returns (M); } message M {}',
    'b.proto': 'syntax = "proto3"; message M {}',
  });
  const path = join(directory, 'a.d.proto.ts');
  expect(writeProtoTypes([join(directory, 'a.proto')])).toEqual([path]);
  expect(readFileSync(path, 'utf8')).toContain("readonly do: GrpcMethod<'unary', MInit, M>");
  expect(() => writeProtoTypes([join(directory, 'b.proto')])).toThrow(/b\.proto declares no service/);
  expect(() => writeProtoTypes([join(directory, 'c.proto')])).toThrow(/c\.proto cannot be read: does not exist/);
});

test('proto2: required fields must be sent, and are there when they arrive', () => {
  const directory = folder({
    'a.proto':
      'syntax = "proto2"; service S { rpc Do (M) returns (M); } message M { required string a = 1; optional int32 b = 2 [default = 7]; }',
  });
  const types = generateProtoTypes(join(directory, 'a.proto'));
  expect(types).toContain('readonly a: string;\n  readonly b: number;');
  expect(types).toContain('readonly a: string;\n  readonly b?: number | null | undefined;');
});
