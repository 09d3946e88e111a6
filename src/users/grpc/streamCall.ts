/** Many messages back: a server's stream, or streams in both directions. */

import { Inbox } from './inbox.js';
import { lateAwait } from './lateAwait.js';
import type { Thrown } from './measuredCall.js';
import { WritingCall } from './writingCall.js';

export class StreamCall extends WritingCall {
  readonly #inbox = new Inbox();
  #isReading = false;
  #timer: NodeJS.Timeout | undefined = undefined;

  /** Starts a call with one request. */
  startReading(request: unknown): void {
    if (!this.caller.activity.enter(this)) return;
    const bytes = this.encodeFirst(request);
    if (this.state === 'over' || !this.begin()) return;
    this.send(request, bytes);
    this.halfClose();
  }

  protected override begin(): boolean {
    if (!this.open()) return false;
    const { maxSeconds } = this.options;
    if (maxSeconds !== undefined) this.#timer = setTimeout(() => this.endHere('its time was over'), maxSeconds * 1000);
    this.#readOn();
    return true;
  }

  /** The next message, for the test's loop. */
  take(): Promise<IteratorResult<unknown>> {
    const message = lateAwait(this.caller.activity) ?? this.#inbox.take();
    this.#readOn();
    return message;
  }

  /** The test wants no more of it: it ends, as a success. */
  leave(): void {
    this.#inbox.clear();
    this.endHere('the test left the stream');
  }

  #readOn(): void {
    if (this.#isReading || this.state !== 'open' || !this.#inbox.hasRoom) return;
    this.#isReading = true;
    this.startRead();
  }

  protected override received(message: unknown): void {
    this.#isReading = false;
    this.#inbox.put(message);
    if (this.messagesReceived === this.options.maxMessages) this.endHere('it had its messages');
    else this.#readOn();
  }

  protected override settled(problem: Thrown | undefined): void {
    const failed = this.error !== undefined && !this.isJudged;
    this.#inbox.end(problem ?? (failed ? { thrown: this.error } : undefined));
  }

  protected override stopped(reason: unknown): void {
    this.#inbox.clear();
    this.#inbox.end({ thrown: reason });
  }

  protected override refused(thrown: unknown): void {
    this.#inbox.end({ thrown });
  }

  /** A stream that works ends with its user, as a success. One whose first message never came is cut off. */
  protected override isEndedByStop(): boolean {
    return this.messagesReceived > 0;
  }

  protected override closed(): void {
    clearTimeout(this.#timer);
    super.closed();
  }
}
