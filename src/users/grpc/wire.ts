/**
 * The way from a call to grpc-js's channel, through the interceptors if there are any.
 *
 * Calls are made on the channel itself and not through grpc-js's `Client`, whose calls are event emitters and node streams
 * and keep a stack trace each: they cost a quarter more processor time (npm run bench -- grpc).
 */
import type { Channel, Interceptor, InterceptorOptions, Metadata, NextCall, StatusObject } from '@grpc/grpc-js';
import type { MethodDefinition } from './definition.js';
import { INTERNAL } from './status.js';

/** A call as an interceptor sees it. */
export type InterceptingCall = ReturnType<NextCall>;
/** grpc-js's call under it: messages are bytes. */
type ChannelCall = ReturnType<Channel['createCall']>;
type MessageContext = Parameters<InterceptingCall['sendMessageWithContext']>[0];
type WireListener = Parameters<ChannelCall['start']>[1];
type PartialListener = Partial<WireListener>;

/** Who hears of what goes over the wire: the measured call. */
export interface WireOwner {
  /** A call is handed to the channel: the first time, the clock starts. An interceptor that retries does it again. */
  handedOver(): void;
  sentBytes(count: number): void;
  receivedBytes(count: number): void;
  /** A message cannot be encoded: there will be no call. */
  refuse(thrown: unknown): void;
}

export interface WireOptions {
  readonly deadline: number;
  readonly interceptors: readonly Interceptor[];
}

/** A call ready to be started. The first interceptor is the outermost. */
export function openWire(
  channel: Channel,
  method: MethodDefinition,
  options: WireOptions,
  owner: WireOwner,
): InterceptingCall {
  const { interceptors, deadline } = options;
  if (interceptors.length === 0) return new BottomCall(channel, method, { deadline }, owner);
  const bottom: NextCall = (changed) => new BottomCall(channel, method, changed, owner);
  const chain = interceptors.reduceRight<NextCall>((next, interceptor) => (given) => interceptor(given, next), bottom);
  return chain({ deadline, method_definition: definitionFor(method) });
}

function definitionFor(method: MethodDefinition): InterceptorOptions['method_definition'] {
  return {
    path: method.path,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: (message) => method.encode(message),
    responseDeserialize: (bytes) => method.decode(bytes),
    originalName: method.name,
  };
}

/** The innermost call: encodes, decodes and counts. It is the listener of the channel's call itself. */
export class BottomCall implements InterceptingCall, WireListener {
  readonly #call: ChannelCall;
  readonly #method: MethodDefinition;
  readonly #owner: WireOwner;
  #listener: PartialListener = {};
  #hasMessage = false;
  #unreadable: string | undefined;

  constructor(channel: Channel, method: MethodDefinition, options: Partial<InterceptorOptions>, owner: WireOwner) {
    const { deadline = Number.POSITIVE_INFINITY, host, parent, propagate_flags, credentials } = options;
    this.#call = channel.createCall(method.path, deadline, host, parent ?? null, propagate_flags);
    if (credentials !== undefined) this.#call.setCredentials(credentials);
    this.#method = method;
    this.#owner = owner;
  }

  start(metadata: Metadata, listener: PartialListener = {}): void {
    this.#listener = listener;
    this.#owner.handedOver();
    this.#call.start(metadata, this);
    if (!this.#method.responseStream) this.#call.startRead();
  }

  /** Sends what is encoded already. */
  sendBytes(context: MessageContext, bytes: Buffer): void {
    this.#owner.sentBytes(bytes.length);
    this.#call.sendMessageWithContext(context, bytes);
  }

  sendMessageWithContext(context: MessageContext, message: unknown): void {
    let bytes: Buffer;
    try {
      bytes = this.#method.encode(message);
    } catch (thrown) {
      this.#owner.refuse(thrown);
      return;
    }
    this.sendBytes(context, bytes);
  }

  sendMessage(message: unknown): void {
    this.sendMessageWithContext({}, message);
  }

  startRead(): void {
    this.#call.startRead();
  }

  halfClose(): void {
    this.#call.halfClose();
  }

  cancelWithStatus(code: number, details: string): void {
    this.#call.cancelWithStatus(code, details);
  }

  getPeer(): string {
    return this.#call.getPeer();
  }

  getAuthContext(): ReturnType<InterceptingCall['getAuthContext']> {
    return this.#call.getAuthContext();
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#listener.onReceiveMetadata?.(metadata);
  }

  onReceiveMessage(bytes: Buffer): void {
    if (this.#unreadable !== undefined) return;
    this.#owner.receivedBytes(bytes.length);
    let message: unknown;
    try {
      message = this.#method.decode(bytes);
    } catch (thrown) {
      this.#unreadable = `the answer cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
      this.#call.cancelWithStatus(INTERNAL, this.#unreadable);
      return;
    }
    this.#hasMessage = true;
    this.#listener.onReceiveMessage?.(message);
  }

  /** Interceptors of calls with one answer are told `null` when there was none, as grpc-js does it. */
  onReceiveStatus(status: StatusObject): void {
    if (!this.#hasMessage && !this.#method.responseStream) this.#listener.onReceiveMessage?.(null);
    const { metadata } = status;
    const seen = this.#unreadable === undefined ? status : { code: INTERNAL, details: this.#unreadable, metadata };
    this.#listener.onReceiveStatus?.(seen);
  }
}
