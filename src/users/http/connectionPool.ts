/**
 * Connections, kept alive and used again: a user's own, or shared by many. One list for each origin; a connection that was
 * used last is used first, so that no more stand than are needed.
 */
import { getLogger } from '../../log.js';
import { type Attempt, type AttemptQueue, Connection, type ConnectionOwner } from './connection.js';
import {
  type ConnectionOptions,
  type ConnectionSettings,
  type ProxyOptions,
  readConnectionOptions,
} from './connectionOptions.js';
import { secureContextOf } from './connector.js';
import { ProxyTransport } from './proxyTransport.js';
import { RequestError } from './transportError.js';

/** Beyond, origins without a request under way are forgotten: a user that follows links meets no end of them. */
const MAX_ORIGINS = 100;

const log = getLogger('tsload.http');

/**
 * A pool of connections. Set one as `static pool` of a user class, and all users of the class share it; without one each
 * user has its own. Cookies are never shared. Locust: `pool_manager`, `client_pool`.
 */
export class ConnectionPool {
  readonly settings: ConnectionSettings;
  #origins: Map<string, OriginPool> | undefined = undefined;
  #proxy: ProxyTransport | undefined = undefined;
  // Nearly every test has one origin: found without a look into the map.
  #lastOrigin = '';
  #last: OriginPool | undefined = undefined;

  /** Opens nothing. Throws BAD_OPTION for a value that cannot be used. */
  constructor(options: ConnectionOptions = {}) {
    this.settings = readConnectionOptions(options);
    if (options.tls !== undefined) secureContextOf(options.tls);
  }

  /** Hot. For clients of tsload. */
  send(attempt: Attempt, origin: string): void {
    if (this.settings.proxy !== undefined) this.#proxied(this.settings.proxy).send(attempt);
    else this.#of(origin).send(attempt);
  }

  /** Connections that are open or being opened, over all origins. Those of a proxy are not counted. */
  get connectionCount(): number {
    let count = 0;
    for (const pool of this.#origins?.values() ?? []) count += pool.connectionCount;
    return count;
  }

  /** Closes all connections, those under way included. The pool can be used again: it opens new ones. */
  close(): void {
    for (const pool of this.#origins?.values() ?? []) pool.close();
    this.#proxy?.close();
    this.#origins = undefined;
    this.#last = undefined;
    this.#lastOrigin = '';
    this.#proxy = undefined;
  }

  #of(origin: string): OriginPool {
    if (this.#last !== undefined && this.#lastOrigin === origin) return this.#last;
    this.#origins ??= new Map();
    if (this.#origins.size >= MAX_ORIGINS && !this.#origins.has(origin)) this.#dropIdleOrigins();
    const pool = this.#origins.get(origin) ?? new OriginPool(origin, this.settings);
    this.#origins.set(origin, pool);
    this.#lastOrigin = origin;
    this.#last = pool;
    return pool;
  }

  #dropIdleOrigins(): void {
    for (const [origin, pool] of this.#origins ?? []) {
      if (!pool.isIdle) continue;
      pool.close();
      this.#origins?.delete(origin);
    }
  }

  #proxied(proxy: ProxyOptions): ProxyTransport {
    this.#proxy ??= new ProxyTransport(proxy, this.settings);
    return this.#proxy;
  }
}

/** Connections to one origin. Attempts beyond their number wait; each belongs to a call that somebody awaits. */
class OriginPool implements ConnectionOwner, AttemptQueue {
  readonly #withRoom: Connection[] = [];
  readonly #all = new Set<Connection>();
  #waiting: Set<Attempt> | undefined = undefined;
  #limit: number;
  #capacity: number;

  constructor(
    readonly origin: string,
    readonly settings: ConnectionSettings,
  ) {
    this.#limit = settings.http2 ? 1 : settings.connections;
    this.#capacity = settings.http2 ? settings.connections : 1;
  }

  get connectionCount(): number {
    return this.#all.size;
  }

  /** Nothing is under way. */
  get isIdle(): boolean {
    for (const connection of this.#all) if (connection.running > 0) return false;
    return true;
  }

  /** Hot. */
  send(attempt: Attempt): void {
    const last = this.#withRoom.length - 1;
    if (last >= 0) this.#run(this.#withRoom[last]!, attempt);
    else if (this.#all.size < this.#limit) this.#run(this.#open(), attempt);
    else {
      this.#waiting ??= new Set();
      this.#waiting.add(attempt);
      attempt.queue = this;
    }
  }

  withdraw(attempt: Attempt): void {
    attempt.queue = undefined;
    this.#waiting?.delete(attempt);
  }

  /** Hot: an attempt on this connection is over. */
  hasRoom(connection: Connection): void {
    if (connection.isDiscarded || connection.running >= this.#capacity) return;
    if (connection.running === this.#capacity - 1) this.#withRoom.push(connection);
    this.#sendNextWaiting();
  }

  /** The server does not speak HTTP/2: one request at a time, and more connections instead. */
  speaksHttp1(connection: Connection): void {
    warnOnce(this.origin);
    this.#capacity = 1;
    this.#limit = this.settings.connections;
    if (connection.running > 0) this.#dropFromRoom(connection);
  }

  discard(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    this.#dropFromRoom(connection);
    connection.destroy();
    this.#sendNextWaiting();
  }

  close(): void {
    const connections = [...this.#all];
    const waiting = [...(this.#waiting ?? [])];
    this.#all.clear();
    this.#withRoom.length = 0;
    this.#waiting = undefined;
    for (const attempt of waiting) attempt.refuse(new RequestError('ConnectionClosedError', 'the pool was closed'));
    for (const connection of connections) connection.destroy();
  }

  #sendNextWaiting(): void {
    if (this.#waiting === undefined) return;
    for (const attempt of this.#waiting) {
      this.withdraw(attempt);
      this.send(attempt);
      return;
    }
  }

  #dropFromRoom(connection: Connection): void {
    const place = this.#withRoom.indexOf(connection);
    if (place >= 0) this.#withRoom.splice(place, 1);
  }

  #open(): Connection {
    const connection = new Connection(this);
    this.#all.add(connection);
    this.#withRoom.push(connection);
    return connection;
  }

  #run(connection: Connection, attempt: Attempt): void {
    // Before it runs: an attempt may end within `run`, and then the connection has room again.
    if (connection.running + 1 >= this.#capacity) this.#withRoom.pop();
    connection.run(attempt);
  }
}

const warnedOrigins = new Set<string>();

/** Once for a process: thousands of users find the same. */
function warnOnce(origin: string): void {
  if (warnedOrigins.has(origin) || warnedOrigins.size > 1000) return;
  warnedOrigins.add(origin);
  log.warning(`${origin} does not speak HTTP/2, so it is sent HTTP/1.1`);
}
