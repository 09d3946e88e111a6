/** Takes the sample of a call: into the statistics, and to listeners of the `request` event. */
import { errorText, type FailureSample, type FailureSource } from '../../events/index.js';
import type { HttpCall } from './call.js';
import { headersObject, readableHeaders } from './headers.js';
import type { ResponseMeta } from './outcome.js';
import { decodeText } from './responseText.js';
import { maskHeaders, maskUrl } from './secrets.js';
import { isFailure, statusError, statusErrorText } from './statusError.js';

/** Hot: an answer that nobody judges. Throws the control exception of a listener. */
export function recordAnswer(call: HttpCall): void {
  if (!call.isRecorded) return;
  const { recorder, events } = call.session;
  const entry = recorder.entry(call.requestType, call.name);
  if (call.failure !== undefined)
    entry.recordFailure(call.micros, call.bytes, errorText(call.failure), new Failed(call));
  else if (!isFailure(call.status)) entry.record(call.micros, call.bytes);
  else entry.recordFailure(call.micros, call.bytes, `HTTPError: ${statusErrorText(call)}`, new Failed(call));
  if (events.request.isListened) notify(call, call.failure ?? statusError(call), undefined);
}

/** A call that was judged. `meta`: what the block changed, if it looked. */
export function recordSample(call: HttpCall, error: unknown, meta: ResponseMeta | undefined): void {
  if (!call.isRecorded) return;
  const { recorder, events } = call.session;
  const entry = recorder.entry(meta?.requestType ?? call.requestType, meta?.name ?? call.name);
  const micros = meta === undefined ? call.micros : whole(meta.responseTime * 1000);
  const bytes = meta === undefined ? call.bytes : whole(meta.responseLength);
  if (error === undefined) entry.record(micros, bytes);
  else entry.recordFailure(micros, bytes, errorText(error), new Failed(call));
  if (events.request.isListened) notify(call, error, meta);
}

function notify(call: HttpCall, exception: unknown, meta: ResponseMeta | undefined): void {
  call.session.events.request.notify({
    requestType: call.requestType,
    name: call.name,
    responseTime: call.micros / 1000,
    responseLength: call.bytes,
    context: call.context,
    response: call.response,
    startTime: call.startTime,
    url: call.firstUrl,
    ...meta,
    exception,
  });
}

function whole(value: number): number {
  return Math.max(0, Math.round(value)) || 0;
}

const BODY_HEAD_CHARACTERS = 1000;

/** Tells what a failed request looked like, if the statistics ask. Secrets are masked. */
class Failed implements FailureSource {
  constructor(private readonly call: HttpCall) {}

  describeFailure(): FailureSample {
    const { call } = this;
    const version = call.isHttp2 ? 'HTTP/2' : 'HTTP/1.1';
    const sent = {
      request: `${call.method} ${maskUrl(call.url)} ${version}`,
      requestHeaders: maskHeaders(flat(headersObject(call.headers))),
    };
    if (call.answerStatus === 0) return sent;
    const isReadable = call.failure === undefined || call.contentEncoding === undefined;
    const headers = readableHeaders(call.rawHeaders);
    return {
      ...sent,
      response: `${call.answerStatus} ${call.statusText}`.trim(),
      responseHeaders: maskHeaders(headers),
      ...(isReadable ? { bodyHead: headOf(call.body, headers['content-type']) } : {}),
    };
  }
}

function headOf(body: Buffer, contentType: string | undefined): string {
  return decodeText(body.subarray(0, 4 * BODY_HEAD_CHARACTERS), contentType).slice(0, BODY_HEAD_CHARACTERS);
}

function flat(headers: Readonly<Record<string, string | readonly string[]>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    result[name] = typeof value === 'string' ? value : value.join(', ');
  return result;
}
