/** How a call is counted: by its status, or by the verdict of a `catchResponse` block. */
import { TsloadError } from '../../errors.js';
import type { RequestMeta } from '../../events/index.js';
import { CatchResponseError } from '../userErrors.js';
import type { HttpCall } from './call.js';
import { recordSample } from './sample.js';
import { statusError } from './statusError.js';
import type { RequestError } from './transportError.js';

/** What a sample is recorded as, and what the `request` event is given. Any other key is passed on with the event. */
export interface ResponseMeta extends RequestMeta {
  /** Milliseconds. */
  responseTime: number;
}

export class Outcome {
  readonly #call: HttpCall;
  #verdict: 'none' | 'success' | 'failure' = 'none';
  #failure: unknown = undefined;
  #isOver = false;
  #hasBlock = false;
  #meta: ResponseMeta | undefined = undefined;

  constructor(call: HttpCall) {
    this.#call = call;
  }

  get hasVerdict(): boolean {
    return this.#verdict !== 'none';
  }

  /** What the answer itself says, whatever the verdict. */
  get error(): RequestError | undefined {
    return this.#call.failure ?? statusError(this.#call);
  }

  get meta(): ResponseMeta {
    const call = this.#call;
    this.#meta ??= {
      requestType: call.requestType,
      name: call.name,
      responseTime: call.micros / 1000,
      responseLength: call.bytes,
      context: { ...call.context },
      startTime: call.startTime,
    };
    return this.#meta;
  }

  succeed(): void {
    this.#judge('success', undefined);
  }

  fail(reason: unknown): void {
    this.#judge('failure', reason instanceof Error ? reason : new CatchResponseError(reason));
  }

  /** A function judges: what it throws tells more than this class can see. */
  beginBlock(): void {
    this.#hasBlock = true;
    // It concludes when the function returns: nobody can forget it.
    this.#call.session.concluded(this.#call);
  }

  /** The body is not what the test took it for: a failure with `await using`, where the throw cannot be seen. */
  bodyIsBroken(reason: unknown): void {
    if (this.#verdict === 'none' && !this.#isOver && !this.#hasBlock) this.#failure = reason;
  }

  raise(): void {
    if (this.#verdict === 'failure') throw this.#failure;
    const { error } = this;
    if (this.#verdict === 'none' && error !== undefined) throw error;
  }

  /** The block is over: the sample is taken. Once; later calls do nothing. Throws the control exception of a listener. */
  conclude(): void {
    if (!this.#close()) return;
    if (this.#verdict === 'success') recordSample(this.#call, undefined, this.#meta);
    else if (this.#verdict === 'failure') recordSample(this.#call, this.#failure, this.#meta);
    else recordSample(this.#call, this.error ?? this.#failure, this.#meta);
  }

  /** The block was left by an exception and gave no verdict: no sample. */
  drop(): void {
    this.#close();
  }

  #close(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#call.session.concluded(this.#call);
    return true;
  }

  #judge(verdict: 'success' | 'failure', failure: unknown): void {
    if (this.#isOver) {
      throw new TsloadError(
        'MISUSE',
        `${verdict}() was called when the catchResponse block of ${this.#call.name} was over and its sample taken: call it inside the block`,
      );
    }
    this.#verdict = verdict;
    this.#failure = failure;
  }
}
