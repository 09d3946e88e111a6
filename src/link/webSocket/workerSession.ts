/**
 * The worker's end: sends heartbeats with the time, and learns from the answers how long they took and how late it is at the
 * master. A heartbeat without a message is a probe: the link's own, to measure or to see whether the connection is alive.
 */
import { LinkError } from '../../errors.js';
import type { LinkVitals } from '../link.js';
import type { MasterMessage, WorkerMessage } from '../messages.js';
import type { Carrier } from './carrier.js';
import { ClockEstimate } from './clockEstimate.js';
import { type AnswerTimes, type Frame, heartbeatFrame, nothing } from './frames.js';
import { workerCodec } from './messageCodec.js';
import { Session, type SessionOwner } from './session.js';

export class WorkerSession extends Session<WorkerMessage, MasterMessage> {
  readonly #clock = new ClockEstimate();
  readonly #now: () => number;
  #provenAt = Number.NEGATIVE_INFINITY;
  #beatAt = Number.NEGATIVE_INFINITY;
  #isKnownToListener = false;
  #measured: (() => void) | undefined;

  /** `now`: seconds since 1970 of this process's own clock. */
  constructor(owner: SessionOwner, now: () => number) {
    super(owner, workerCodec);
    this.#now = now;
  }

  get vitals(): LinkVitals {
    return {
      isUp: this.isUp,
      provenAt: this.#provenAt,
      roundTripMillis: this.#clock.roundTripMillis,
      clockOffsetSeconds: this.#clock.offsetSeconds,
    };
  }

  /** When the last heartbeat or probe was sent, in milliseconds of `performance.now()`. */
  get beatAt(): number {
    return this.#beatAt;
  }

  override attach(carrier: Carrier, peerReceived: number): void {
    this.#clock.forgetSamples();
    super.attach(carrier, peerReceived);
  }

  /** The master knows this worker no more, or not yet, and gets its hello in this moment. */
  introduce(): void {
    this.restart(this.#isKnownToListener);
    this.#provenAt = performance.now();
  }

  /** The clock is right, and whoever gets this link hears from now on what happens to it. */
  settle(): void {
    this.#clock.settle();
    this.#isKnownToListener = true;
  }

  /** A heartbeat of the link's own. `answered` is called once, with the next answer to any heartbeat. */
  probe(answered?: () => void): void {
    this.#measured = answered;
    this.#beat(nothing);
  }

  protected override sendBeat(message: WorkerMessage): void {
    this.#beat(this.codec.encode(message));
  }

  protected override receiveBeat(frame: Extract<Frame, { readonly kind: 'heartbeat' | 'answer' }>): void {
    if (frame.kind !== 'answer') throw new LinkError('a master sends answers and no heartbeats');
    const { times, body } = frame;
    if (times.sentAt > 0) this.#measure(times, body.length > 0);
    if (body.length > 0) this.deliver(this.codec.decode(body));
  }

  #beat(body: Uint8Array): void {
    this.#beatAt = performance.now();
    this.say(heartbeatFrame(this.acknowledging(), this.#beatAt, body));
  }

  #measure({ sentAt, receivedAt, answeredAt }: AnswerTimes, isOfTheMaster: boolean): void {
    const arrivedAt = performance.now();
    if (sentAt > arrivedAt || answeredAt < receivedAt) throw new LinkError('the times of an answer cannot be');
    const [ownArrival, underWayMillis] = [this.#now(), arrivedAt - sentAt];
    const ownSending = ownArrival - underWayMillis / 1000;
    this.#clock.add({
      roundTripMillis: Math.max(0, underWayMillis - (answeredAt - receivedAt) * 1000),
      offsetSeconds: (receivedAt - ownSending + (answeredAt - ownArrival)) / 2,
    });
    if (isOfTheMaster) this.#provenAt = Math.max(this.#provenAt, sentAt);
    const measured = this.#measured;
    this.#measured = undefined;
    measured?.();
  }
}
