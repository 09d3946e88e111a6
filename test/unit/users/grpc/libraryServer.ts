/**
 * A real gRPC server for the tests, made with grpc-js and proto-loader, so that nothing of it is what it tests. Requests say
 * in `behaviour` what it is to do.
 */
import type { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

export const libraryProto = fileURLToPath(new URL('protos/library.proto', import.meta.url));

type Message = Record<string, unknown>;
type Unary = grpc.ServerUnaryCall<Message, Message>;
type Reader = grpc.ServerReadableStream<Message, Message>;
type Writer = grpc.ServerWritableStream<Message, Message>;
type Duplex = grpc.ServerDuplexStream<Message, Message>;
type Answer = grpc.sendUnaryData<Message>;

export class LibraryServer {
  readonly #server: grpc.Server;
  /** Metadata of every call, in order. */
  readonly metadata: grpc.Metadata[] = [];
  readonly requests: Message[] = [];
  /** Connections that were ever accepted. */
  connections = 0;
  /** Of these, those that are open. */
  openConnections = 0;
  /** Calls that the client cancelled. */
  cancelled = 0;
  /** Calls that have begun. */
  calls = 0;
  port = 0;
  /** Streams of messages that clients ended. */
  halfClosed = 0;

  /** Client streams that ended either way: Node's HTTP/2 ends a stream before it resets it, so a server may see both. */
  get ended(): number {
    return Math.max(this.halfClosed, this.cancelled);
  }

  private constructor(options: grpc.ServerOptions) {
    this.#server = new grpc.Server({ 'grpc.max_receive_message_length': -1, ...options });
    const definition = loadSync(libraryProto, {
      includeDirs: [fileURLToPath(new URL('protos', import.meta.url))],
      longs: String,
      defaults: true,
    });
    const { 'tests.library.Library': library, 'tests.library.Doors': doors } = definition;
    this.#server.addService(serviceIn(library), {
      getBook: (call: Unary, answer: Answer) => this.#getBook(call, answer),
      listBooks: (call: Writer) => this.#listBooks(call),
      addBooks: (call: Reader, answer: Answer) => this.#addBooks(call, answer),
      chat: (call: Duplex) => this.#chat(call),
    });
    this.#server.addService(serviceIn(doors), {
      open: (_: Unary, answer: Answer) => answer(null, { received: 1 }),
    });
  }

  static async start(
    options: {
      readonly credentials?: grpc.ServerCredentials;
      readonly port?: number;
      readonly server?: grpc.ServerOptions;
      readonly also?: (server: grpc.Server) => void;
    } = {},
  ): Promise<LibraryServer> {
    const server = new LibraryServer(options.server ?? {});
    options.also?.(server.#server);
    const credentials = options.credentials ?? grpc.ServerCredentials.createInsecure();
    server.port = await new Promise<number>((resolve, reject) => {
      server.#server.bindAsync(`127.0.0.1:${options.port ?? 0}`, credentials, (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    server.#countConnections();
    return server;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** As a server that goes away politely: GOAWAY, and running calls finish. */
  shutDown(): Promise<void> {
    return new Promise((resolve) => this.#server.tryShutdown(() => resolve()));
  }

  /** As a server that is killed. */
  kill(): void {
    this.#server.forceShutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
  }

  /** grpc-js tells of no connection; its HTTP/2 servers do. */
  #countConnections(): void {
    const http2Servers: unknown = Reflect.get(this.#server, 'http2Servers');
    if (!(http2Servers instanceof Map)) throw new Error('grpc-js keeps its HTTP/2 servers elsewhere now');
    for (const http2Server of http2Servers.keys()) {
      http2Server.on('session', (session: EventEmitter) => {
        this.connections++;
        this.openConnections++;
        session.once('close', () => this.openConnections--);
      });
    }
  }

  #note(call: { readonly metadata: grpc.Metadata; on(event: 'cancelled', listener: () => void): unknown }): void {
    this.calls++;
    this.metadata.push(call.metadata);
    call.on('cancelled', () => this.cancelled++);
  }

  #getBook(call: Unary, answer: Answer): void {
    this.#note(call);
    this.requests.push(call.request);
    const { bookId, behaviour } = call.request;
    const metadata = new grpc.Metadata();
    metadata.set('shelf-token', 'hidden');
    metadata.set('reason', 'asked for');
    if (behaviour === 'never') return;
    if (behaviour === 'not found') answer({ code: grpc.status.NOT_FOUND, details: 'no such book', metadata });
    else answer(null, bookFor(String(behaviour), bookId));
  }

  #listBooks(call: Writer): void {
    this.#note(call);
    const { count, pauseMs, behaviour } = call.request;
    let sent = 0;
    let timer: NodeJS.Timeout | undefined;
    const next = () => {
      if (call.cancelled) return;
      if (sent === Number(count)) {
        if (behaviour === 'fail')
          call.emit('error', { code: grpc.status.FAILED_PRECONDITION, details: 'out of books' });
        else if (behaviour !== 'stay') call.end();
        return;
      }
      call.write({ id: ++sent, title: `book ${sent}` });
      timer = setTimeout(next, Number(pauseMs));
    };
    call.on('cancelled', () => clearTimeout(timer));
    next();
  }

  #addBooks(call: Reader, answer: Answer): void {
    this.#note(call);
    let received = 0;
    call.on('data', (book: Message) => {
      received++;
      this.requests.push(book);
      if (book['title'] === 'bad') answer({ code: grpc.status.INVALID_ARGUMENT, details: 'a bad book' });
    });
    call.on('end', () => {
      this.halfClosed++;
      answer(null, { received });
    });
    call.on('error', () => {});
  }

  #chat(call: Duplex): void {
    this.#note(call);
    call.on('data', (note: Message) => {
      this.requests.push(note);
      call.write({ text: `re: ${String(note['text'])}`, number: note['number'] });
    });
    call.on('end', () => {
      this.halfClosed++;
      call.end();
    });
    call.on('error', () => {});
  }
}

function bookFor(behaviour: string, id: unknown): Message {
  switch (behaviour) {
    case 'big':
      return { id, cover: Buffer.alloc(10 * 1024 * 1024, 7) };
    case 'full':
      return fullBook;
    case 'huge id':
      return { id: '9007199254740993', isbn: '18446744073709551615', codes: ['1', '9007199254740993'] };
    default:
      return { id, title: `book ${String(id)}` };
  }
}

export const fullBook = {
  id: '7',
  title: 'Flatland',
  genre: 'FICTION',
  authors: ['A Square'],
  copiesByCity: { London: 2 },
  pages: { '-1': { text: 'first' }, '4': { text: 'second', next: { text: 'third' } } },
  place: { room: 'B', row: 3 },
  paper: { weight: 0.5 },
  printedAt: { seconds: '-2700000000', nanos: 5 },
  cover: Buffer.from('png'),
  price: 1.25,
  chapters: [{ text: 'a' }],
  codes: ['12'],
  isbn: '9780486272634',
};

function serviceIn(definition: unknown): grpc.ServiceDefinition {
  if (!isService(definition)) throw new Error('the service is not in library.proto');
  return definition;
}

function isService(definition: unknown): definition is grpc.ServiceDefinition {
  return typeof definition === 'object' && definition !== null && !('format' in definition);
}
