/**
 * What a master's runner can be told when it is made.
 */
import type { LocustServerOptions, ServerTls } from '../link/index.js';
import type { Journal, Patience, RestoredRun } from '../master/index.js';

export interface MasterRunnerOptions {
  /** Address to listen on; `*`: all of this machine. Default `*`. Locust: `master_bind_host`. */
  readonly bindHost?: string;
  /** 0: any free one, see `port`. Default 5557. Locust: `master_bind_port`. */
  readonly bindPort?: number;
  /** What a worker must know to join. Default: `TSLOAD_TOKEN` of the environment variables, else one that is made. */
  readonly token?: string;
  readonly tls?: ServerTls;
  /**
   * Whether this process starts workers itself. Where there is `tls`, they get a port of their own, unencrypted on 127.0.0.1
   * (`ownPort`): the certificate is for another name, and they may have none of their own. Default false.
   */
  readonly startsWorkers?: boolean;
  /** The package of the locustfile, for workers that have none. Default: they are told that there is none. */
  readonly locustfile?: () => Promise<Uint8Array>;
  /** SHA-256 of the locustfile's bundle: a worker that has another one is warned of. Default: nothing is compared. */
  readonly locustfileSha256?: string;
  /**
   * Workers of Locust, boomer and others of that protocol may join too, at an address and port of their own: it has no token.
   * Default: they may not. Command line `--protocol locust`.
   */
  readonly locust?: Omit<LocustServerOptions, 'onWorker' | 'userClasses'>;
  /** Whether users of a worker that is not heard of are given to others. Default false. Locust: `--enable-rebalancing`. */
  readonly enableRebalancing?: boolean;
  /** What is to be kept for a master that goes on after this one. Default: nothing. */
  readonly journal?: Journal;
  /** The run of a master that ended: this one goes on with it. The statistics are restored by then. */
  readonly restored?: RestoredRun;
  /** Whether warnings of workers are repeated in this process's log. Default true. */
  readonly repeatsWarnings?: boolean;
  /** Seconds that a plan is sent before its time. Default 0.2. */
  readonly leadSeconds?: number;
  /** Seconds after which a worker that cannot hear its master stops its users, with rebalancing. Default 8. */
  readonly leaseSeconds?: number;
  /** Whether workers that join wait for `release`. Default false: they are let in at once. */
  readonly isHeld?: boolean;
  /** How long silent workers are waited for. */
  readonly patience?: Partial<Patience>;
}
