/**
 * The socket of a worker of ours to a real Locust master: keeps what cannot be sent yet, and knows whether the master still knows
 * this worker.
 *
 * ZeroMQ connects again by itself, but to whoever listens there by then: a master that was started anew does not know us, and some
 * messages of a stranger end its loop. So nothing is queued in the socket while there is no connection (`immediate`), and after
 * each new connection only heartbeats are sent until something comes back.
 */
import type { Dealer } from 'zeromq';
import { ConnectionError } from '../../errors.js';
import { getLogger } from '../../log.js';
import type { LinkVitals } from '../link.js';
import { type Envelope, packEnvelope, readEnvelope } from './envelope.js';
import { maxMessageBytes } from './options.js';
import { Outbox } from './outbox.js';
import { endpointOf, loadZeroMq, socketOptions, type ZeroMq } from './zeromq.js';

/** Messages that wait for the master; beyond it the oldest is dropped. */
const maxHeld = 10_000;
/** Milliseconds that the last messages get to leave a socket that is closed. */
const lingerMillis = 1000;

const log = getLogger('tsload.link');

export interface MasterSocketOptions {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly timeoutSeconds: number;
  /** Seconds after which a connection on which nothing comes back, or that does not come, is made anew. */
  readonly reviveSeconds: number;
  /** Seconds without an answer after which the master may have given up on this worker. */
  readonly missedSeconds: number;
  /** Seconds that users go on without a connection: for the log. */
  readonly graceSeconds: number;
  received(envelope: Envelope): void;
  interrupted(reason: string): void;
  /** `silentSeconds`: how long nothing was heard. */
  resumed(silentSeconds: number): void;
  /** Over a connection that stood, no heartbeat went out for so long: this process stood still. */
  stoodStill(seconds: number): void;
}

interface Beat {
  readonly state: string;
  readonly cpuPercent: number;
  readonly memoryBytes: number;
}

interface Packed {
  readonly bytes: Buffer;
  /** It waits for another connection when this one does not take it; others are of no use later. */
  readonly isKept: boolean;
}

export class MasterSocket {
  #zeroMq: ZeroMq | undefined;
  #dealer: Dealer | undefined;
  #outbox: Outbox<Packed> | undefined;
  #isConnected = false;
  #isKnown = false;
  #wasKnown = false;
  #isClosed = false;
  #registration: unknown;
  #held: Packed[] = [];
  #hasComplained = false;
  /** All of `performance.now()`. When there last was a connection, or one less, or a new try. */
  #changedAt = performance.now();
  #provenAt = performance.now();
  #answeredAt: number | undefined;
  #heardAt = performance.now();
  #beatAt = performance.now();
  #unanswered: number[] = [];
  #roundTripMillis: number | undefined;

  constructor(private readonly options: MasterSocketOptions) {}

  /** Throws `ConnectionError` without the `zeromq` package, or when the host is no name of one. */
  async open(): Promise<void> {
    this.#zeroMq = await loadZeroMq();
    try {
      this.#connect(this.#zeroMq);
    } catch (cause) {
      const { host, port } = this.options;
      throw new ConnectionError(`${host}:${port} is no address of a Locust master: give one with --master-host`, {
        cause,
      });
    }
  }

  get vitals(): LinkVitals {
    return {
      isUp: this.#isConnected, // also while the master has said nothing on it: it answers to heartbeats only
      provenAt: this.#provenAt,
      roundTripMillis: this.#roundTripMillis,
      clockOffsetSeconds: 0,
    };
  }

  /** There is a connection, and the master has said something on it. */
  get isKnown(): boolean {
    return this.#isConnected && this.#isKnown;
  }

  /** Masters before 2.19 answer no heartbeat: of those nothing can be said. */
  get isSilentTooLong(): boolean {
    if (this.#answeredAt === undefined) return false;
    return performance.now() - this.#answeredAt > this.options.timeoutSeconds * 1000;
  }

  /** Registers, now or as soon as there is a connection. */
  register(version: unknown): void {
    this.#registration = version;
    if (this.#isConnected) this.#push(this.#pack('client_ready', version, false));
  }

  /** Exactly what a Locust master reads, as numbers: without them it goes deaf. */
  beat({ state, cpuPercent, memoryBytes }: Beat): void {
    if (!this.#isConnected || this.#registration !== undefined) return;
    const data = {
      state,
      current_cpu_usage: Number.isFinite(cpuPercent) ? cpuPercent : 0,
      current_memory_usage: Number.isFinite(memoryBytes) ? Math.round(memoryBytes) : 0,
    };
    const now = performance.now();
    if (this.isKnown) this.options.stoodStill((now - this.#beatAt) / 1000);
    this.#beatAt = now;
    this.#unanswered = [...this.#unanswered.slice(-9), now];
    this.#push(this.#pack('heartbeat', data, false));
  }

  /** Sent now, or when the master is known to be there. */
  post(type: string, data: unknown): void {
    const packed = this.#pack(type, data, true);
    if (this.isKnown) this.#push(packed);
    else this.#hold(packed);
  }

  /**
   * Sent now or never, as a master that has given this worker up would go deaf: only to one that has answered a heartbeat of late.
   * A connection can live through minutes in which nothing arrives, and the messages of the time before come out of it first.
   */
  postIfKnown(type: string, data: unknown): void {
    const isProven =
      this.#answeredAt === undefined || performance.now() - this.#provenAt < this.options.missedSeconds * 1000;
    if (this.isKnown && isProven) this.#push(this.#pack(type, data, false));
  }

  /**
   * A connection on which nothing comes back may be one that the master's socket does not take for ours; and ZeroMQ tries no more
   * after an answer that it does not understand.
   */
  revive(): void {
    if (this.isKnown || performance.now() - this.#changedAt <= this.options.reviveSeconds * 1000) return;
    if (this.#isConnected && this.#answeredAt === undefined) return; // masters before 2.19 answer nothing
    log.debug('the Locust master does not answer on this connection: it is made anew');
    this.reopen();
  }

  /** A new socket with the same identity. */
  reopen(): void {
    if (this.#isClosed || this.#zeroMq === undefined) return;
    this.#lost('it is made anew');
    this.#dealer?.close();
    this.#changedAt = performance.now();
    this.#connect(this.#zeroMq);
  }

  /** What was sent before still leaves, if there is a connection. */
  close(): void {
    this.#isClosed = true;
    const [dealer, outbox] = [this.#dealer, this.#outbox];
    if (dealer === undefined) return;
    dealer.linger = this.#isConnected ? lingerMillis : 0;
    const shut = () => dealer.close();
    if (outbox === undefined) shut();
    else outbox.flushed().then(shut, shut);
  }

  #connect({ Dealer }: ZeroMq): void {
    const { id, host, port } = this.options;
    const dealer = new Dealer({
      ...socketOptions,
      ipv6: true,
      routingId: id,
      immediate: true,
      sendTimeout: 0,
      maxMessageSize: maxMessageBytes,
    });
    this.#dealer = dealer;
    this.#outbox = new Outbox(
      ({ bytes }) => dealer.send(bytes),
      (_, packed) => packed.isKept && this.#hold(packed), // the connection is lost, and its event on the way
    );
    dealer.events.on('handshake', () => dealer === this.#dealer && this.#established());
    dealer.events.on('disconnect', () => dealer === this.#dealer && this.#lost('it was closed'));
    dealer.connect(endpointOf(host, port));
    this.#read(dealer).catch((thrown: unknown) => {
      if (dealer === this.#dealer && !this.#isClosed) log.error(`the socket cannot be read: ${String(thrown)}`);
    });
  }

  async #read(dealer: Dealer): Promise<void> {
    for await (const [payload] of dealer) if (payload !== undefined) this.#receive(payload);
  }

  #receive(payload: Buffer): void {
    let envelope: Envelope;
    try {
      envelope = readEnvelope(payload);
    } catch (thrown) {
      if (!this.#hasComplained)
        log.error(`a message of the Locust master is dropped, and further bad ones without a word: ${String(thrown)}`);
      this.#hasComplained = true;
      return;
    }
    if (this.#isClosed) return;
    if (envelope.type === 'ack') this.#registered();
    if (envelope.type === 'heartbeat') this.#answered();
    this.#heard();
    this.options.received(envelope);
  }

  /** A master answers no heartbeat of a worker that it does not know: those from before are none to wait for. */
  #registered(): void {
    this.#registration = undefined;
    this.#unanswered = [];
  }

  #answered(): void {
    const now = performance.now();
    this.#answeredAt = now;
    const sentAt = this.#unanswered.shift();
    if (sentAt === undefined) return;
    this.#provenAt = sentAt;
    this.#roundTripMillis = now - sentAt;
  }

  /** Whatever it says to us, it knows us. */
  #heard(): void {
    const isNews = !this.#isKnown;
    const silentSeconds = (performance.now() - this.#heardAt) / 1000;
    this.#isKnown = true;
    this.#heardAt = performance.now();
    for (const packed of this.#held.splice(0)) this.#push(packed);
    if (!isNews) return;
    if (this.#wasKnown) {
      log.info('the Locust master answers again');
      this.options.resumed(silentSeconds);
    }
    this.#wasKnown = true;
  }

  #hold(packed: Packed): void {
    if (this.#held.length >= maxHeld) this.#held.shift();
    this.#held.push(packed);
  }

  #established(): void {
    this.#isConnected = true;
    this.#changedAt = performance.now();
    if (this.#registration !== undefined) this.#push(this.#pack('client_ready', this.#registration, false));
  }

  #lost(reason: string): void {
    const wasUp = this.isKnown;
    this.#isConnected = false;
    this.#isKnown = false;
    this.#changedAt = performance.now();
    this.#unanswered = [];
    if (!wasUp || this.#isClosed) return;
    const { host, port, graceSeconds } = this.options;
    log.warning(
      `lost the connection to the Locust master at ${host}:${port} (${reason}): users go on, for at most ${graceSeconds} s without it`,
    );
    this.options.interrupted(reason);
  }

  #pack(type: string, data: unknown, isKept: boolean): Packed {
    return { bytes: packEnvelope({ type, data, nodeId: this.options.id }), isKept };
  }

  #push(packed: Packed): void {
    this.#outbox?.push(packed);
  }
}
