// Made by `tsload proto types item.proto`: make it anew when the .proto changes.
import type { GrpcMethod, GrpcService } from 'tsload';

/** The example service: the same arithmetic that examples/servers/ offers over REST. */
export declare const MathService: GrpcService<{
  /** The factorial of a number, modulo 100000007. */
  readonly calculateFactorial: GrpcMethod<'unary', FactorialRequestInit, FactorialResponse>;
}>;

export interface FactorialRequest {
  readonly number: number;
}

/** {@link FactorialRequest}, to be sent. */
export interface FactorialRequestInit {
  readonly number?: number | null | undefined;
}

export interface FactorialResponse {
  readonly result: number;
  /** Seconds that the server spent on it. */
  readonly timeTaken: number;
}

/** {@link FactorialResponse}, to be sent. */
export interface FactorialResponseInit {
  readonly result?: number | bigint | string | null | undefined;
  readonly timeTaken?: number | null | undefined;
}
