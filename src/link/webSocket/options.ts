/**
 * What the two ends of a WebSocket link are opened with. Types and defaults alone: importing this loads no package.
 */
import type { MasterEnd, WorkerEnd } from '../memory.js';
import type { WorkerHello } from '../messages.js';

export type { MasterEnd, WorkerEnd };

/** Texts in PEM format, as they stand in the files. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** Authority of the workers' certificates: a worker without one that it signed is refused. Default: none is asked for. */
  readonly ca?: string;
}

/** Texts in PEM format, as they stand in the files. */
export interface ClientTls {
  /** Default true; false: the connection is not encrypted, whatever else is given. */
  readonly isEnabled?: boolean;
  /** Authority of the master's certificate. Default: those that Node trusts. */
  readonly ca?: string;
  /** The worker's own certificate and its key, for a master that demands one. */
  readonly cert?: string;
  readonly key?: string;
}

/** Times and sizes of both ends. Other values are for tests and benchmarks. */
export interface LinkLimits {
  /** Milliseconds without anything from the other end after which the connection counts as dead. Worker 5,000, master 10,000. */
  readonly silenceMillis: number;
  /** Milliseconds from a connection's beginning to its end of the handshake. Default 10,000. */
  readonly handshakeMillis: number;
  /** Milliseconds for what was sent before `close`. Default 5,000. */
  readonly closeMillis: number;
  /** The longest pause between two attempts to connect. Default 2,000. */
  readonly maxPauseMillis: number;
  /** A frame of more bytes ends the link. Default 32 MiB. */
  readonly maxFrameBytes: number;
  /** Bytes that wait for the other end; with more the link is closed. Default: worker 128 MiB, master 32 MiB. */
  readonly maxKeptBytes: number;
  /** Bytes given to the socket and not yet written, from which on the rest waits. Default 1 MiB. */
  readonly maxBufferedBytes: number;
  /**
   * Connections of a server that have not shown the token yet; with more the oldest is closed. Default 1,000. Fewer where those with
   * the token leave less room of what the process may open.
   */
  readonly maxStrangers: number;
}

export interface LinkServerOptions {
  /** Address to listen on: a name, an IPv4 or IPv6 address, or `*` for all. Locust: `--master-bind-host`. */
  readonly host: string;
  /** 0: any free one, see `LinkServer.port`. Locust: `--master-bind-port`. */
  readonly port: number;
  /** What a worker has to know; at least one character. */
  readonly token: string;
  /** Version of the program: a worker of another one is warned of. */
  readonly version: string;
  readonly tls?: ServerTls;
  /** A worker joined. Messages of the link wait until it is listened to. What is thrown refuses the worker. */
  onWorker(hello: WorkerHello, link: MasterEnd): void;
  /** Bytes of the locustfile's package, for a worker that has none. Absent, or what it throws: such a worker is told why. */
  locustfile?(): Promise<Uint8Array>;
  readonly limits?: Partial<LinkLimits>;
}

export interface LinkServer {
  /** As it was given. */
  readonly host: string;
  readonly port: number;
  /** For example `ws://127.0.0.1:5557`; of a server on all addresses the one of this machine. */
  readonly url: string;
  /** Closes the links that are left, each with what was sent before, and stops listening. Twice is once. */
  close(): Promise<void>;
}

export interface MasterAddress {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  /** Absent: not encrypted. */
  readonly tls?: ClientTls;
}

export interface ConnectOptions extends MasterAddress {
  /** What this worker says of itself; asked again when it meets a master that does not know it. */
  hello(): WorkerHello;
  /** Seconds without a connection after which the link is closed. */
  readonly graceSeconds: number;
  /** Seconds for the first connection. Default 300: Locust tries 61 times for 5 s. */
  readonly connectSeconds?: number;
  /** Ends the attempts to connect for the first time; `connectToMaster` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Seconds since 1970 of this process's own clock, without the master's offset. For tests. */
  readonly now?: () => number;
  readonly limits?: Partial<LinkLimits>;
}

export interface FetchOptions extends MasterAddress {
  /** Seconds for the whole of it, while no master answers. Default 300. */
  readonly connectSeconds?: number;
  /** More bytes are refused. Default 256 MiB. */
  readonly maxBytes?: number;
  /** Milliseconds without a byte after which an attempt is given up. Default 30,000. The master has packed the file before. */
  readonly idleMillis?: number;
  readonly signal?: AbortSignal;
}
