/** A call as the test sees it: its outcome, and where the test gives its verdict. */
import type { Metadata } from '@grpc/grpc-js';
import { TsloadError } from '../../errors.js';
import { CatchResponseError } from '../userErrors.js';
import type { GrpcError } from './grpcError.js';
import type { MeasuredCall } from './measuredCall.js';
import type { GrpcResponse } from './responses.js';
import { type StatusName, statusName } from './status.js';

export class CallResponse implements GrpcResponse<unknown> {
  constructor(protected readonly call: MeasuredCall) {}

  get message(): unknown {
    return this.call.message;
  }
  get code(): number {
    return this.call.code < 0 ? 2 : this.call.code;
  }
  get status(): StatusName {
    return statusName(this.code);
  }
  get details(): string {
    return this.call.details;
  }
  get error(): GrpcError | undefined {
    return this.call.error;
  }
  get metadata(): Metadata | undefined {
    return this.call.headers;
  }
  get trailers(): Metadata | undefined {
    return this.call.trailers;
  }
  get messagesSent(): number {
    return this.call.messagesSent;
  }
  get messagesReceived(): number {
    return this.call.messagesReceived;
  }
  get bytesSent(): number {
    return this.call.bytesSent;
  }
  get bytesReceived(): number {
    return this.call.bytesReceived;
  }

  success(): void {
    this.#check('success');
    this.call.verdict = { kind: 'success' };
  }

  failure(reason: unknown): void {
    this.#check('failure');
    const error = reason instanceof Error ? reason : new CatchResponseError(reason);
    this.call.verdict = { kind: 'failure', error };
  }

  #check(verdict: string): void {
    if (this.call.isJudged) return;
    throw new TsloadError('MISUSE', `${verdict}() decides nothing here: call ${this.call.name} with catchResponse`);
  }

  /** With `catchResponse: true` the sample is counted here. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.call.options.catchResponse !== true) return;
    const problem = this.call.count();
    if (problem !== undefined) throw problem.thrown;
  }
}
