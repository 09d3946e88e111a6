/**
 * Where Locust workers, boomer and others of that protocol find our master: a ZeroMQ ROUTER.
 *
 * Whatever comes in is read before it is believed. A bad message is dropped, and logged once for each sender; it ends neither
 * the loop nor anybody's connection. There is no authentication in this protocol, which the log says. So everything that is kept of
 * a peer has a bound, however many there are: see `admission.ts` and `maxRemembered` in `options.ts`.
 */
import type { Router } from 'zeromq';
import { ConnectionError, LinkError } from '../../errors.js';
import { describeThrown, getLogger } from '../../log.js';
import { Admission, admissionLimits } from './admission.js';
import { packEnvelope, readEnvelope } from './envelope.js';
import { ForeignWorker } from './foreignWorker.js';
import { answerLocustfile } from './locustfileAnswer.js';
import { type LocustServer, type LocustServerOptions, locustVersion, maxMessageBytes } from './options.js';
import { Outbox } from './outbox.js';
import { judgeVersion } from './version.js';
import { endpointOf, loadZeroMq, socketOptions } from './zeromq.js';

/** Seconds that a Locust worker goes on without an answer: so long a master keeps its place. */
const graceSeconds = 60;
/** Seconds of silence after which nobody waits for a worker any more. */
const removeSeconds = 65;
const defaults = {
  host: '127.0.0.1',
  silenceSeconds: 5,
  stopSeconds: 30,
  leaveSeconds: 5,
  lastReportSeconds: 4,
  maxRemembered: 1000,
} as const;
const tickMillis = 1000;
const askAgainMillis = 5000;
/** So often a peer becomes a worker without being asked to wait. */
const freeBeginnings = 5;
const giveAgainMillis = 500;
/** Seconds from one line about workers that are not let in to the next. */
const tellAgainSeconds = 60;
/** Messages of one peer that wait in the socket to be read; each may have `maxMessageBytes`. */
const receiveHighWaterMark = 50;
/** Milliseconds that the last messages get to leave. */
const lingerMillis = 1000;
/** Milliseconds until a socket that cannot be read from is tried again. */
const retryMillis = 1000;

const log = getLogger('tsload.link');

export class Server implements LocustServer {
  readonly port: number;
  readonly url: string;
  /** By ZeroMQ identity, as hexadecimal digits. */
  readonly #workers = new Map<string, ForeignWorker>();
  readonly #outbox: Outbox<[Buffer, Buffer]>;
  readonly #complained = new Set<string>();
  /** When strangers were asked to register: milliseconds of `performance.now()`. */
  readonly #asked = new Map<string, number>();
  /** How often peers became workers, and when they last did. */
  readonly #begun = new Map<string, { readonly times: number; readonly at: number }>();
  /** When peers were given the locustfile: as `#asked`. */
  readonly #given = new Map<string, number>();
  readonly #admission: Admission;
  #toldOfRefusalAt = Number.NEGATIVE_INFINITY;
  readonly #ticker: NodeJS.Timeout;
  readonly #reading: Promise<void>;
  #isOpen = true;
  #closing: Promise<void> | undefined;

  /** Throws `ConnectionError` without the `zeromq` package, or when the port is taken. */
  static async open(options: LocustServerOptions): Promise<Server> {
    const { Router } = await loadZeroMq();
    const { host = defaults.host, port, maxMessageBytes: maxMessageSize = maxMessageBytes } = options;
    const ipv6 = host === '*' || host.includes(':');
    // mandatory: a peer that is gone is told by the send; without it what is for it would be dropped without a word
    const router = new Router({
      ...socketOptions,
      ipv6,
      maxMessageSize,
      receiveHighWaterMark,
      handover: true,
      mandatory: true,
      sendTimeout: 0,
    });
    try {
      await router.bind(endpointOf(host, port));
    } catch (cause) {
      router.close();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectionError(
        `cannot listen for Locust workers at ${host}:${port} (${why}): give another port or address`,
        {
          cause,
        },
      );
    }
    return new Server(router, options);
  }

  private constructor(
    private readonly router: Router,
    private readonly options: LocustServerOptions,
  ) {
    this.url = router.lastEndpoint ?? '';
    this.port = Number(/:(\d+)$/.exec(this.url)?.[1] ?? options.port);
    this.#outbox = new Outbox(
      (frames) => router.send(frames).catch((thrown: unknown) => this.#unsent(frames[0], thrown)),
      (thrown) => this.#isOpen && log.error(`a message to a Locust worker could not be sent: ${String(thrown)}`),
    );
    this.#admission = new Admission({ ...admissionLimits, ...options.admission }, performance.now() / 1000);
    this.#reading = this.#read();
    this.#ticker = setInterval(() => this.#tick(), tickMillis).unref();
    log.warning(
      `listening for Locust workers at ${this.url}: their protocol has no authentication, so whoever reaches this port can take part`,
    );
  }

  get #maxRemembered(): number {
    return this.options.maxRemembered ?? defaults.maxRemembered;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isOpen = false;
    clearInterval(this.#ticker);
    for (const worker of [...this.#workers.values()]) worker.end();
    await this.#outbox.flushed();
    this.router.linger = lingerMillis; // a worker that misses a quit stays for a minute
    this.router.close();
    await this.#reading;
  }

  async #read(): Promise<void> {
    while (this.#isOpen) {
      try {
        for await (const frames of this.router) this.#receive(frames);
        return;
      } catch (thrown) {
        if (!this.#isOpen) return;
        log.error(`the socket for Locust workers cannot be read: ${describeThrown(thrown)}`);
        await new Promise((resolve) => setTimeout(resolve, retryMillis));
      }
    }
  }

  #receive([identity, payload]: readonly Buffer[]): void {
    if (!this.#isOpen || identity === undefined) return;
    try {
      if (payload === undefined) throw new LinkError('the message is empty');
      this.#take(identity, payload);
    } catch (thrown) {
      this.#complain(identity, thrown);
    }
  }

  #complain(identity: Buffer, thrown: unknown): void {
    if (!this.#isFirstComplaint(identity)) return;
    const why = thrown instanceof LinkError ? thrown.message : describeThrown(thrown);
    log.warning(`a message of ${shownIdentity(identity)} is dropped, and further bad ones without a word: ${why}`);
  }

  #isFirstComplaint(identity: Buffer): boolean {
    const key = identity.toString('hex');
    if (this.#complained.has(key) || this.#complained.size > this.#maxRemembered) return false;
    this.#complained.add(key);
    if (this.#complained.size <= this.#maxRemembered) return true;
    log.warning(
      `messages of ${this.#maxRemembered} peers of the port for Locust workers were dropped: of others there is no line`,
    );
    return false;
  }

  #take(identity: Buffer, payload: Buffer): void {
    const { type, data, nodeId } = readEnvelope(payload);
    const key = identity.toString('hex');
    if (type === 'client_ready') this.#register(identity, key, nodeId, data);
    else if (type === 'locustfile') this.#answerLocustfile(identity, key, nodeId, data);
    else {
      const worker = this.#workers.get(key);
      if (worker !== undefined) worker.receive(type, data);
      else if (type === 'heartbeat') this.#askToRegister(identity, key, nodeId);
    }
  }

  #register(identity: Buffer, key: string, nodeId: string, version: unknown): void {
    const id = nodeId === '' ? shownIdentity(identity) : nodeId;
    const { isAccepted, level, text } = judgeVersion(version, this.options.version ?? locustVersion, id);
    if (!isAccepted) {
      if (level !== undefined && this.#isFirstComplaint(identity)) log[level](text ?? '');
      return;
    }
    const known = this.#workers.get(key);
    if (known?.registersAgain() || !this.#mayBeginAnew(key) || !this.#hasRoomFor(id, known)) return;
    if (level !== undefined && known === undefined) log[level](text ?? '');
    known?.end(new LinkError(`${id} began anew, without the users that it had`));
    this.#asked.delete(key);
    this.#noteBeginning(key);
    this.#welcome(identity, key, id, version);
  }

  /** Each time users are dealt anew, and there is a line in the log. Locust's workers ask again each five seconds. */
  #mayBeginAnew(key: string): boolean {
    const begun = this.#begun.get(key);
    return begun === undefined || begun.times < freeBeginnings || performance.now() - begun.at >= askAgainMillis;
  }

  /** Of one that is let in: those that there is no room for have only asked. */
  #noteBeginning(key: string): void {
    const times = (this.#begun.get(key)?.times ?? 0) + 1;
    if (this.#begun.size >= this.#maxRemembered) this.#begun.clear();
    this.#begun.set(key, { times, at: performance.now() });
  }

  #hasRoomFor(id: string, known: ForeignWorker | undefined): boolean {
    const now = performance.now() / 1000;
    const refusal = this.#admission.refusal(this.#workers.size - (known === undefined ? 0 : 1), now);
    if (refusal !== undefined && now - this.#toldOfRefusalAt >= tellAgainSeconds) {
      this.#toldOfRefusalAt = now;
      log.warning(`${id} is not let in for now, nor are others: ${refusal}`);
    }
    return refusal === undefined;
  }

  #welcome(identity: Buffer, key: string, id: string, version: unknown): void {
    const { stopSeconds, leaveSeconds, lastReportSeconds } = { ...defaults, ...this.options };
    const worker: ForeignWorker = new ForeignWorker(id, {
      userClasses: this.options.userClasses,
      secretOptions: new Set(this.options.secretOptions),
      reportsWhileIdle: typeof version === 'string', // boomer, and our own workers, say -1
      stopSeconds,
      leaveSeconds,
      lastReportSeconds,
      send: (type, data) => this.#send(identity, id, type, data),
      gone: () => {
        if (this.#workers.get(key) === worker) this.#workers.delete(key);
      },
    });
    this.#workers.set(key, worker);
    const shown = typeof version === 'string' ? `locust ${version.slice(0, 40)}` : 'locust';
    try {
      this.options.onWorker({ worker: id, version: shown, graceSeconds, isForeign: true }, worker);
    } catch (thrown) {
      worker.end();
      throw thrown;
    }
  }

  /** A file may be large, and what a peer does not read waits in memory: Locust's workers ask once a second. */
  #answerLocustfile(identity: Buffer, key: string, nodeId: string, data: unknown): void {
    if (!this.#isDue(this.#given, key, giveAgainMillis)) return;
    const send = (answer: unknown) => this.#send(identity, nodeId, 'locustfile', answer);
    answerLocustfile(data, this.options.locustfiles).then(send, (thrown: unknown) => this.#complain(identity, thrown));
  }

  /**
   * A worker that this master does not know, because it was given up or the master is a new one: a stop makes it register
   * once more, without users. Locust has no other message for that.
   */
  #askToRegister(identity: Buffer, key: string, nodeId: string): void {
    if (this.#isDue(this.#asked, key, askAgainMillis)) this.#send(identity, nodeId, 'stop', null);
  }

  /** Whether this was not done for a peer within so many milliseconds; it is noted as done now. */
  #isDue(done: Map<string, number>, key: string, againMillis: number): boolean {
    const now = performance.now();
    if (now - (done.get(key) ?? -Infinity) < againMillis) return false;
    if (done.size >= this.#maxRemembered) done.clear();
    done.set(key, now);
    return true;
  }

  #send(identity: Buffer, nodeId: string, type: string, data: unknown): void {
    try {
      this.#outbox.push([identity, packEnvelope({ type, data, nodeId })]);
    } catch (thrown) {
      if (!(thrown instanceof LinkError)) throw thrown;
      log.error(`a message of type ${type} cannot be sent to ${nodeId}: ${thrown.message}`);
    }
  }

  /** A peer that is gone, or takes nothing: what it misses it is told again when it is back. */
  #unsent(identity: Buffer, thrown: unknown): void {
    const code: unknown = Reflect.get(Object(thrown), 'code');
    if (code === 'EHOSTUNREACH') this.#workers.get(identity.toString('hex'))?.unreachable();
    else if (code !== 'EAGAIN') throw thrown;
  }

  #tick(): void {
    const now = performance.now();
    const { silenceSeconds } = { ...defaults, ...this.options };
    for (const worker of [...this.#workers.values()]) {
      const silent = (now - worker.vitals.provenAt) / 1000;
      if (silent > removeSeconds) worker.end(new LinkError(`${worker.id} was silent for ${removeSeconds} s`));
      else if (silent > silenceSeconds) worker.interrupt(`nothing was heard of it for ${silenceSeconds} s`);
    }
  }
}

function shownIdentity(identity: Buffer): string {
  const text = identity.toString('utf8');
  return /^[\x20-\x7e]+$/.test(text) ? text : `peer ${identity.toString('hex', 0, 16)}`;
}
