/** A call whose messages to the server may be many. */
import type { Caller } from './caller.js';
import type { MethodDefinition } from './definition.js';
import { lateAwait } from './lateAwait.js';
import { type AnyOptions, MeasuredCall } from './measuredCall.js';
import { Outbox } from './outbox.js';

export type AnySource = Iterable<unknown> | AsyncIterable<unknown>;

export abstract class WritingCall extends MeasuredCall {
  readonly #outbox: Outbox;

  constructor(caller: Caller, method: MethodDefinition, options: AnyOptions) {
    super(caller, method, options);
    this.#outbox = new Outbox(
      (message, bytes, sent) => this.send(message, bytes, sent),
      () => this.halfClose(),
    );
  }

  /** Starts the call; its messages come from `source`, or by `write`. */
  startWriting(source: AnySource | undefined): void {
    if (!this.caller.activity.enter(this)) return;
    if (!this.begin() || source === undefined) return;
    // what the source throws is the test's own fault: it does nothing when the call is over already
    this.#pump(source).catch((thrown: unknown) => this.refuse(thrown));
  }

  protected begin(): boolean {
    return this.open();
  }

  /** False: the call is over, and the message was not sent. In a stopped user it rejects, as every await does. */
  async write(message: unknown): Promise<boolean> {
    if (this.state === 'ready' || this.#outbox.isClosed)
      return (await lateAwait(this.caller.activity)) ?? (await nextTurn());
    const bytes = this.isIntercepted ? undefined : this.method.encode(message);
    const isSent = await this.#outbox.put(message, bytes);
    return isSent || ((await lateAwait(this.caller.activity)) ?? false);
  }

  /** No more messages follow. */
  finishWriting(): void {
    this.#outbox.finish();
  }

  protected override closed(): void {
    this.#outbox.end();
  }

  async #pump(source: AnySource): Promise<void> {
    for await (const message of source) {
      if (!(await this.write(message))) return;
    }
    this.finishWriting();
  }
}

function nextTurn(): Promise<false> {
  return new Promise((resolve) => setImmediate(resolve, false));
}
