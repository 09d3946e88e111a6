/** Takes the sample of a call: into the statistics, and to listeners of the request event. */
import { errorText, type FailureSample, type FailureSource } from '../../events/index.js';
import { notify } from './callEvent.js';
import type { MeasuredCall, Thrown } from './measuredCall.js';
import { shownMetadata } from './metadata.js';

/**
 * Hot: once per call. `failure`: what it failed with. Returns what a listener of the request event threw to steer the user,
 * which is to be passed on.
 */
export function recordCall(call: MeasuredCall, failure: Error | undefined): Thrown | undefined {
  const { environment } = call.caller;
  const micros = call.endMicros - call.startMicros;
  const entry = environment.runtime.recorder.entry('grpc', call.name);
  if (failure === undefined) entry.record(micros, call.bytesReceived);
  else entry.recordFailure(micros, call.bytesReceived, errorText(failure), new FailedCall(call));
  if (!environment.events.request.isListened) return undefined;
  try {
    notify(call, failure);
    return undefined;
  } catch (thrown) {
    return { thrown };
  }
}

/** Tells what a failed call looked like, if the statistics ask. Secrets are masked. */
class FailedCall implements FailureSource {
  constructor(private readonly call: MeasuredCall) {}

  describeFailure(): FailureSample {
    const { method, message, error, details, sentMetadata, headers, trailers } = this.call;
    const body = message === undefined ? {} : { bodyHead: headOf(message) };
    return {
      request: method.path,
      requestHeaders: shownMetadata(sentMetadata),
      response: `${error?.status ?? 'OK'} ${details}`.trim(),
      responseHeaders: { ...shownMetadata(headers), ...shownMetadata(trailers) },
      ...body,
    };
  }
}

function headOf(message: unknown): string {
  const text = JSON.stringify(message, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return (text ?? '').slice(0, 1000);
}
