/**
 * A link that outlives its connections: numbers what is sent, keeps it until the other end has it, sends it again on the next
 * connection, and delivers what comes exactly once and in order. `workerSession.ts` and `masterSession.ts` add the heartbeats.
 *
 *   outgoing   bound: `maxKeptBytes`; beyond it the link is closed with a reason. At `maxBufferedBytes` in the socket it waits.
 *   beside it  heartbeats, answers, acknowledgements: sent at once and never kept; the same bounds together
 *   incoming   see `delivery.ts`
 */
import { ConnectionError, LinkError, TsloadError } from '../../errors.js';
import { getLogger } from '../../log.js';
import type { Link, LinkListener, LinkVitals } from '../link.js';
import type { Carrier } from './carrier.js';
import { Delivery } from './delivery.js';
import { acknowledgeFrame, byeFrame, endFrame, type Frame, messageFrame, readFrame } from './frames.js';
import type { Codec } from './messageCodec.js';
import type { LinkLimits } from './options.js';
import { Outbox } from './outbox.js';

const log = getLogger('tsload.link');

/** Messages, or bytes of them, that came since the last acknowledgement, from which on one is sent by itself. */
const maxUnacknowledged = 64;
const maxUnacknowledgedBytes = 256 * 1024;

export interface SessionOwner {
  /** Who the other end is, for a log: `worker W`, `the master at H:P`. */
  readonly peer: string;
  readonly limits: LinkLimits;
  /** The connection is lost, and the session goes on. */
  interrupted(reason: string): void;
  /** The session is over; `reason` is absent when an end closed it on purpose. */
  ended(reason: Error | undefined): void;
}

type Beat = Extract<Frame, { readonly kind: 'heartbeat' | 'answer' }>;

export abstract class Session<Outgoing extends { readonly kind: string }, Incoming>
  implements Link<Outgoing, Incoming>
{
  protected carrier: Carrier | undefined;
  readonly #outbox = new Outbox();
  readonly #delivery: Delivery<Incoming>;
  #received = 0;
  #unacknowledged = 0;
  #unacknowledgedBytes = 0;
  #phase: 'open' | 'closing' | 'over' = 'open';
  /** As far as the listener was told. */
  #isInterrupted = false;
  #closeLimit: NodeJS.Timeout | undefined;

  constructor(
    protected readonly owner: SessionOwner,
    protected readonly codec: Codec<Outgoing, Incoming>,
  ) {
    this.#delivery = new Delivery<Incoming>(
      (thrown) => this.fail(new ConnectionError('the other end could not handle a message', { cause: thrown })),
      () => {
        this.carrier?.setReading(true);
        this.excuseSilence();
      },
    );
  }

  abstract get vitals(): LinkVitals;
  protected abstract sendBeat(message: Outgoing): void;
  protected abstract receiveBeat(frame: Beat): void;

  /** Number of the last message that came. */
  get received(): number {
    return this.#received;
  }

  get isUp(): boolean {
    return this.carrier !== undefined;
  }

  /** Somebody hears what comes. */
  get isListened(): boolean {
    return this.#delivery.isListened;
  }

  /** `close` was called, by either side. */
  get isClosing(): boolean {
    return this.#phase !== 'open';
  }

  get isOver(): boolean {
    return this.#phase === 'over';
  }

  listen(listener: LinkListener<Incoming>): void {
    this.#delivery.listen(listener);
  }

  /** Throws `LinkError` for a message that cannot be sent, because of what is in it or its size. */
  send(message: Outgoing): void {
    if (this.#phase !== 'open') return;
    if (message.kind === 'heartbeat') {
      this.sendBeat(message);
      return;
    }
    const body = this.codec.encode(message);
    const { maxFrameBytes, maxKeptBytes } = this.owner.limits;
    if (body.length + 16 > maxFrameBytes) {
      throw new LinkError(
        `a message of kind ${message.kind} has ${body.length} bytes: at most ${maxFrameBytes} are sent`,
      );
    }
    this.#outbox.add(messageFrame(this.#outbox.nextNumber, body));
    if (this.#outbox.keptBytes > maxKeptBytes) {
      const reason = `${this.#outbox.keptBytes} bytes wait for ${this.owner.peer}, which does not take them`;
      this.fail(new ConnectionError(`${reason}: at most ${maxKeptBytes} are kept`));
    } else this.#write();
  }

  close(): void {
    if (this.#phase !== 'open') return;
    this.#phase = 'closing';
    this.#outbox.add(byeFrame(this.#outbox.nextNumber));
    this.#closeLimit = setTimeout(() => {
      const sentence = `${this.owner.peer} did not take the last messages before the link was closed`;
      if (this.isUp) log.warning(sentence);
      else log.debug(sentence); // it had been gone before, and that was said
      this.#finish(undefined);
    }, this.owner.limits.closeMillis);
    this.#write();
  }

  /** Something is wrong: the other end is told the sentence, if it can hear it. */
  fail(error: Error): void {
    if (this.#phase === 'over') return;
    this.carrier?.send(endFrame(error instanceof TsloadError ? error.message : 'it failed'));
    this.#finish(error);
  }

  /** Without a word to the other end, which is gone or has said the last word itself. */
  abandon(error?: Error): void {
    this.#finish(error);
  }

  /** A connection whose handshake is done: the other end has what was sent up to `peerReceived`. */
  attach(carrier: Carrier, peerReceived: number): void {
    this.carrier?.drop();
    this.carrier = carrier;
    this.acknowledging();
    carrier.hear({
      frame: (bytes) => this.#guarded(() => this.#receive(readFrame(bytes), bytes.length)),
      lost: (reason) => this.#lost(reason),
      malformed: (reason) => this.fail(new LinkError(`${this.owner.peer} sent what is not understood: ${reason}`)),
    });
    this.#guarded(() => this.#outbox.resumeAfter(peerReceived));
    this.#write();
  }

  /** Gives the connection up, for example because nothing comes over it any more. */
  detach(reason: string): void {
    if (this.carrier === undefined) return;
    this.carrier.drop();
    this.#lost(reason);
  }

  /** There is a connection, and nothing came over it for that long, though it was read. */
  isSilent(millis: number): boolean {
    if (this.carrier === undefined || this.#delivery.isFull) return false;
    return performance.now() - this.carrier.heardAt > millis;
  }

  /** This process did not run for a while: what it did not hear is no sign of a dead connection. */
  excuseSilence(): void {
    this.carrier?.excuseSilence();
  }

  /** The connection is there again. Before anything that comes over it, and only if the listener was told that it was lost. */
  resumed(): void {
    if (!this.#isInterrupted) return;
    this.#isInterrupted = false;
    this.#delivery.tell((listener) => listener.resumed?.());
  }

  /** The other end knows nothing of this session: begins it anew. */
  protected restart(isKnownToListener: boolean): void {
    this.#outbox.clear();
    this.#received = 0;
    this.#isInterrupted = false;
    if (isKnownToListener) this.#delivery.tell((listener) => listener.renewed?.());
    else this.#delivery.forget(); // nobody has heard anything of the former one
  }

  /** Beside the numbered messages. Whoever makes this end talk and does not listen is not waited for. */
  protected say(frame: Uint8Array): void {
    const { carrier, owner } = this;
    if (carrier === undefined) return;
    carrier.send(frame);
    const { maxKeptBytes, maxBufferedBytes } = owner.limits;
    if (carrier.bufferedBytes <= maxKeptBytes + maxBufferedBytes) return;
    this.fail(new ConnectionError(`${owner.peer} does not take the answers to what it sends`));
  }

  protected deliver(message: Incoming): void {
    this.#delivery.tell((listener) => listener.message(message));
    if (this.#delivery.isFull) this.carrier?.setReading(false);
  }

  #receive(frame: Frame, size: number): void {
    switch (frame.kind) {
      case 'message':
        this.#count(frame.number, size);
        this.deliver(this.codec.decode(frame.body));
        return;
      case 'acknowledge':
        this.acknowledged(frame.received);
        return;
      case 'heartbeat':
      case 'answer':
        this.acknowledged(frame.received);
        this.receiveBeat(frame);
        return;
      case 'bye':
        this.#count(frame.number, size);
        this.say(acknowledgeFrame(this.acknowledging()));
        this.#finish(undefined);
        return;
      case 'end':
        this.#finish(new ConnectionError(`${this.owner.peer} closed the link: ${frame.sentence}`));
        return;
      default:
        throw new LinkError(`a frame of kind ${frame.kind} belongs to the handshake, which is over`);
    }
  }

  protected acknowledged(received: number): void {
    this.#outbox.acknowledge(received);
    if (this.#phase === 'closing' && this.#outbox.isEmpty) this.#finish(undefined);
  }

  #count(number: number, size: number): void {
    if (number !== this.#received + 1) {
      throw new LinkError(`message ${number} came after message ${this.#received}`);
    }
    this.#received = number;
    this.#unacknowledged++;
    this.#unacknowledgedBytes += size;
    if (this.#unacknowledged < maxUnacknowledged && this.#unacknowledgedBytes < maxUnacknowledgedBytes) return;
    this.say(acknowledgeFrame(this.acknowledging()));
  }

  /** Number of the last message that came, which goes to the other end now. */
  protected acknowledging(): number {
    this.#unacknowledged = 0;
    this.#unacknowledgedBytes = 0;
    return this.#received;
  }

  /** What foreign bytes make wrong ends this session, and nothing else. */
  #guarded(act: () => void): void {
    if (this.#phase === 'over') return;
    try {
      act();
    } catch (thrown) {
      const what = thrown instanceof Error ? thrown.message : String(thrown);
      this.fail(new LinkError(`${this.owner.peer} sent what is not understood: ${what}`, { cause: thrown }));
    }
  }

  /** As much as the socket takes; goes on when that is written. */
  readonly #write = (): void => {
    const { carrier } = this;
    if (carrier === undefined) return;
    while (carrier.bufferedBytes < this.owner.limits.maxBufferedBytes) {
      const frame = this.#outbox.next();
      if (frame === undefined) return;
      carrier.send(frame, this.#write);
    }
  };

  #lost(reason: string): void {
    this.carrier = undefined;
    if (this.#phase === 'over') return;
    this.#isInterrupted = true;
    this.#delivery.tell((listener) => listener.interrupted?.(reason));
    this.owner.interrupted(reason);
  }

  #finish(reason: Error | undefined): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    clearTimeout(this.#closeLimit);
    this.carrier?.end(this.owner.limits.closeMillis);
    this.carrier = undefined;
    this.#outbox.clear();
    this.#delivery.end(reason);
    this.owner.ended(reason);
  }
}
