/**
 * What a gRPC service looks like to the type checker, and as data. A generated `item.d.proto.ts` declares a `GrpcService` with
 * its methods; the locustfile's build turns the `.proto` import into the value: plain data, so a bundle needs no file beside it.
 */
import type { GrpcCallOptions, GrpcStreamOptions, Judged } from './callOptions.js';
import type { BidiStream, ClientStream, GrpcResponse, ServerStream } from './responses.js';

/**
 * What 64-bit integer fields are in messages that arrive: a number (one that no number can hold exactly fails the call), a
 * decimal string, or a bigint. In messages that are sent all three are accepted always.
 */
export type Int64Mode = 'number' | 'string' | 'bigint';

export type CallKind = 'unary' | 'clientStream' | 'serverStream' | 'bidi';

export function callKind(requestStream: boolean, responseStream: boolean): CallKind {
  if (requestStream) return responseStream ? 'bidi' : 'clientStream';
  return responseStream ? 'serverStream' : 'unary';
}

/** A parsed .proto with everything that it imports: plain data, in protobufjs's JSON form, field names in camelCase. */
export type ProtoJson = { readonly [key: string]: unknown };

/** One method of a service, for the type checker. */
export interface GrpcMethod<Kind extends CallKind, Request, Response> {
  readonly kind: Kind;
  readonly request: Request;
  readonly response: Response;
}

/** Methods by camelCase name. */
export type GrpcMethods = { readonly [name: string]: GrpcMethod<CallKind, never, unknown> };

/** A service that an import of a .proto gives. `Methods` are the generated types; without them everything is unknown. */
export interface GrpcService<Methods = UntypedMethods> {
  /** Full name: `item.MathService`. */
  readonly service: string;
  readonly proto: ProtoJson;
  /** What its types were generated for; absent without generated types. */
  readonly int64?: Int64Mode;
  /** For the type checker only; never there. */
  readonly methods?: Methods;
}

/** A message whose type is not known. */
export type UntypedMessage = { readonly [field: string]: unknown };
/** Stands for the methods of a service without generated types. */
export interface UntypedMethods {
  readonly untyped: true;
}

export type MessageSource<Request> = Iterable<Request> | AsyncIterable<Request>;

/** Rejects with a `GrpcError` when the status is not OK, unless `catchResponse` is given. */
export interface UnaryStub<Request, Response> {
  (request: Request | undefined, options: GrpcCallOptions & Judged<Response>): Promise<GrpcResponse<Response>>;
  (request?: Request, options?: GrpcCallOptions): Promise<Response>;
}
/** With messages: sends them all and gives the answer. Without: gives a stream to write to. */
export interface ClientStreamStub<Request, Response> {
  (messages: undefined, options: GrpcCallOptions & Judged<Response>): ClientStream<Request, GrpcResponse<Response>>;
  (messages?: undefined, options?: GrpcCallOptions): ClientStream<Request, Response>;
  (messages: MessageSource<Request>, options: GrpcCallOptions & Judged<Response>): Promise<GrpcResponse<Response>>;
  // last, because the compiler explains the last overload when none fits
  (messages: MessageSource<Request>, options?: GrpcCallOptions): Promise<Response>;
}
export type ServerStreamStub<Request, Response> = (
  request?: Request,
  options?: GrpcStreamOptions<Response>,
) => ServerStream<Response>;
/** Messages that are given are sent by themselves; without, write them. */
export type BidiStub<Request, Response> = (
  messages?: MessageSource<Request>,
  options?: GrpcStreamOptions<Response>,
) => BidiStream<Request, Response>;

/** A call of a method whose kind is not known to the type checker: it is whichever of these the service says. */
export type UntypedCall = Promise<UntypedMessage> & BidiStream<UntypedMessage, UntypedMessage>;
export type UntypedStub = {
  readonly [method: string]: (
    request?: UntypedMessage | MessageSource<UntypedMessage>,
    options?: GrpcStreamOptions<UntypedMessage>,
  ) => UntypedCall;
};

type StubOf<Method> =
  Method extends GrpcMethod<infer Kind, infer Request, infer Response>
    ? {
        readonly unary: UnaryStub<Request, Response>;
        readonly clientStream: ClientStreamStub<Request, Response>;
        readonly serverStream: ServerStreamStub<Request, Response>;
        readonly bidi: BidiStub<Request, Response>;
      }[Kind]
    : never;

/** The methods of a service, in camelCase, ready to call. */
export type GrpcStub<Service extends GrpcService<unknown>> =
  Service extends GrpcService<infer Methods>
    ? Methods extends UntypedMethods
      ? UntypedStub
      : { readonly [Name in keyof Methods]: StubOf<Methods[Name]> }
    : never;
