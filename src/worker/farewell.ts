/**
 * How a worker ends: its users are stopped in order, the master gets the last reports if it can be reached, and what it did not
 * get is said.
 */
import type { WorkerEnd } from '../link/index.js';
import { getLogger } from '../log.js';
import type { LogForwarder } from './logForwarder.js';
import type { ReportOutbox } from './reportOutbox.js';
import type { WorkerEnding } from './workerOptions.js';

const log = getLogger('tsload.runners');

export interface FarewellOptions {
  readonly link: WorkerEnd;
  readonly outbox: ReportOutbox;
  readonly logs: LogForwarder | undefined;
  /** Seconds that the master gets to acknowledge the last reports. */
  readonly lastReportsSeconds: number;
  /** Resolves when no user is left, and the last report is in the outbox. */
  stop(): Promise<void>;
  /** The link is closed, and nothing runs any more. */
  over(ending: WorkerEnding): void;
}

export class Farewell {
  #leaving: Promise<void> | undefined;
  #ending: WorkerEnding | undefined;
  #isClosed = false;

  constructor(private readonly options: FarewellOptions) {}

  /** Resolves when the link is asked to close. The first call counts. */
  leave(why: WorkerEnding['why'], reason: string): Promise<void> {
    this.#leaving ??= this.#leave(why, reason);
    return this.#leaving;
  }

  /** The link is closed: by this worker, or because the master is lost. */
  async linkClosed(reason: Error | undefined): Promise<void> {
    this.#isClosed = true;
    if (this.#ending === undefined) await this.leave('lost', reason?.message ?? 'it closed the connection');
    else this.#over(this.#ending);
  }

  async #leave(why: WorkerEnding['why'], reason: string): Promise<void> {
    const { link, outbox, logs } = this.options;
    if (why === 'lost') log.error(`the master is lost: ${reason}. The users of this worker are stopped`);
    await this.options.stop();
    if (link.vitals.isUp && !this.#isClosed) await outbox.settled(this.options.lastReportsSeconds);
    this.#ending = { why, reason, unreportedRequests: outbox.drop() };
    logs?.close();
    link.send({ kind: 'quit' });
    link.close();
    if (this.#isClosed) this.#over(this.#ending);
  }

  #over(ending: WorkerEnding): void {
    sayUnreported(ending.unreportedRequests);
    this.options.over(ending);
  }
}

export function sayUnreported(requests: number): void {
  if (requests === 0) return;
  log.error(`${requests} requests of this worker were not reported: no master has acknowledged them`);
}
