/** What listeners of the request event are told of a call. */
import type { RequestEvent } from '../../events/index.js';
import { CallResponse } from './callResponse.js';
import type { MeasuredCall } from './measuredCall.js';
import { statusName } from './status.js';

/** The request event of a gRPC call. Times are milliseconds, sizes bytes of encoded messages. */
export interface GrpcRequestEvent extends RequestEvent {
  readonly requestType: 'grpc';
  readonly responseTime: number;
  /** Bytes of all received messages. */
  readonly responseLength: number;
  readonly requestLength: number;
  readonly statusCode: number;
  readonly status: string;
  readonly messagesSent: number;
  readonly messagesReceived: number;
  /** From the start to the first received message; null without one. */
  readonly timeToFirstMessage: number | null;
  /** Between one received message and the next; null with fewer than two. */
  readonly timeBetweenMessages: { readonly average: number; readonly min: number; readonly max: number } | null;
}

/** Throws the control exception of a listener. */
export function notify(call: MeasuredCall, failure: unknown): void {
  const { caller, options, method } = call;
  const event: GrpcRequestEvent = {
    requestType: 'grpc',
    name: call.name,
    responseTime: (call.endMicros - call.startMicros) / 1000,
    responseLength: call.bytesReceived,
    requestLength: call.bytesSent,
    exception: failure,
    context: { ...caller.context(), ...options.context },
    response: new CallResponse(call),
    startTime: performance.timeOrigin / 1000 + call.startMicros / 1e6,
    url: caller.url + method.path,
    statusCode: call.code,
    status: statusName(call.code),
    messagesSent: call.messagesSent,
    messagesReceived: call.messagesReceived,
    timeToFirstMessage: call.messagesReceived === 0 ? null : (call.firstMessageMicros - call.startMicros) / 1000,
    timeBetweenMessages: gaps(call),
  };
  caller.environment.events.request.notify(event);
}

function gaps(call: MeasuredCall): GrpcRequestEvent['timeBetweenMessages'] {
  if (call.messagesReceived < 2) return null;
  return {
    average: (call.lastMessageMicros - call.firstMessageMicros) / (call.messagesReceived - 1) / 1000,
    min: call.leastGapMicros / 1000,
    max: call.greatestGapMicros / 1000,
  };
}
