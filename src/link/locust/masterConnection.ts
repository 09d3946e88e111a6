/**
 * A real Locust master as the worker's end of a link: turns what it says into what our master would, and what our worker
 * says into what a Locust worker would.
 *
 * A Locust master can be made deaf for all its workers by one message that it does not expect. So it gets only what is listed in
 * `workerProtocol.ts`; and after a break of the connection nothing but a heartbeat, until it has shown by an answer that it
 * still knows this worker.
 */
import { randomUUID } from 'node:crypto';
import { epochSeconds } from '../../clock.js';
import { ConnectionError, LinkError } from '../../errors.js';
import { describeThrown, getLogger } from '../../log.js';
import type { LinkListener, LinkVitals } from '../link.js';
import type { WorkerEnd } from '../memory.js';
import type { MasterMessage, WorkerMessage } from '../messages.js';
import { Delivery } from './delivery.js';
import type { Envelope } from './envelope.js';
import { LogBuffer } from './logBuffer.js';
import { MasterSocket } from './masterSocket.js';
import type { LocustMasterOptions } from './options.js';
import { fromWire } from './values.js';
import { masterTypes, readIndex, readSpawn, readUpdate, readUserCount } from './workerProtocol.js';
import { WorkerReports } from './workerReports.js';

/** Asks the master not to compare versions. */
const anyVersion = -1;
const defaults = {
  reportSeconds: 3,
  connectSeconds: 5,
  connectTries: 61,
  masterTimeoutSeconds: 60,
  logSeconds: 10,
} as const;
/** Seconds in which failed tries are no news. */
const quietSeconds = 30;
const maxNames = 10_000;

const log = getLogger('tsload.link');

export class MasterConnection implements WorkerEnd {
  readonly #id: string;
  readonly #settings: Required<Omit<LocustMasterOptions, 'signal'>>;
  readonly #classes: ReadonlySet<string>;
  readonly #delivery = new Delivery<MasterMessage>();
  readonly #socket: MasterSocket;
  readonly #reports: WorkerReports;
  readonly #logs: LogBuffer;
  #ticker: NodeJS.Timeout | undefined;
  #acknowledged: () => void = () => {};
  #isRegistered = false;
  #test = 0;
  /** From the first spawn to the worker's word that it has stopped. */
  #isTesting = false;
  /** The master does not know of the stop: this worker's users ended the test. */
  #isOwnStop = false;
  #step = 0;
  #lastTimestamp = 0;
  readonly #unknownClasses = new Set<string>();

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
    this.#classes = new Set(options.userClasses);
    this.#socket = new MasterSocket({
      id: this.#id,
      host: options.host,
      port: options.port,
      timeoutSeconds: this.#settings.masterTimeoutSeconds,
      received: (envelope) => this.#take(envelope),
      interrupted: (reason) => this.#delivery.interrupted(reason),
      resumed: () => this.#delivery.resumed(),
    });
    this.#reports = new WorkerReports(options.userClasses, this.#settings.reportSeconds);
    this.#logs = new LogBuffer(this.#id, this.#settings.logSeconds);
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
        this.#reports.add(message);
        for (const exception of this.#reports.takeExceptions()) this.#socket.post('exception', exception);
        this.#delivery.message({ kind: 'acknowledge', sequence: message.sequence });
        return;
      case 'users':
        this.#users(message);
        return;
      case 'stopped':
        this.#stopped();
        return;
      case 'stopTest':
        this.#stopTest(message.reason);
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
    const acknowledged = new Promise<true>((resolve) => {
      this.#acknowledged = () => resolve(true);
    });
    for (let attempt = 1; attempt <= connectTries; attempt++) {
      this.#socket.register(anyVersion);
      if (await withinSeconds(acknowledged, connectSeconds, signal)) {
        this.#begin();
        return;
      }
      const level = attempt * connectSeconds <= quietSeconds ? 'debug' : 'info';
      log[level](`no answer of the Locust master at ${host}:${port} yet, try ${attempt} of ${connectTries}`);
    }
    const seconds = connectSeconds * connectTries;
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
    this.#socket.reviveIfUnheard();
    if (this.#socket.isKnown && this.#reports.isDue) this.#sendStats();
    const logs = this.#logs.takeDue();
    if (logs !== undefined) this.#socket.post('logs', logs);
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
        this.#spawn(data);
        return;
      case 'spawning_complete':
        this.#delivery.message({ kind: 'spawningComplete', test: this.#test, userCount: readUserCount(data) });
        return;
      case 'stop':
        this.#stop();
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

  #spawn(data: unknown): void {
    const { timestamp, counts, settings } = readSpawn(data);
    this.#socket.post('spawning', null);
    if (timestamp <= this.#lastTimestamp) {
      log.info('a spawn that is no newer than the one before is discarded');
      return;
    }
    this.#lastTimestamp = timestamp;
    const startTime = epochSeconds();
    if (!this.#isTesting) {
      this.#isTesting = true;
      this.#test++;
      this.#step = 0;
      this.#reports.reset();
      this.#delivery.message({ kind: 'testStart', test: this.#test, startTime, period: this.#test, settings });
    }
    const known = Object.entries(counts).filter(([name, count]) => this.#knows(name, count));
    const [test, step] = [this.#test, ++this.#step];
    const times = { test, step, startTime, spacingSeconds: 0, isLast: true };
    this.#delivery.message({ kind: 'spawn', ...times, counts: Object.fromEntries(known), starts: [] });
  }

  #knows(name: string, count: number): boolean {
    if (this.#classes.has(name)) return true;
    if (count > 0 && !this.#unknownClasses.has(name)) {
      this.#unknownClasses.add(name);
      log.error(
        `the master wants users of class ${name}, and this locustfile has none: both must have the same classes`,
      );
    }
    return false;
  }

  #users({ test, step, userCounts }: WorkerMessage & { readonly kind: 'users' }): void {
    this.#reports.noteUsers(userCounts);
    if (test !== this.#test || step === 0 || step < this.#step) return;
    this.#socket.postIfKnown('spawning_complete', this.#reports.users);
  }

  #stop(): void {
    if (this.#isTesting) this.#delivery.message({ kind: 'stop', test: this.#test, isHurried: false });
    else this.#tellStopped();
  }

  #stopped(): void {
    this.#isTesting = false;
    this.#reports.noteUsers({});
    this.#sendStats();
    if (!this.#isOwnStop) this.#tellStopped();
    this.#isOwnStop = false;
  }

  /** First gone, then there again: Locust's master forgets a worker at the first and takes it in at the second. */
  #tellStopped(): void {
    this.#socket.post('client_stopped', null);
    this.#socket.post('client_ready', anyVersion);
  }

  /** Locust has no way for a worker to end a test: its users stop here, and the master sees why. */
  #stopTest(reason: string): void {
    if (!this.#isTesting || this.#isOwnStop) return;
    this.#isOwnStop = true;
    if (reason !== '')
      this.#socket.post('exception', { msg: reason, traceback: `the test was ended by a user: ${reason}` });
    log.error(
      `${reason === '' ? 'a user ended the test' : reason}: the users of this worker stop; a Locust master cannot be told to end the test`,
    );
    this.#delivery.message({ kind: 'stop', test: this.#test, isHurried: false });
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

  #sendStats(): void {
    this.#socket.post('stats', this.#reports.take());
  }

  #end(reason?: Error): void {
    if (this.#delivery.isOver) return;
    clearInterval(this.#ticker);
    this.#delivery.closed(reason);
    this.#socket.close();
  }
}

/** Whether it comes in time. Throws the signal's reason. */
async function withinSeconds(event: Promise<true>, seconds: number, signal: AbortSignal | undefined): Promise<boolean> {
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let abort = () => {};
  const late = new Promise<false>((resolve, reject) => {
    timer = setTimeout(() => resolve(false), seconds * 1000);
    abort = () => reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([event, late]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
