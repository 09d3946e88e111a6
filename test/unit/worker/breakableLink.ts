/**
 * A worker's end of a link whose connection a test breaks and makes again, and at the other end a master that does what the
 * test says. What is sent while there is no connection is kept, heartbeats excepted, as every link does.
 */
import type { LinkListener, LinkVitals, MasterMessage, WorkerEnd, WorkerMessage } from '../../../src/link/index.js';

export class BreakableLink implements WorkerEnd {
  /** What the master has received, in order. */
  readonly received: WorkerMessage[] = [];
  /** Called with each message that the master receives. */
  answer: (message: WorkerMessage) => void = () => {};
  /** Whether heartbeats are answered. */
  answersHeartbeats = true;
  /** Seconds that the master's clock is ahead. */
  clockOffsetSeconds = 0;
  isClosed = false;
  #listener: LinkListener<MasterMessage> | undefined;
  #isUp = true;
  #provenAt = performance.now();
  #kept: WorkerMessage[] = [];
  #early: MasterMessage[] = [];

  get vitals(): LinkVitals {
    const isUp = this.#isUp && !this.isClosed;
    return { isUp, provenAt: this.#provenAt, roundTripMillis: 0.5, clockOffsetSeconds: this.clockOffsetSeconds };
  }

  listen(listener: LinkListener<MasterMessage>): void {
    this.#listener = listener;
    for (const message of this.#early.splice(0)) this.say(message);
  }

  send(message: WorkerMessage): void {
    if (this.isClosed) return;
    const sentAt = performance.now();
    if (this.#isUp) setImmediate(() => this.#arrive(message, sentAt));
    else if (message.kind !== 'heartbeat') this.#kept.push(message);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    setImmediate(() => this.#listener?.closed());
  }

  /** The master says something. */
  say(message: MasterMessage): void {
    if (this.#listener === undefined) this.#early.push(message);
    else setImmediate(() => this.#listener?.message(message));
  }

  interrupt(reason = 'a test cut it'): void {
    this.#isUp = false;
    this.#listener?.interrupted?.(reason);
  }

  resume(): void {
    this.#isUp = true;
    for (const message of this.#kept.splice(0)) this.send(message);
    this.#listener?.resumed?.();
  }

  /** Another master process answers: it knows nothing, and what was under way is lost. */
  renew(): void {
    this.#kept = [];
    this.#isUp = true;
    this.#provenAt = performance.now();
    this.#listener?.renewed?.();
  }

  /** The link gives up, or the master closes it. */
  drop(reason?: Error): void {
    this.isClosed = true;
    this.#listener?.closed(reason);
  }

  /** No heartbeat has been answered for so long. */
  silentFor(seconds: number): void {
    this.answersHeartbeats = false;
    this.#provenAt = performance.now() - seconds * 1000;
  }

  of<Kind extends WorkerMessage['kind']>(kind: Kind): (WorkerMessage & { readonly kind: Kind })[] {
    return this.received.filter((message): message is WorkerMessage & { readonly kind: Kind } => message.kind === kind);
  }

  #arrive(message: WorkerMessage, sentAt: number): void {
    this.received.push(message);
    if (message.kind === 'heartbeat' && this.answersHeartbeats && this.#isUp) {
      this.#provenAt = sentAt;
      this.#listener?.message({ kind: 'heartbeat' });
    }
    this.answer(message);
  }
}
