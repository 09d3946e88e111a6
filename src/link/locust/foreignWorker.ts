/**
 * A Locust worker, or any other that speaks its protocol, as the master's end of a link: turns what the master says into what
 * Locust's master would, and what the worker says into what one of ours would.
 *
 * The socket is the server's. What a message of the worker cannot be read as throws `LinkError`, which the server logs; it never
 * concerns another worker.
 */
import { callAt, epochSeconds } from '../../clock.js';
import { getLogger } from '../../log.js';
import type { LinkListener, LinkVitals } from '../link.js';
import type { MasterEnd } from '../memory.js';
import type { MasterMessage, SpawnMessage, TestSettings, WorkerMessage } from '../messages.js';
import { Delivery } from './delivery.js';
import { ForeignClasses, type ForeignUpdate } from './foreignClasses.js';
import { ForeignReports } from './foreignReports.js';
import { readClassCounts } from './readStats.js';
import { parsedOptionsOf } from './spawnOptions.js';
import { SpawnPlan } from './spawnPlan.js';
import { fieldsOf, fromWire } from './values.js';

/** Seconds from one spawn to the next while users start one after the other. */
const paceSeconds = 0.25;

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
  readonly #delivery = new Delivery<WorkerMessage>();
  readonly #reports: ForeignReports;
  #isUp = true;
  #provenAt = performance.now();
  #index: number | undefined;
  #test = 0;
  #settings: TestSettings | undefined;
  #phase: Phase = 'idle';
  readonly #classes = new ForeignClasses();
  #plan = new SpawnPlan([]);
  #step = 0;
  /** The step whose end the master wants to hear of; 0: none. */
  #awaitedStep = 0;
  #pace: { readonly cancel: () => void } | undefined;
  #lastSpawnTime = 0;
  #told: ReadonlyMap<string, number> = new Map();
  /** Spawns that were sent in this test, and those that the worker said it has. */
  #spawnsSent = 0;
  #spawnsHeard = 0;
  #hasStopped = false;
  /** Locust waits for the stop timeout once more after a stop, and reads nothing before it registers again. */
  #isPausing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly id: string,
    private readonly options: ForeignWorkerOptions,
  ) {
    this.#reports = new ForeignReports((report) => this.#delivery.message(report));
  }

  get vitals(): LinkVitals {
    return { isUp: this.#isUp, provenAt: this.#provenAt, roundTripMillis: undefined, clockOffsetSeconds: 0 };
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
    this.#pace?.cancel();
    clearTimeout(this.#timer);
    this.#delivery.closed(reason);
    this.options.gone();
  }

  /** Nothing was heard of it for too long. */
  interrupt(reason: string): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#delivery.interrupted(reason);
  }

  /**
   * It registers once more: because it was stopped, or because our answer was late. Returns false when it must have begun anew
   * instead, without the users that it had.
   */
  registersAgain(): boolean {
    if (this.#phase === 'testing' && this.#spawnsHeard > 0) return false;
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
        this.#classes.begin(message.setup);
        this.options.send('ack', { index: message.index });
        return;
      case 'testStart':
        this.#beginTest(message);
        return;
      case 'spawn':
        this.#takeSpawn(message);
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
        this.#update(this.#classes.update({ ...message.update }));
        return;
      case 'custom':
        this.#sendCustom(message.type, message.data);
        return;
      case 'heartbeat': // was answered when it came
      case 'acknowledge':
      case 'grant':
        return; // Locust knows neither
      default:
        message satisfies never;
    }
  }

  /** A message of the worker. Throws `LinkError` for one that cannot be read. */
  receive(type: string, data: unknown): void {
    this.#heard();
    switch (type) {
      case 'heartbeat':
        this.#reports.noteHeartbeat(data);
        this.options.send('heartbeat', null);
        this.#delivery.message({ kind: 'heartbeat', ...this.#reports.heartbeat });
        return;
      case 'spawning':
        this.#spawnsHeard++;
        return;
      case 'spawning_complete':
        this.#spawningComplete(data);
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
        this.#delivery.message({ kind: 'quit' });
        this.end();
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
    if (this.#phase === 'testing' && this.#spawnsSent > 0) this.#tell();
    if (this.#phase !== 'testing' && this.#spawnsSent > 0 && !this.#hasStopped) this.options.send('stop', null);
  }

  #beginTest({ test, period, startTime, settings }: MasterMessage & { readonly kind: 'testStart' }): void {
    this.#test = test;
    this.#settings = settings;
    this.#phase = 'testing';
    this.#plan = new SpawnPlan(this.options.userClasses());
    this.#told = this.#plan.counts();
    this.#awaitedStep = 0;
    this.#spawnsSent = 0;
    this.#spawnsHeard = 0;
    this.#hasStopped = false;
    this.#reports.begin(period, startTime + settings.warmupSeconds);
    if (settings.iterations !== undefined) {
      log.warning(`${this.id} is a Locust worker, which knows no limit of iterations: its users go on without one`);
    }
    this.#delivery.message({ kind: 'started', test });
  }

  #takeSpawn(message: SpawnMessage): void {
    if (message.test !== this.#test || this.#phase !== 'testing') return;
    this.#plan.take(message);
    this.#step = message.step;
    this.#awaitedStep = message.isLast ? message.step : 0;
    this.#pace?.cancel();
    this.#plan.advance(epochSeconds());
    const possible = this.#classes.possible(this.#plan.counts());
    if (this.#plan.nextTime === undefined || !isSame(possible, this.#told)) this.#tell();
    this.#sleep();
  }

  #sleep(): void {
    const next = this.#plan.nextTime;
    if (next === undefined) return;
    this.#pace = callAt(Math.max(next, this.#lastSpawnTime + paceSeconds), () => {
      this.#plan.advance(epochSeconds());
      this.#tell();
      this.#sleep();
    });
  }

  #tell(): void {
    const settings = this.#settings;
    if (settings === undefined) return;
    this.#lastSpawnTime = spawnTime(this.#lastSpawnTime);
    this.#spawnsSent++;
    this.#told = this.#classes.possible(this.#plan.counts());
    this.#update(this.#classes.due(this.#told));
    this.options.send('spawn', {
      timestamp: this.#lastSpawnTime,
      user_classes_count: this.#told,
      host: settings.host ?? null,
      stop_timeout: settings.stopTimeoutSeconds,
      parsed_options: parsedOptionsOf(settings, this.options.secretOptions),
    });
  }

  #update(updates: readonly ForeignUpdate[]): void {
    for (const update of updates) this.options.send('update_user_class', update);
  }

  /** It has done a spawn; only when that was the last one the master is told. */
  #spawningComplete(data: unknown): void {
    const counts = readClassCounts(fieldsOf(data, 'spawning_complete')['user_classes_count']);
    if (this.#phase !== 'testing' || this.#awaitedStep === 0 || this.#plan.nextTime !== undefined) return;
    const isAsTold = [...this.#told].every(([name, count]) => (counts[name] ?? 0) === count);
    if (!isAsTold && this.#spawnsHeard < this.#spawnsSent) return;
    this.#awaitedStep = 0;
    this.#delivery.message({ kind: 'users', test: this.#test, step: this.#step, userCounts: counts, isSpent: false });
  }

  #takeStats(data: unknown): void {
    this.#learnClasses(this.#reports.takeStats(data, this.#phase !== 'idle'));
    if (this.#phase === 'stopping' && this.#hasStopped) this.#finishStop();
  }

  #learnClasses(reported: Readonly<Record<string, number>>): void {
    const missing = this.#classes.hear(reported, this.options.userClasses());
    if (missing.length === 0) return;
    log.error(
      `${this.id} has no user class ${missing.join(', ')}, only ${Object.keys(reported).join(', ')}: users of it are not started there; give all workers a locustfile with the same classes`,
    );
    if (this.#phase === 'testing' && this.#spawnsSent > 0) this.#tell();
  }

  #stop({ test, isHurried }: MasterMessage & { readonly kind: 'stop' }): void {
    if (test !== this.#test || this.#phase === 'idle') return;
    if (this.#phase === 'testing') {
      this.#pace?.cancel();
      this.#phase = 'stopping';
      if (this.#spawnsSent === 0) {
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
    const patience = stopSeconds + (this.#settings?.stopTimeoutSeconds ?? 0);
    const seconds = this.#isUp && !isHurried ? patience : Math.min(leaveSeconds, patience);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      log.warning(
        `${this.id} has not stopped within ${seconds} s of being told to: the test ends without its last numbers`,
      );
      this.#finishStop();
    }, seconds * 1000);
  }

  /** Its users are gone. Locust reports their last samples within three seconds; boomer never. */
  #clientStopped(): void {
    const isNews = this.#phase === 'stopping' && !this.#hasStopped;
    if (this.#phase !== 'testing') this.#hasStopped = true;
    this.#isPausing = true;
    if (!isNews) return;
    clearTimeout(this.#timer);
    if (!this.options.reportsWhileIdle) this.#finishStop();
    else this.#timer = setTimeout(() => this.#finishStop(), this.options.lastReportSeconds * 1000);
  }

  #finishStop(): void {
    if (this.#phase !== 'stopping') return;
    clearTimeout(this.#timer);
    this.#reports.flushExceptions();
    this.#phase = 'idle';
    this.#delivery.message({ kind: 'stopped', test: this.#test });
  }

  #quit(): void {
    this.#pace?.cancel();
    this.options.send('quit', null);
    clearTimeout(this.#timer);
    const { leaveSeconds } = this.options;
    const left = (): void => {
      this.#delivery.message({ kind: 'quit' });
      this.end();
    };
    if (this.#isPausing) {
      left(); // it reads the message later, and has nothing to say any more
      return;
    }
    this.#timer = setTimeout(() => {
      log.warning(`${this.id} did not leave within ${leaveSeconds} s of being told to: it is counted as gone`);
      left();
    }, leaveSeconds * 1000);
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

/**
 * Later than the last one: a worker discards what is not. Never a whole number: boomer compares only those, and says nothing of
 * those that it discards.
 */
function spawnTime(last: number): number {
  const time = Math.max(epochSeconds(), last + 1e-3);
  return Number.isInteger(time) ? time + 1e-6 : time;
}

function isSame(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([name, count]) => b.get(name) === count);
}
