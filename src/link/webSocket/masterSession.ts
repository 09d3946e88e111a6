/**
 * The master's end: puts its clock into the answer to each heartbeat. A probe is answered here; a heartbeat with a message
 * is answered by the master, so that an answer proves that it knows the worker. While the master lets nobody in yet, and so nobody
 * listens, it is answered as a probe: the worker would take the connection for dead, and nothing is proven.
 */
import { ownEpochSeconds } from '../../clock.js';
import { LinkError } from '../../errors.js';
import type { LinkVitals } from '../link.js';
import type { MasterMessage, WorkerMessage } from '../messages.js';
import { answerFrame, type Frame, nothing } from './frames.js';
import { masterCodec } from './messageCodec.js';
import { Session, type SessionOwner } from './session.js';

export class MasterSession extends Session<MasterMessage, WorkerMessage> {
  #heardAt = performance.now();
  #roundTripMillis: number | undefined;
  /** Of the heartbeat that has no answer yet. */
  #beat: { readonly sentAt: number; readonly receivedAt: number } | undefined;

  /** `secret`: of the worker's process. */
  constructor(
    owner: SessionOwner,
    readonly secret: string,
  ) {
    super(owner, masterCodec);
  }

  get vitals(): LinkVitals {
    return {
      isUp: this.isUp,
      provenAt: this.#heardAt,
      roundTripMillis: this.#roundTripMillis,
      clockOffsetSeconds: 0,
    };
  }

  protected override deliver(message: WorkerMessage): void {
    this.#note(message);
    super.deliver(message);
  }

  protected override sendBeat(message: MasterMessage): void {
    this.#answer(this.codec.encode(message));
  }

  protected override receiveBeat(frame: Extract<Frame, { readonly kind: 'heartbeat' | 'answer' }>): void {
    if (frame.kind !== 'heartbeat') throw new LinkError('a worker sends heartbeats and no answers');
    this.#beat = { sentAt: frame.sentAt, receivedAt: ownEpochSeconds() };
    if (frame.body.length === 0) this.#answer(nothing);
    else if (this.isListened) this.deliver(this.codec.decode(frame.body));
    else {
      this.#note(this.codec.decode(frame.body));
      this.#answer(nothing);
    }
  }

  #note(message: WorkerMessage): void {
    this.#heardAt = performance.now();
    if (message.kind === 'heartbeat') this.#roundTripMillis = message.roundTripMillis;
  }

  #answer(body: Uint8Array): void {
    const answeredAt = ownEpochSeconds();
    const { sentAt, receivedAt } = this.#beat ?? { sentAt: 0, receivedAt: answeredAt };
    this.#beat = undefined;
    this.say(answerFrame(this.acknowledging(), { sentAt, receivedAt, answeredAt }, body));
  }
}
