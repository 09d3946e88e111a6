/** One message there, one back. */
import type { Caller } from './caller.js';
import { CallResponse } from './callResponse.js';
import type { MethodDefinition } from './definition.js';
import { type AnyOptions, MeasuredCall, type Thrown } from './measuredCall.js';

export class UnaryCall extends MeasuredCall {
  readonly promise: Promise<unknown>;
  #resolve!: (value: unknown) => void;
  #reject!: (reason: unknown) => void;

  constructor(caller: Caller, method: MethodDefinition, options: AnyOptions) {
    super(caller, method, options);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Hot: once per call. */
  static start(caller: Caller, method: MethodDefinition, request: unknown, options: AnyOptions): Promise<unknown> {
    const call = new UnaryCall(caller, method, options);
    if (caller.activity.enter(call)) call.#begin(request);
    return call.promise;
  }

  #begin(request: unknown): void {
    const bytes = this.encodeFirst(request);
    if (this.state === 'over' || !this.open()) return;
    this.send(request, bytes);
    this.halfClose();
  }

  protected override received(message: unknown): void {
    this.message = message;
  }

  protected override settled(problem: Thrown | undefined): void {
    if (problem !== undefined) this.#fail(problem.thrown);
    else if (this.isJudged) this.#resolve(new CallResponse(this));
    else if (this.error !== undefined) this.#fail(this.error);
    else this.#resolve(this.message);
  }

  protected override stopped(reason: unknown): void {
    this.#fail(reason);
  }

  protected override refused(thrown: unknown): void {
    this.#reject(thrown);
  }

  /** A call that nobody awaits must not end the process: its failure is in the statistics. */
  #fail(reason: unknown): void {
    this.promise.catch(ignore);
    this.#reject(reason);
  }
}

function ignore(): void {}
