/**
 * The master's side: one HTTP server whose only doors are the link and the locustfile, both behind the token.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import { bracketed } from '../../address.js';
import { LocustfileError } from '../../errors.js';
import { describeThrown, getLogger } from '../../log.js';
import { openFileCount, openFileLimit, roomForConnections } from '../../openFiles.js';
import { Carrier } from './carrier.js';
import { Complaints } from './complaints.js';
import {
  linkPath,
  locustfilePath,
  oneLine,
  packageType,
  protocolVersion,
  subprotocol,
  versionHeader,
} from './frames.js';
import { Greeting } from './greeting.js';
import { masterLimits, tickMillis } from './limits.js';
import { listen } from './listen.js';
import type { LinkLimits, LinkServer, LinkServerOptions } from './options.js';
import { type ClientFault, ofNoRequest, type Refusal, shownAddress } from './refusals.js';
import { Sessions } from './sessions.js';
import { Strangers } from './strangers.js';
import { checkToken, isSameSecret, shownToken } from './token.js';

const log = getLogger('tsload.link');
/** Milliseconds without progress after which a download is given up. */
const idleDownloadMillis = 30_000;
/** With a limit of more open files than this it does not matter how many are other things than connections. */
const ampleFiles = 16_384;

export async function openServer(options: LinkServerOptions): Promise<LinkServer> {
  checkToken(options.token);
  const limits = { ...masterLimits, ...options.limits };
  return new WebSocketLinkServer(options, limits, await listen(options, limits));
}

class WebSocketLinkServer implements LinkServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly #complaints = new Complaints(log);
  readonly #sessions: Sessions;
  readonly #strangers: Strangers;
  readonly #sockets = new Set<Socket>();
  /** Those that have shown the token. */
  readonly #trusted = new Set<Socket>();
  readonly #webSockets: WebSocketServer;
  readonly #fileLimit = openFileLimit();
  #room = roomForConnections(this.#fileLimit);
  readonly #watch: NodeJS.Timeout;
  #closed: Promise<void> | undefined;

  constructor(
    private readonly options: LinkServerOptions,
    private readonly limits: LinkLimits,
    private readonly server: Server,
  ) {
    this.host = options.host;
    this.port = portOf(server);
    const reachable = ['*', '0.0.0.0', '::'].includes(options.host) ? '127.0.0.1' : options.host;
    this.url = `ws${options.tls === undefined ? '' : 's'}://${bracketed(reachable)}:${this.port}`;
    this.#sessions = new Sessions(options, limits, this.#complaints);
    this.#strangers = new Strangers((address, reason) =>
      this.#complaints.once(
        `${address} ${reason.replace(/\d+/g, '')}`,
        `closed a connection from ${address}: ${reason}`,
      ),
    );
    this.#webSockets = new WebSocketServer({
      noServer: true,
      maxPayload: limits.maxFrameBytes,
      perMessageDeflate: false,
      clientTracking: false,
      autoPong: false,
      handleProtocols: () => subprotocol,
    });
    this.#measureRoom();
    this.#hear();
    this.#watch = setInterval(() => this.#look(), tickMillis(limits));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.#strangers.closeAll();
    this.#sessions.close();
    const limit = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, this.limits.closeMillis);
    await closed;
    clearTimeout(limit);
    clearInterval(this.#watch);
  }

  #look(): void {
    this.#sessions.look();
    this.#strangers.expire(this.limits.handshakeMillis);
    this.#measureRoom();
    this.#strangers.limit(this.#maxStrangers);
  }

  #measureRoom(): void {
    const files = this.#fileLimit > ampleFiles ? undefined : openFileCount();
    if (files === undefined) return;
    this.#room = roomForConnections(this.#fileLimit, Math.max(0, files - this.#sockets.size));
  }

  get #maxStrangers(): number {
    return Math.max(0, Math.min(this.limits.maxStrangers, this.#room - this.#trusted.size));
  }

  #hear(): void {
    this.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      this.#strangers.add(socket, this.#maxStrangers);
    });
    this.server.on('request', (request, response) => this.#request(request, response));
    this.server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#webSockets.on('wsClientError', (error, socket, request) => this.#noWebSocket(error, socket, request));
    this.server.on('clientError', (error, socket) => this.#noRequest(error, socket));
    this.server.on('error', (error) => log.error(`the server for workers failed: ${error.message}`));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const refusal =
      this.#refusalOf(request, linkPath) ?? this.#versionRefusal(request.headers['sec-websocket-protocol'] ?? '');
    if (refusal !== undefined) {
      this.#complain(request, refusal);
      socket.end(responseText(refusal), () => socket.destroy());
      return;
    }
    this.#trust(request.socket);
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const address = addressOf(request);
      this.#sessions.greet(new Greeting(new Carrier(webSocket), address, this.#sessions, this.limits.closeMillis));
    });
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const said = request.headers[versionHeader];
    const refusal =
      this.#refusalOf(request, locustfilePath) ?? (typeof said === 'string' ? this.#versionRefusal(said) : undefined);
    if (refusal !== undefined) {
      this.#complain(request, refusal);
      answer(response, refusal);
      return;
    }
    this.#trust(request.socket);
    request.socket.setTimeout(idleDownloadMillis, () => request.socket.destroy());
    this.#giveLocustfile(response).catch((thrown: unknown) => {
      if (thrown instanceof LocustfileError) {
        const reason = { status: 409, sentence: thrown.message }; // asking again would not help
        this.#complain(request, reason);
        answer(response, reason);
        return;
      }
      log.error(`the locustfile could not be given to ${addressOf(request)}: ${describeThrown(thrown)}`);
      answer(response, { status: 500, sentence: 'the master could not pack its locustfile: its log says why' });
    });
  }

  #trust(socket: Socket): void {
    this.#strangers.forget(socket);
    this.#trusted.add(socket);
    socket.once('close', () => this.#trusted.delete(socket));
  }

  async #giveLocustfile(response: ServerResponse): Promise<void> {
    const bytes = await this.options.locustfile?.();
    if (bytes === undefined) {
      answer(response, {
        status: 404,
        sentence: 'this master has no locustfile to give: start the worker with its own',
      });
      return;
    }
    response.writeHead(200, {
      'content-type': packageType,
      'content-length': bytes.length,
      connection: 'close',
    });
    response.end(bytes);
  }

  /** Why a request gets nothing; certificate and token are looked at before anything else is said. */
  #refusalOf(request: IncomingMessage, path: string): Refusal | undefined {
    const fault = this.options.tls?.ca === undefined ? undefined : certificateFault(request.socket);
    if (fault !== undefined) return { status: 403, sentence: fault };
    const shown = shownToken(request.headers.authorization);
    if (shown === undefined) return { status: 401, sentence: 'it shows no token' };
    if (!isSameSecret(shown, this.options.token)) return { status: 401, sentence: 'its token is wrong' };
    if (request.method === 'GET' && request.url === path) return undefined;
    return { status: 404, sentence: `there is no ${request.method} ${oneLine(request.url ?? '').slice(0, 100)} here` };
  }

  #versionRefusal(said: string): Refusal | undefined {
    const offered = said.split(',').map((name) => name.trim());
    if (offered.includes(subprotocol)) return undefined;
    const theirs = offered
      .map((name) => /^tsload\.(\d{1,9})$/.exec(name)?.[1])
      .filter((version) => version !== undefined);
    const peer = theirs.length === 0 ? 'no version' : `version ${theirs.join(' and ')}`;
    const own = `${protocolVersion} (tsload ${this.options.version})`;
    return {
      status: 426,
      sentence: `it speaks ${peer} of the link and this master ${own}: install the same tsload on both`,
    };
  }

  #complain(request: IncomingMessage, { status, sentence }: Refusal): void {
    this.#refuse(addressOf(request), status === 404 ? '404' : sentence, sentence);
  }

  /** It has the token, and its WebSocket is none. */
  #noWebSocket(error: Error, socket: Duplex, request: IncomingMessage): void {
    const refusal = { status: 400, sentence: `this opens no WebSocket: ${oneLine(error.message)}` };
    this.#complain(request, refusal);
    socket.end(responseText(refusal), () => socket.destroy());
  }

  #noRequest(error: ClientFault, socket: Duplex): void {
    const address = socket instanceof Socket ? shownAddress(socket) : 'an unknown address';
    const sentence = ofNoRequest(error);
    if (sentence !== undefined) this.#refuse(address, sentence, sentence);
    if (!socket.writable) socket.destroy();
    else socket.end(responseText({ status: 400, sentence: 'this is no valid HTTP' }), () => socket.destroy());
  }

  /** `about`: what is said once of an address. */
  #refuse(address: string, about: string, sentence: string): void {
    this.#complaints.once(`${address} ${about}`, `refused a connection from ${address}: ${sentence}`);
  }
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** What is wrong with the certificate of whoever is at the other end; undefined: nothing. */
function certificateFault(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket)) return 'it is not encrypted';
  // first, as a session of TLS 1.3 that is taken up again counts as authorized, even if there was no certificate in it
  const hasNone = Object.keys(socket.getPeerCertificate()).length === 0;
  if (hasNone) return 'it shows no certificate, and this master wants one';
  if (socket.authorized) return undefined;
  return `its certificate is none that this master takes (${String(socket.authorizationError)})`;
}

function addressOf(request: IncomingMessage): string {
  return shownAddress(request.socket);
}

function answer(response: ServerResponse, { status, sentence }: Refusal): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(sentence);
}

function responseText({ status, sentence }: Refusal): string {
  const head = [
    `HTTP/1.1 ${status} ${status === 401 ? 'Unauthorized' : 'Refused'}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(sentence)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${sentence}`;
}
