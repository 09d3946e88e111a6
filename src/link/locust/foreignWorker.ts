/**
 * A Locust worker, or any other that speaks its protocol, as the master's end of a link: turns what the master says into what
 * Locust's master would, and what the worker says into what one of ours would.
 *
 * The socket is the server's. What a message of the worker cannot be read as throws `LinkError`, which the server logs; it never
 * concerns another worker.
 */
import { type Call, callAfter } from '../../clock.js';
import { ConnectionError } from '../../errors.js';
import { getLogger } from '../../log.js';
import type { LinkListener, LinkVitals } from '../link.js';
import type { MasterEnd } from '../memory.js';
import type { MasterMessage, WorkerMessage } from '../messages.js';
import { Delivery } from './delivery.js';
import { ForeignReports } from './foreignReports.js';
import { ForeignUsers } from './foreignUsers.js';
import { fromWire } from './values.js';

/** Milliseconds from one look to the next whether a worker that was told to leave is there. */
const probeMillis = 200;

const log = getLogger('tsload.link');

export interface ForeignWorkerOptions {
  userClasses(): readonly string[];
  readonly secretOptions: ReadonlySet<string>;
  /** Locust reports also while it has nothing to do, and so after a stop; boomer does not. */
  readonly reportsWhileIdle: boolean;
  readonly stopSeconds: number;
  readonly leaveSeconds: number;
  readonly lastReportSeconds: number;
  send(type: string, data: unknown): void;
  /** The link is closed. */
  gone(): void;
}

/** Where a test stands here: `stopping` until the last report is in. */
type Phase = 'idle' | 'testing' | 'stopping';

/** Types of Locust's own messages: a locustfile's message must not pass for one of them. */
const ownTypes: ReadonlySet<string> = new Set([
  ...['ack', 'spawn', 'spawning_complete', 'stop', 'quit', 'heartbeat', 'reconnect', 'update_user_class', 'locustfile'],
]);

export class ForeignWorker implements MasterEnd {
  readonly #delivery = new Delivery<WorkerMessage>((thrown) =>
    this.end(new ConnectionError('what it said could not be handled', { cause: thrown })),
  );
  readonly #reports: ForeignReports;
  readonly #users: ForeignUsers;
  #isUp = true;
  #provenAt = performance.now();
  #index: number | undefined;
  #test = 0;
  #stopTimeoutSeconds = 0;
  #phase: Phase = 'idle';
  #hasStopped = false;
  /** Locust waits for the stop timeout once more after a stop, and reads nothing before it registers again. */
  #isPausing = false;
  #limit: Call | undefined;
  /** It was told to quit: is it there still? */
  #probe: NodeJS.Timeout | undefined;

  constructor(
    readonly id: string,
    private readonly options: ForeignWorkerOptions,
  ) {
    this.#reports = new ForeignReports((report) => this.#delivery.message(report));
    const done = (step: number, userCounts: Readonly<Record<string, number>>): void =>
      this.#delivery.message({ kind: 'users', test: this.#test, step, userCounts, isSpent: false });
    const { userClasses, secretOptions, send } = options;
    this.#users = new ForeignUsers({ id, userClasses, secretOptions, send, done });
  }

  get vitals(): LinkVitals {
    return {
      isUp: this.#isUp && !this.#delivery.isOver,
      provenAt: this.#provenAt,
      roundTripMillis: undefined,
      clockOffsetSeconds: 0,
    };
  }

  listen(listener: LinkListener<WorkerMessage>): void {
    this.#delivery.listen(listener);
  }

  close(): void {
    this.end();
  }

  /** The link is over. Twice is once. */
  end(reason?: Error): void {
    if (this.#delivery.isOver) return;
    this.#users.end();
    this.#limit?.cancel();
    clearInterval(this.#probe);
    this.#delivery.closed(reason);
    this.options.gone();
  }

  /** Nothing was heard of it for too long. */
  interrupt(reason: string): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#delivery.interrupted(reason);
  }

  /** A message could not be sent to it: its connection is gone, and perhaps it is as well. */
  unreachable(): void {
    if (this.#probe === undefined) this.interrupt('it broke off');
    else if (this.#isUp) this.#left();
    else this.end(new Error('it broke off')); // long before it was told to leave
  }

  /**
   * It registers once more: because it was stopped, or because our answer was late. Returns false when it must have begun anew
   * instead, without the users that it had.
   */
  registersAgain(): boolean {
    if (this.#phase === 'testing' && this.#users.hasHeard) return false;
    this.#heard();
    if (this.#phase === 'stopping') this.#clientStopped();
    this.#isPausing = false;
    if (this.#index !== undefined) this.options.send('ack', { index: this.#index });
    if (this.#phase === 'testing') this.#repeat();
    return true;
  }

  send(message: MasterMessage): void {
    if (this.#delivery.isOver) return;
    switch (message.kind) {
      case 'welcome':
        this.#index = message.index;
        this.#users.setUp(message.setup);
        this.options.send('ack', { index: message.index });
        return;
      case 'testStart':
        this.#beginTest(message);
        return;
      case 'spawn':
        if (message.test === this.#test && this.#phase === 'testing') this.#users.take(message);
        return;
      case 'spawningComplete':
        this.options.send('spawning_complete', { user_count: message.userCount });
        return;
      case 'reset':
        this.#reports.period = message.period;
        return;
      case 'stop':
        this.#stop(message);
        return;
      case 'quit':
        this.#quit();
        return;
      case 'updateUserClass':
        this.#users.update(message.update);
        return;
      case 'custom':
        this.#sendCustom(message.type, message.data);
        return;
      case 'heartbeat': // was answered when it came
      case 'acknowledge':
      case 'grant':
      case 'revoke':
        return; // Locust knows none of them
      default:
        message satisfies never;
    }
  }

  /** A message of the worker. Throws `LinkError` for one that cannot be read. */
  receive(type: string, data: unknown): void {
    this.#heard();
    if (type === 'heartbeat') this.options.send('heartbeat', null); // whatever is in it
    if (this.#index === undefined && type !== 'quit') return; // it is not let in yet, and what it says would pile up
    switch (type) {
      case 'heartbeat':
        this.#reports.noteHeartbeat(data);
        this.#delivery.message({ kind: 'heartbeat', ...this.#reports.heartbeat });
        return;
      case 'spawning':
        this.#users.spawning();
        return;
      case 'spawning_complete':
        this.#users.complete(data);
        return;
      case 'stats':
        this.#takeStats(data);
        return;
      case 'exception':
        this.#reports.addException(data);
        return;
      case 'logs':
        this.#logs(data);
        return;
      case 'client_stopped':
        this.#clientStopped();
        return;
      case 'quit':
        this.#finishStop();
        this.#reports.flushExceptions();
        this.#left();
        return;
      default:
        this.#delivery.message({ kind: 'custom', type, data: fromWire(data), nodeId: this.id });
    }
  }

  #heard(): void {
    this.#provenAt = performance.now();
    if (this.#isUp) return;
    this.#isUp = true;
    this.#delivery.resumed();
    this.#repeat();
  }

  /** What it may have missed while it was away: the socket forgets what cannot be delivered. */
  #repeat(): void {
    if (this.#phase === 'testing') this.#users.repeat();
    else if (this.#users.wasTold && !this.#hasStopped) this.options.send('stop', null);
  }

  #beginTest({ test, period, startTime, settings }: MasterMessage & { readonly kind: 'testStart' }): void {
    this.#test = test;
    this.#stopTimeoutSeconds = settings.stopTimeoutSeconds;
    this.#phase = 'testing';
    this.#users.begin(settings);
    this.#hasStopped = false;
    this.#reports.begin(period, startTime + settings.warmupSeconds);
    if (settings.iterations !== undefined) {
      log.warning(`${this.id} is a Locust worker, which knows no limit of iterations: its users go on without one`);
    }
    this.#delivery.message({ kind: 'started', test });
  }

  #takeStats(data: unknown): void {
    this.#users.report(this.#reports.takeStats(data, this.#phase !== 'idle'));
    if (this.#phase === 'stopping' && this.#hasStopped) this.#finishStop();
  }

  #stop({ test, isHurried }: MasterMessage & { readonly kind: 'stop' }): void {
    if (test !== this.#test || this.#phase === 'idle') return;
    if (this.#phase === 'testing') {
      this.#users.end();
      this.#phase = 'stopping';
      if (!this.#users.wasTold) {
        this.#finishStop(); // boomer answers no stop without users
        return;
      }
      this.options.send('stop', null);
    } else if (!isHurried || this.#hasStopped) return;
    this.#limitStop(isHurried);
  }

  /** Locust cannot be hurried: the stop timeout was in its last spawn. */
  #limitStop(isHurried: boolean): void {
    const { stopSeconds, leaveSeconds } = this.options;
    const patience = stopSeconds + this.#stopTimeoutSeconds;
    const seconds = this.#isUp && !isHurried ? patience : Math.min(leaveSeconds, patience);
    this.#limit?.cancel();
    this.#limit = callAfter(seconds, () => {
      this.#finishStop(`it has not stopped within ${seconds} s of being told to`);
    });
  }

  /** Its users are gone. Locust reports their last samples within three seconds; boomer never. */
  #clientStopped(): void {
    const isNews = this.#phase === 'stopping' && !this.#hasStopped;
    if (this.#phase !== 'testing') this.#hasStopped = true;
    this.#isPausing = true;
    if (!isNews) return;
    this.#reports.noteStop();
    this.#limit?.cancel();
    if (!this.options.reportsWhileIdle) this.#finishStop();
    else this.#limit = callAfter(this.options.lastReportSeconds, () => this.#finishStop());
  }

  #finishStop(givenUp?: string): void {
    if (this.#phase !== 'stopping') return;
    this.#limit?.cancel();
    this.#reports.flushExceptions();
    this.#phase = 'idle';
    this.#delivery.message({ kind: 'stopped', test: this.#test, ...(givenUp === undefined ? {} : { givenUp }) });
  }

  /** Locust answers before it ends; boomer may end without a word, and then nothing can be sent to it any more. */
  #quit(): void {
    this.#users.end();
    this.options.send('quit', null);
    this.#limit?.cancel();
    if (this.#isPausing) {
      this.#left(); // it reads the message later, and has nothing to say any more
      return;
    }
    const { leaveSeconds } = this.options;
    this.#probe = setInterval(() => this.options.send('heartbeat', null), probeMillis);
    this.#limit = callAfter(leaveSeconds, () => {
      const reason = `it did not leave within ${leaveSeconds} s of being told to`;
      log.warning(`${this.id} is counted as gone: ${reason}`);
      this.end(new Error(reason));
    });
  }

  #left(): void {
    this.#delivery.message({ kind: 'quit' });
    this.end();
  }

  #sendCustom(type: string, data: unknown): void {
    if (!ownTypes.has(type)) this.options.send(type, data);
    else
      log.warning(`a message of type ${type} is not sent to ${this.id}: Locust has a message of its own of that name`);
  }

  #logs(data: unknown): void {
    const lines = this.#reports.newLogLines(data);
    if (lines.length > 0) this.#delivery.message({ kind: 'logs', lines });
  }
}
