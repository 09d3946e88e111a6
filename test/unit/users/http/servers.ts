/** Servers for tests of the HTTP client, on loopback and a free port. Dispose of them. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2SecureServer,
  type Http2Server,
} from 'node:http2';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Connections accepted so far. */
  readonly connections: number;
  /** Sockets that stand now. */
  readonly sockets: ReadonlySet<Socket>;
}

type AnyServer = Server | TcpServer | Http2Server | Http2SecureServer;

/** An HTTP server; `handler` may be async, and what it throws is answered with 500. */
export function httpServer(handler: Handler): Promise<TestServer> {
  return listen(createServer(guarded(handler)), 'http');
}

/** A server that answers on every address of the machine, loopback ones included. */
export function httpServerOnAllAddresses(): Promise<TestServer> {
  return listen(
    createServer((_, response) => response.end('ok')),
    'http',
    '0.0.0.0',
  );
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

export function httpsServer(options: ServerOptions, handler: Handler): Promise<TestServer> {
  return listen(createHttpsServer(options, guarded(handler)), 'https');
}

/** A server that speaks HTTP/2 over TLS, and HTTP/1.1 to those who cannot. */
export function http2Server(
  options: { readonly key: string; readonly cert: string },
  handler: RequestListener,
): Promise<TestServer> {
  const server = createSecureServer({ ...options, allowHTTP1: true });
  server.on('request', (request, response) => Reflect.apply(handler, undefined, [request, response]));
  return listen(server, 'https');
}

/** HTTP/2 without TLS. */
export function h2cServer(handler: RequestListener): Promise<TestServer> {
  const server = createHttp2Server();
  server.on('request', (request, response) => Reflect.apply(handler, undefined, [request, response]));
  return listen(server, 'http');
}

/** A server that does with its sockets what the test says. `url` is an http one. */
export function tcpServer(onSocket: (socket: Socket) => unknown): Promise<TestServer> {
  return listen(
    createTcpServer((socket) => {
      socket.on('error', () => {});
      // A socket that nobody reads would not notice its end.
      socket.resume();
      onSocket(socket);
    }),
    'http',
  );
}

/** A server that answers each request, seen by its empty line, with what `answer` gives. */
export function scriptedServer(
  answer: (request: string, socket: Socket, count: number) => string | Buffer | undefined,
): Promise<TestServer> {
  let count = 0;
  return tcpServer((socket) => {
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (!received.includes('\r\n\r\n')) return;
      const request = received;
      received = '';
      const reply = answer(request, socket, ++count);
      if (reply !== undefined) socket.write(reply);
    });
  });
}

/** A port on which nobody listens. */
export async function deadPort(): Promise<number> {
  await using server = await tcpServer(() => {});
  return server.port;
}

/** The whole body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function guarded(handler: Handler): RequestListener {
  return (request, response) => {
    Promise.resolve()
      .then(() => handler(request, response))
      .catch((thrown: unknown) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(String(thrown));
      });
  };
}

async function listen(server: AnyServer, scheme: 'http' | 'https', address = '127.0.0.1'): Promise<TestServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    port,
    sockets,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
