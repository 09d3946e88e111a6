/**
 * The worker's side: gets a connection, gets the next one when it is lost, and watches that the one it has is alive.
 *
 * One attempt at a time; the pauses are in `backoff.ts`. After the first connection nothing that a master says to an attempt is
 * final: the master that this worker belongs to may be the next one to listen there. Only the grace ends it.
 */
import { randomBytes } from 'node:crypto';
import { ownEpochSeconds } from '../../clock.js';
import { ConnectionError, OptionError } from '../../errors.js';
import { getLogger } from '../../log.js';
import { attemptUntil, defaultConnectSeconds } from './attempts.js';
import { dial, type Welcome } from './dial.js';
import { tickMillis, workerLimits } from './limits.js';
import type { ConnectOptions, LinkLimits, WorkerEnd } from './options.js';
import { type DialError, nameOf } from './refusals.js';
import type { SessionOwner } from './session.js';
import { checkToken } from './token.js';
import { WorkerSession } from './workerSession.js';

const log = getLogger('tsload.link');
/** Round trips that are measured before a worker begins, and milliseconds that they may take. */
const firstSamples = 5;
const settleMillis = 2_000;

export async function connect(options: ConnectOptions): Promise<WorkerEnd> {
  checkToken(options.token);
  if (!(options.port > 0 && options.port < 65_536)) {
    throw new OptionError(`the port of the master is ${options.port}: give one from 1 to 65535`);
  }
  options.signal?.throwIfAborted();
  const connection = new Connection(options);
  await connection.join();
  return connection.session;
}

class Connection implements SessionOwner {
  readonly session: WorkerSession;
  readonly limits: LinkLimits;
  readonly peer: string;
  readonly #secret = randomBytes(16).toString('hex');
  readonly #over = new AbortController();
  readonly #watch: NodeJS.Timeout;
  #watchedAt = performance.now();

  constructor(private readonly options: ConnectOptions) {
    this.limits = { ...workerLimits, ...options.limits };
    this.peer = `the master at ${nameOf(options)}`;
    this.session = new WorkerSession(this, options.now ?? ownEpochSeconds);
    this.#watch = setInterval(() => this.#look(), tickMillis(this.limits));
  }

  /** The first connection. Throws when there is none. */
  async join(): Promise<void> {
    const { connectSeconds = defaultConnectSeconds, signal } = this.options;
    const aborted = () => this.session.abandon(new ConnectionError('the attempt to connect was given up'));
    signal?.addEventListener('abort', aborted, { once: true });
    try {
      await this.#reach(connectSeconds, (error) => error.isFinal);
      await this.#settle();
    } catch (thrown) {
      this.session.abandon();
      signal?.throwIfAborted();
      throw thrown;
    } finally {
      signal?.removeEventListener('abort', aborted);
    }
  }

  interrupted(reason: string): void {
    this.#reconnect(reason).catch((thrown: unknown) => {
      this.session.abandon(thrown instanceof Error ? thrown : new ConnectionError(String(thrown)));
    });
  }

  ended(): void {
    clearInterval(this.#watch);
    this.#over.abort(new ConnectionError(`the link to ${this.peer} is closed`));
  }

  async #reconnect(reason: string): Promise<void> {
    const { graceSeconds } = this.options;
    const start = performance.now();
    const wasLetIn = this.session.received > 0;
    log.warning(`lost the connection to ${this.peer} (${reason}): trying to get it back for ${graceSeconds} s`);
    const welcome = await this.#reach(graceSeconds, () => false);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    if (welcome === 'resumed') log.info(`connected to ${this.peer} again after ${seconds} s`);
    else {
      const why = wasLetIn ? 'it was started again, or had given this worker up' : 'it had let nobody in yet';
      log.warning(`connected to ${this.peer} after ${seconds} s, and joined it anew: ${why}`);
    }
  }

  #reach(seconds: number, isLast: (error: DialError) => boolean): Promise<Welcome> {
    const { maxPauseMillis } = this.limits;
    return attemptUntil(() => this.#dial(), { seconds, maxPauseMillis, signal: this.#over.signal, isLast });
  }

  #dial(): Promise<Welcome> {
    const { options, session, limits } = this;
    const { hello } = options;
    const { worker } = hello();
    const signal = this.#over.signal;
    return dial({ address: options, session, worker, secret: this.#secret, hello, limits, signal });
  }

  /** Measures some round trips, so that this process has the master's time before anything begins. */
  async #settle(): Promise<void> {
    const deadline = performance.now() + settleMillis;
    for (let sample = 0; sample < firstSamples && !this.session.isOver; sample++) {
      const left = deadline - performance.now();
      if (left <= 0) break;
      await answerWithin(this.session, left);
    }
    this.session.settle();
  }

  #look(): void {
    const { session, limits } = this;
    const now = performance.now();
    const wasAway = now - this.#watchedAt > tickMillis(limits) + limits.silenceMillis / 2;
    this.#watchedAt = now;
    if (wasAway) session.excuseSilence();
    if (session.isSilent(limits.silenceMillis)) session.detach(`no answer for ${limits.silenceMillis / 1000} s`);
    else if (session.isUp && now - session.beatAt > 1.5 * tickMillis(limits)) session.probe();
  }
}

function answerWithin(session: WorkerSession, millis: number): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, millis);
    session.probe(() => {
      clearTimeout(limit);
      resolve();
    });
  });
}
