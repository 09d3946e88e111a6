/** Many messages there, one back. */
import type { Caller } from './caller.js';
import { CallResponse } from './callResponse.js';
import type { MethodDefinition } from './definition.js';
import type { AnyOptions, Thrown } from './measuredCall.js';
import { WritingCall } from './writingCall.js';

export class ClientStreamCall extends WritingCall {
  readonly promise: Promise<unknown>;
  #resolve!: (value: unknown) => void;
  #reject!: (reason: unknown) => void;

  constructor(caller: Caller, method: MethodDefinition, options: AnyOptions) {
    super(caller, method, options);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // the answer may come, and fail, before the test asks for it
    this.promise.catch(() => {});
  }

  /** The test does not want the answer any more: no sample. */
  abandon(): void {
    if (this.state === 'over') return;
    this.giveUp('the test gave the call up');
    this.#resolve(undefined);
  }

  protected override received(message: unknown): void {
    this.message = message;
  }

  protected override settled(problem: Thrown | undefined): void {
    if (problem !== undefined) this.#reject(problem.thrown);
    else if (this.isJudged) this.#resolve(new CallResponse(this));
    else if (this.error !== undefined) this.#reject(this.error);
    else this.#resolve(this.message);
  }

  protected override stopped(reason: unknown): void {
    this.#reject(reason);
  }

  protected override refused(thrown: unknown): void {
    this.#reject(thrown);
  }
}
