/** One connection to one origin: an undici Client, which opens a new socket when the old one has ended. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { buildConnector, Client, Dispatcher } from 'undici';
import { nowMicros } from '../../clock.js';
import type { ConnectionSettings } from './connectionOptions.js';
import { openSocket } from './connector.js';
import { Deadline, deadlinesOf } from './deadlines.js';
import { RequestError } from './transportError.js';
import { undiciClient } from './undici.js';

/** A request on its way: what undici is to be given, and the connection that carries it once there is one. */
export interface Attempt {
  readonly options: Dispatcher.DispatchOptions;
  readonly handler: Dispatcher.DispatchHandler;
  connection: Connection | undefined;
  /** Where it waits for a connection, while it does. */
  queue: AttemptQueue | undefined;
  /** It will not be carried at all. */
  refuse(error: Error): void;
}

export interface AttemptQueue {
  /** The attempt is no longer wanted. */
  withdraw(attempt: Attempt): void;
}

/** What a connection tells its pool. */
export interface ConnectionOwner {
  readonly settings: ConnectionSettings;
  readonly origin: string;
  hasRoom(connection: Connection): void;
  speaksHttp1(connection: Connection): void;
  discard(connection: Connection): void;
}

/** undici's own timeouts are exact to a second only; the calls' deadlines take their place. */
const KEEP_ALIVE_MARGIN_MS = 500;
/** No server closes a connection for being idle before it was idle for this long. */
const STALE_IDLE_MICROS = 100_000;
/** How long after a request the end of a stale connection may still arrive, besides the way there and back. */
const STALE_MARGIN_MICROS = 200_000;

export class Connection {
  /** Attempts under way. */
  running = 0;
  /** The server chose HTTP/2: several attempts at a time, and each can be ended without the connection. */
  isHttp2 = false;
  isDiscarded = false;
  readonly #owner: ConnectionOwner;
  readonly #client: Client;
  /** Answers that have begun on the present socket. */
  #served = 0;
  #idleSince = 0;
  #connectMicros = 0;
  #isConnected = false;
  #connecting: Socket | undefined = undefined;

  constructor(owner: ConnectionOwner) {
    this.#owner = owner;
    const { settings } = owner;
    const ClientClass = undiciClient();
    this.#client = new ClientClass(owner.origin, {
      connect: (options, callback) => this.#connect(options, callback),
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: settings.keepAliveTimeoutMs,
      keepAliveMaxTimeout: settings.keepAliveTimeoutMs,
      keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN_MS,
      pipelining: settings.http2 ? settings.connections : 1,
      allowH2: settings.http2,
    });
  }

  /** A socket stands. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Hot. */
  run(attempt: Attempt): void {
    this.running++;
    attempt.connection = this;
    this.#client.dispatch(attempt.options, attempt.handler);
  }

  /** Hot: an answer has begun. */
  served(): void {
    this.#served++;
  }

  /** Hot: an attempt is over, whichever way. */
  release(nowMicros: number): void {
    this.running--;
    this.#idleSince = nowMicros;
    this.#owner.hasRoom(this);
  }

  /**
   * Whether an attempt that ended without a byte of an answer met a connection that the server was closing: it had served
   * before and been idle since, and its end came no later than a closed socket refuses a request. A server that breaks under
   * the request itself is slower, or was busy with this connection just before.
   */
  wasStale(sentMicros: number): boolean {
    const wasIdle = this.#served > 0 && sentMicros - this.#idleSince >= STALE_IDLE_MICROS;
    return wasIdle && nowMicros() - sentMicros <= 2 * this.#connectMicros + STALE_MARGIN_MICROS;
  }

  /** An attempt on it was given up: the connection is of no more use, and its pool forgets it. */
  discard(): void {
    this.#owner.discard(this);
  }

  /** For its pool: ends the socket, also one that is still being opened, and whatever is under way. */
  destroy(): void {
    this.isDiscarded = true;
    this.#connecting?.destroy();
    this.#client.destroy(new Error('the connection was closed'), () => {});
  }

  #connect(options: buildConnector.Options, callback: buildConnector.Callback): void {
    const start = nowMicros();
    const { settings } = this.#owner;
    const socket = openSocket(options, settings);
    const limit = new ConnectDeadline(socket, this.#owner.origin);
    this.#connecting = socket;
    this.#isConnected = false;
    if (settings.connectionTimeoutMs > 0) deadlinesOf(settings.connectionTimeoutMs).add(limit, start);
    let isOver = false;
    socket.once(options.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      isOver = true;
      limit.clear();
      this.#opened(socket, nowMicros() - start);
      callback(null, socket);
    });
    socket.on('error', (error) => {
      limit.clear();
      if (isOver) return;
      isOver = true;
      this.#connecting = undefined;
      callback(error, null);
    });
    socket.once('close', () => limit.clear());
  }

  #opened(socket: Socket, micros: number): void {
    this.#connecting = undefined;
    this.#isConnected = true;
    this.#served = 0;
    this.#connectMicros = micros;
    if (!this.#owner.settings.http2) return;
    this.isHttp2 = !(socket instanceof TLSSocket) || socket.alpnProtocol === 'h2';
    if (this.isHttp2) return;
    this.#client.pipelining = 1;
    this.#owner.speaksHttp1(this);
  }
}

class ConnectDeadline extends Deadline {
  constructor(
    private readonly socket: Socket,
    private readonly origin: string,
  ) {
    super();
  }

  expire(): void {
    this.socket.destroy(
      new RequestError('ConnectTimeoutError', `${this.origin} did not accept the connection in time`),
    );
  }
}
