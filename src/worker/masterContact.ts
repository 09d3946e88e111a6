/**
 * The connection of a worker to its master, which may break, come back, or lead to a master that was started anew. Knows what
 * may be sent at which moment, and what such a master has to hear again.
 */
import { setClockOffset } from '../clock.js';
import { LinkError } from '../errors.js';
import type { MasterMessage, ReportMessage, RunSetup, StopWish, WorkerEnd, WorkerMessage } from '../link/index.js';
import { describeThrown, getLogger, type LogRecord } from '../log.js';
import { bounded } from '../stats/index.js';
import { Heartbeats } from './heartbeats.js';
import { requestsIn } from './keptReports.js';
import type { Expiry } from './lease.js';
import { Leash } from './leash.js';
import { LogForwarder } from './logForwarder.js';
import { ReportOutbox } from './reportOutbox.js';
import { type ReportPiece, ReportPieces } from './reportPieces.js';
import { defaultGraceSeconds, type WorkerOptions, type WorkerTimes } from './workerOptions.js';

const log = getLogger('tsload.runners');
/** Characters of a sentence to the master. */
const maxSaid = 10_000;

/** What concerns the connection stays here. */
export type TestMessage = Exclude<MasterMessage, { readonly kind: 'welcome' | 'heartbeat' | 'acknowledge' }>;
type Fault = WorkerMessage & { readonly kind: 'fault' };

export interface MasterContactOptions {
  readonly worker: WorkerOptions;
  readonly times: WorkerTimes;
  /** What this worker is doing, as heartbeats say it. */
  state(): 'ready' | 'spawning' | 'running';
  /** The master has not been heard for too long. */
  expired(what: Expiry): void;
  /** A message that concerns a test or the locustfile. */
  message(message: TestMessage): void;
  /** What had to wait can be said again. `isNew`: the master was started anew, so what it was told may be unknown to it. */
  resumed(isNew: boolean): void;
  /** The master conducts another run than before: nothing of that one is of use to it. Resolves when it is over here. */
  otherRun(): Promise<void>;
  closed(reason: Error | undefined): void;
  failed(thrown: unknown): void;
}

export class MasterContact {
  /** Index among the workers of the master; -1 before it is known. */
  index = -1;
  /** Name of the run; undefined before there was a welcome. */
  run: string | undefined;
  readonly outbox: ReportOutbox;
  readonly leash: Leash;
  readonly logs: LogForwarder | undefined;
  readonly #heartbeats: Heartbeats;
  /** The last session is of a master that was started anew and has not said yet which run it conducts. */
  #isRenewed = false;
  #held: TestMessage[] | undefined;
  #fault: Fault | undefined;
  #stopTestWish: StopWish | undefined;

  constructor(private readonly options: MasterContactOptions) {
    const { times, worker } = options;
    const { link, graceSeconds = defaultGraceSeconds } = worker;
    const pieces = new ReportPieces((message) => this.fault(message));
    this.outbox = new ReportOutbox({
      send: (report) => this.#sendReport(report),
      pieces: (report) => pieces.of(report),
      unsendable: (report, thrown) => this.#lose(report, thrown),
      limits: times.keptReports,
      index: () => this.index,
    });
    this.leash = new Leash({
      vitals: () => link.vitals,
      graceSeconds,
      tickMillis: times.watchSeconds * 1000,
      expired: (what) => options.expired(what),
    });
    this.#heartbeats = new Heartbeats({
      clientId: worker.id,
      environment: worker.environment,
      link,
      seconds: times.heartbeatSeconds,
      state: () => options.state(),
      before: () => {
        setClockOffset(link.vitals.clockOffsetSeconds);
        this.leash.check();
      },
    });
    this.logs = worker.formatLog && forwardedLogs(link, worker.formatLog);
    if (worker.holdsMessages) this.#held = [];
  }

  /** From now on the link is listened to. To be called once. */
  listen(): void {
    this.#link.listen({
      message: (message) => this.#receive(message),
      interrupted: (reason) => this.#interrupted(reason),
      resumed: () => this.#resumed(),
      renewed: () => this.#renewed(),
      closed: (reason) => this.#closed(reason),
    });
  }

  /** From now on messages that concern tests are handed on, those that came before first. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of held) this.#receive(message);
  }

  fault(message: string): void {
    this.#fault = { kind: 'fault', message: bounded(message, maxSaid) };
    this.#link.send(this.#fault);
  }

  wishStop(wish: Omit<StopWish, 'kind'>): void {
    this.#stopTestWish = { kind: 'stopTest', ...wish, reason: bounded(wish.reason, maxSaid) };
    this.#link.send(this.#stopTestWish);
  }

  /** What listeners added may be nothing that can be sent; what was measured goes all the same. */
  #sendReport(report: ReportMessage): void {
    try {
      this.#link.send(report);
    } catch (thrown) {
      if (!(thrown instanceof LinkError) || Object.keys(report.data).length === 0) throw thrown;
      log.error(`what reportToMaster listeners added to a report is left out: ${thrown.message}`);
      this.fault(`a reportToMaster listener added what cannot be sent: ${thrown.message}`);
      this.#link.send({ ...report, data: {} });
    }
  }

  #lose(report: ReportPiece, thrown: unknown): void {
    const why = thrown instanceof LinkError ? thrown.message : describeThrown(thrown);
    const message = `${requestsIn([report])} requests are in no statistics, as the report with them could not be sent: ${why}`;
    log.error(message);
    this.fault(message);
  }

  get #link(): WorkerEnd {
    return this.options.worker.link;
  }

  /** What cannot be used concerns that message alone. */
  #receive(message: MasterMessage): void {
    try {
      this.#take(message);
    } catch (thrown) {
      this.options.failed(thrown);
    }
  }

  #take(message: MasterMessage): void {
    if (message.kind === 'welcome') this.#welcome(message.index, message.setup);
    else if (message.kind === 'heartbeat') this.#heartbeats.answered();
    else if (message.kind === 'acknowledge') this.outbox.acknowledge(message.sequence);
    else if (this.#held !== undefined)
      this.#held.push(message); // few: the master waits for the first answer
    else this.#hand(message);
  }

  #hand(message: TestMessage): void {
    if (message.kind === 'testStart') this.#stopTestWish = undefined;
    this.options.message(message);
  }

  #welcome(index: number, setup: RunSetup): void {
    const isOther = this.run !== undefined && this.run !== setup.run;
    this.run = setup.run;
    this.index = index;
    this.leash.welcomed();
    if (isOther) this.#beginAnew().catch((thrown: unknown) => this.options.failed(thrown));
    else this.#goOn(this.#isRenewed);
    this.#isRenewed = false;
    this.options.worker.applySetup?.(setup);
  }

  async #beginAnew(): Promise<void> {
    log.error('the master was started anew for another run: the users of the run before are stopped');
    this.#fault = undefined;
    this.#stopTestWish = undefined;
    await this.options.otherRun();
    this.#goOn(false);
  }

  #interrupted(reason: string): void {
    log.debug(`the connection to the master is lost (${reason}): users go on`);
    this.leash.interrupted();
    this.outbox.hold();
    this.logs?.hold(true);
  }

  #resumed(): void {
    if (this.#isRenewed) {
      this.leash.renewed();
      return;
    }
    this.leash.resumed();
    this.#goOn(false);
  }

  /** The welcome that follows says which run it is. */
  #renewed(): void {
    this.leash.renewed();
    this.outbox.hold();
    this.#isRenewed = true;
  }

  #goOn(isNew: boolean): void {
    this.outbox.open(isNew);
    this.logs?.hold(false);
    this.options.resumed(isNew);
    if (!isNew) return;
    if (this.#fault !== undefined) this.#link.send(this.#fault);
    if (this.#stopTestWish !== undefined) this.#link.send(this.#stopTestWish);
  }

  #closed(reason: Error | undefined): void {
    this.#heartbeats.close();
    this.outbox.giveUp();
    this.leash.close();
    this.options.closed(reason);
  }
}

function forwardedLogs(link: WorkerEnd, format: (record: LogRecord) => string): LogForwarder {
  return new LogForwarder({ format, batchMillis: 1000, send: (lines) => link.send({ kind: 'logs', lines }) });
}
