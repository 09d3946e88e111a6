/**
 * A real Locust master as the worker's end of a link: turns what it says into what our master would, and what our worker
 * says into what a Locust worker would.
 *
 * A Locust master can be made deaf for all its workers by one message that it does not expect. So it gets only what is listed in
 * `workerProtocol.ts`; and after a break of the connection nothing but a heartbeat, until it has shown by an answer that it
 * still knows this worker.
 */
import { randomUUID } from 'node:crypto';
import { ConnectionError, LinkError } from '../../errors.js';
import { describeThrown, getLogger } from '../../log.js';
import type { LinkListener, LinkVitals } from '../link.js';
import type { WorkerEnd } from '../memory.js';
import type { MasterMessage, ReportMessage, WorkerMessage } from '../messages.js';
import { Delivery } from './delivery.js';
import type { Envelope } from './envelope.js';
import { inTime } from './inTime.js';
import { LogBuffer } from './logBuffer.js';
import { MasterSocket } from './masterSocket.js';
import { anyVersion, MasterTest } from './masterTest.js';
import type { LocustMasterOptions } from './options.js';
import { fromWire } from './values.js';
import { masterTypes, readIndex, readUpdate, readUserCount } from './workerProtocol.js';
import { WorkerReports } from './workerReports.js';

const defaults = {
  reportSeconds: 3,
  connectSeconds: 5,
  connectTries: 61,
  masterTimeoutSeconds: 60,
  reviveSeconds: 5,
  missedSeconds: 4,
  rejoinSeconds: 3,
  logSeconds: 10,
} as const;
/** Seconds in which failed tries are no news, but for the first. */
const quietSeconds = 30;
const maxNames = 10_000;

const log = getLogger('tsload.link');

export class MasterConnection implements WorkerEnd {
  readonly #id: string;
  readonly #settings: Required<Omit<LocustMasterOptions, 'signal'>>;
  readonly #delivery = new Delivery<MasterMessage>((thrown) =>
    this.#end(new ConnectionError('what the master said could not be handled', { cause: thrown })),
  );
  readonly #socket: MasterSocket;
  readonly #reports: WorkerReports;
  readonly #logs: LogBuffer;
  #ticker: NodeJS.Timeout | undefined;
  #acknowledged: () => void = () => {};
  #isRegistered = false;
  readonly #test: MasterTest;
  /** The last report of this worker that is in the statistics which were collected. */
  #sequence = 0;

  /** Resolves when the master has registered this worker. Throws `ConnectionError` when it does not, or without `zeromq`. */
  static async open(options: LocustMasterOptions): Promise<MasterConnection> {
    const connection = new MasterConnection(options);
    try {
      await connection.#socket.open();
      await connection.#register(options.signal);
      return connection;
    } catch (thrown) {
      connection.close();
      throw thrown;
    }
  }

  private constructor(options: LocustMasterOptions) {
    this.#settings = { ...defaults, ...options };
    this.#id = options.hello().worker;
    this.#socket = new MasterSocket({
      id: this.#id,
      host: options.host,
      port: options.port,
      timeoutSeconds: this.#settings.masterTimeoutSeconds,
      reviveSeconds: this.#settings.reviveSeconds,
      missedSeconds: this.#settings.missedSeconds,
      graceSeconds: options.hello().graceSeconds,
      received: (envelope) => this.#take(envelope),
      interrupted: (reason) => this.#delivery.interrupted(reason),
      resumed: (silentSeconds) => this.#resumed(silentSeconds),
      stoodStill: (seconds) => this.#test.stoodStill(seconds),
    });
    this.#reports = new WorkerReports(options.userClasses, this.#settings.reportSeconds);
    this.#logs = new LogBuffer(this.#id, this.#settings.logSeconds);
    this.#test = new MasterTest({
      userClasses: options.userClasses,
      missedSeconds: this.#settings.missedSeconds,
      rejoinSeconds: this.#settings.rejoinSeconds,
      reports: this.#reports,
      deliver: (message) => this.#delivery.message(message),
      post: (type, data) => this.#socket.post(type, data),
      postIfKnown: (type, data) => this.#socket.postIfKnown(type, data),
      sendStats: () => this.#sendStats(),
    });
  }

  get vitals(): LinkVitals {
    return this.#socket.vitals;
  }

  listen(listener: LinkListener<MasterMessage>): void {
    this.#delivery.listen(listener);
  }

  close(): void {
    this.#end();
  }

  send(message: WorkerMessage): void {
    if (this.#delivery.isOver) return;
    switch (message.kind) {
      case 'heartbeat':
        this.#socket.beat(message);
        return;
      case 'report':
        this.#report(message);
        return;
      case 'users':
        this.#test.users(message);
        return;
      case 'stopped':
        this.#test.stopped();
        return;
      case 'stopTest':
        this.#test.end(message.reason);
        return;
      case 'logs':
        this.#logs.add(message.lines);
        return;
      case 'custom':
        this.#sendCustom(message.type, message.data);
        return;
      case 'quit':
        this.#sendStats();
        this.#socket.post('quit', null);
        this.#end();
        return;
      case 'started': // Locust's master does not wait for it
      case 'fault': // was logged where it happened
      case 'iterations':
        return; // Locust knows none
      default:
        message satisfies never;
    }
  }

  async #register(signal: AbortSignal | undefined): Promise<void> {
    const { host, port, connectSeconds, connectTries } = this.#settings;
    const seconds = connectSeconds * connectTries;
    const acknowledged = new Promise<true>((resolve) => {
      this.#acknowledged = () => resolve(true);
    });
    for (let attempt = 1; attempt <= connectTries; attempt++) {
      this.#socket.register(anyVersion);
      if (await inTime(acknowledged, connectSeconds, signal)) {
        this.#begin();
        return;
      }
      const isNews = attempt === 1 || attempt * connectSeconds > quietSeconds;
      log[isNews ? 'info' : 'debug'](
        `no answer of a Locust master at ${host}:${port} yet: trying again, for ${seconds} s in all`,
      );
      this.#socket.revive();
    }
    throw new ConnectionError(
      `no Locust master answered at ${host}:${port} within ${seconds} s: start it, or give its address with --master-host and --master-port`,
    );
  }

  /** Registered: from now on it reports. */
  #begin(): void {
    this.#sendStats();
    this.#ticker = setInterval(() => this.#tick(), 1000);
  }

  #tick(): void {
    if (this.#socket.isSilentTooLong) {
      const { masterTimeoutSeconds } = this.#settings;
      this.#end(new LinkError(`the Locust master has not answered for ${masterTimeoutSeconds} s: it is given up`));
      return;
    }
    this.#socket.revive();
    if (this.#socket.isKnown && this.#reports.isDue) this.#sendStats();
    if (this.#socket.isKnown) this.#test.rejoinIfDue();
    const logs = this.#logs.takeDue();
    if (logs !== undefined) this.#socket.post('logs', logs);
  }

  #resumed(silentSeconds: number): void {
    this.#delivery.resumed();
    this.#sendStats();
    this.#test.resumed(silentSeconds);
  }

  #take(envelope: Envelope): void {
    try {
      this.#receive(envelope);
    } catch (thrown) {
      const why = thrown instanceof LinkError ? thrown.message : describeThrown(thrown);
      log.error(`a message of type ${envelope.type} of the Locust master is dropped: ${why}`);
    }
  }

  #receive({ type, data, nodeId }: Envelope): void {
    switch (type) {
      case 'ack':
        this.#ack(readIndex(data));
        return;
      case 'heartbeat':
        this.#delivery.message({ kind: 'heartbeat' });
        return;
      case 'spawn':
        this.#test.spawn(data);
        return;
      case 'spawning_complete':
        this.#test.spawningComplete(readUserCount(data));
        return;
      case 'stop':
        this.#test.stop();
        return;
      case 'quit':
        this.#delivery.message({ kind: 'quit' });
        return;
      case 'reconnect':
        this.#socket.reopen();
        return;
      case 'update_user_class':
        this.#update(data);
        return;
      case 'locustfile':
        return; // was not asked for
      default:
        this.#delivery.message({ kind: 'custom', type, data: fromWire(data), nodeId });
    }
  }

  #ack(index: number): void {
    if (this.#isRegistered) return;
    this.#isRegistered = true;
    const setup = { run: randomUUID(), userConfigs: [], equalWeights: false, maxNames };
    this.#delivery.message({ kind: 'welcome', index, setup });
    this.#acknowledged();
  }

  /** Acknowledged when it was sent: what a report measured waits for the next message of statistics. */
  #report(message: ReportMessage): void {
    if (!this.#reports.hasRoomFor(message)) this.#sendStats();
    if (message.period === this.#test.number) this.#reports.add(message);
    this.#sequence = message.sequence;
    for (const exception of this.#reports.takeExceptions()) this.#socket.post('exception', exception);
  }

  #update(data: unknown): void {
    const { update, others } = readUpdate(data);
    if (others.length > 0) {
      log.warning(
        `of class ${update.userClass} only host, weight, fixed_count and tasks can be changed, not ${others.join(', ')}`,
      );
    }
    this.#delivery.message({ kind: 'updateUserClass', update });
  }

  #sendCustom(type: string, data: unknown): void {
    if (!masterTypes.has(type)) this.#socket.post(type, data);
    else log.warning(`a message of type ${type} is not sent: Locust has a message of its own of that name`);
  }

  /** Without a connection they wait, and do not count as reported. */
  #sendStats(): void {
    this.#socket.post('stats', this.#reports.take());
    if (this.#socket.isKnown && this.#sequence > 0)
      this.#delivery.message({ kind: 'acknowledge', sequence: this.#sequence });
  }

  #end(reason?: Error): void {
    if (this.#delivery.isOver) return;
    clearInterval(this.#ticker);
    this.#delivery.closed(reason);
    this.#socket.close();
  }
}
