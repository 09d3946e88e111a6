/**
 * What the two ends of Locust's protocol are made from. Types and defaults only: who reads these loads neither ZeroMQ nor
 * msgpack.
 */
import type { MasterEnd } from '../memory.js';
import type { WorkerHello } from '../messages.js';
import type { AdmissionLimits } from './admission.js';

/** The version of Locust whose protocol this is, and the one that CI runs against. */
export const locustVersion = '2.47.0';

/** Bytes of one message; a peer that sends more is disconnected. A report of 10,000 names has some five million. */
export const maxMessageBytes = 32 * 1024 * 1024;

/** One file of the answer to a Locust worker that was started with `-f -`. */
export interface LocustfileText {
  /** Without a folder: the worker writes it into one of its own. */
  readonly filename: string;
  readonly contents: string;
}

export interface LocustServerOptions {
  /** Address to listen on; `*`: all of this machine. Default `127.0.0.1`: the protocol has no authentication. */
  readonly host?: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Names of all user classes of the run: each spawn names them all. */
  userClasses(): readonly string[];
  /** A worker has registered. The first message of the master is its welcome. */
  onWorker(hello: WorkerHello, link: MasterEnd): void;
  /** For workers that ask for a locustfile; what it throws is sent to them as the reason why there is none. Absent: there is none. */
  locustfiles?(): Promise<readonly LocustfileText[]>;
  /** Names of custom options that are not sent to workers. */
  readonly secretOptions?: readonly string[];
  /** Version of Locust that workers are compared with. Default `locustVersion`. */
  readonly version?: string;
  /** Bytes of one message. Default 32 MiB. */
  readonly maxMessageBytes?: number;
  /** How many workers there may be, and how fast they may come. Defaults: `admissionLimits`. */
  readonly admission?: Partial<AdmissionLimits>;
  /** Peers that are remembered for having sent something bad, and for each thing that they get no more often than so. Default 1,000. */
  readonly maxRemembered?: number;
  /** Seconds without any message after which a worker counts as interrupted. Default 5. */
  readonly silenceSeconds?: number;
  /** Seconds, besides the stop timeout, that a worker gets to stop its users. Default 30. */
  readonly stopSeconds?: number;
  /** Seconds that a worker which was told to leave gets to do so. Default 5. */
  readonly leaveSeconds?: number;
  /** Seconds that a stopped worker gets to send its last samples: it reports every three. Default 4. */
  readonly lastReportSeconds?: number;
}

export interface LocustServer {
  readonly port: number;
  /** For example `tcp://127.0.0.1:5557`. */
  readonly url: string;
  /** Lets all workers go without a word and frees the port. Twice is once. */
  close(): Promise<void>;
}

export interface LocustMasterOptions {
  readonly host: string;
  readonly port: number;
  /** Of it the id of the worker is used: Locust's protocol has nothing else. */
  hello(): WorkerHello;
  /** Names of all user classes of this worker: each count names them all. */
  readonly userClasses: readonly string[];
  /** Seconds from one report to the next. Default 3. */
  readonly reportSeconds?: number;
  /** Seconds until the worker registers again, and how often it does. Default 5 and 61. */
  readonly connectSeconds?: number;
  readonly connectTries?: number;
  /** Seconds without an answer after which the worker gives its master up. Default 60. */
  readonly masterTimeoutSeconds?: number;
  /** Seconds after which a connection on which nothing comes back, or that does not come, is made anew. Default 5. */
  readonly reviveSeconds?: number;
  /** Seconds without a heartbeat after which the master may have given up on this worker. Default 4, as Locust has it. */
  readonly missedSeconds?: number;
  /** Seconds that it then gets to tell a worker that is back to go on. Default 3. */
  readonly rejoinSeconds?: number;
  /** Seconds from one look at the log to the next. Default 10. */
  readonly logSeconds?: number;
  /** Ends the wait for the master. */
  readonly signal?: AbortSignal;
}
