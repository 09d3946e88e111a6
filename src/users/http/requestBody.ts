/** What a request carries: `json`, `form`, `multipart` or `body`, as undici takes it. */
import type { Readable } from 'node:stream';
import type { Dispatcher, FormData as UndiciFormData } from 'undici';
import { TsloadError } from '../../errors.js';
import type { FormFile, FormValue, MultipartInput, RequestBody } from './requestOptions.js';
import { RequestError } from './transportError.js';
import { undici } from './undici.js';
import { encodeQuery, type QueryInput } from './url.js';

type Piece = string | Uint8Array;

/** A body, and the Content-Type that goes with it unless the test sets one. */
export interface Payload {
  readonly body: NonNullable<Dispatcher.DispatchOptions['body']>;
  readonly contentType: string | undefined;
  /** It can be sent again, by a redirect or a retry. */
  readonly isRepeatable: boolean;
}

/** The part of the request options that makes the body. */
export interface PayloadOptions {
  readonly json?: unknown;
  readonly form?: QueryInput;
  readonly multipart?: MultipartInput;
  readonly body?: RequestBody;
}

/** The payload of a request, or undefined. Throws BAD_REQUEST when there are several, or one that cannot be sent. */
export function readPayload(options: PayloadOptions): Payload | undefined {
  const { json, form, multipart, body } = options;
  if (json === undefined && form === undefined && multipart === undefined && body === undefined) return undefined;
  const given = ['json', 'form', 'multipart', 'body'].filter((key) => Reflect.get(options, key) !== undefined);
  if (given.length > 1) {
    throw new TsloadError(
      'BAD_REQUEST',
      `a request has one body but was given ${given.join(' and ')}: give one of them`,
    );
  }
  if (json !== undefined) return { body: toJson(json), contentType: 'application/json', isRepeatable: true };
  if (form !== undefined) {
    return { body: encodeQuery(form), contentType: 'application/x-www-form-urlencoded', isRepeatable: true };
  }
  // The form brings its own Content-Type, with the boundary in it.
  if (multipart !== undefined) return { body: toFormData(multipart), contentType: undefined, isRepeatable: true };
  return readBody(body);
}

function readBody(body: RequestBody | undefined): Payload | undefined {
  if (body === undefined) return undefined;
  if (typeof body === 'string' || body instanceof Uint8Array)
    return { body, contentType: undefined, isRepeatable: true };
  const isStream = typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
  if (!isStream) {
    throw new TsloadError(
      'BAD_REQUEST',
      `body must be a string, bytes or a stream but is ${body === null ? 'null' : typeof body}: use json or form for plain values`,
    );
  }
  const source = isNodeStream(body) ? body : watched(body);
  return { body: asReadable(source), contentType: undefined, isRepeatable: false };
}

/** undici listens to such a stream itself, also before it reads it. */
function isNodeStream(body: RequestBody): body is Readable {
  return typeof body === 'object' && 'pipe' in body && 'on' in body;
}

/** What goes wrong in a generator of the test's own is no fault of the target, and shall not be named as one. */
async function* watched(body: Exclude<RequestBody, string | Readable | Uint8Array>): AsyncGenerator<Piece> {
  try {
    for await (const piece of body) {
      if (typeof piece !== 'string' && !(piece instanceof Uint8Array))
        throw new TypeError(`it gave a ${typeof piece} in place of text or bytes`);
      yield piece;
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RequestError('RequestBodyError', `the request body broke off: ${reason}`, { cause });
  }
}

/** undici takes any async iterable; its types name streams only. */
function asReadable(body: RequestBody): NonNullable<Dispatcher.DispatchOptions['body']> {
  return body as NonNullable<Dispatcher.DispatchOptions['body']>;
}

function toJson(value: unknown): string {
  try {
    const text: string | undefined = JSON.stringify(value);
    if (text !== undefined) return text;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TsloadError('BAD_REQUEST', `json cannot be written as JSON: ${reason}`, { cause });
  }
  throw new TsloadError('BAD_REQUEST', `json cannot be written as JSON: it is a ${typeof value}`);
}

/** undici's own FormData: it knows no other, not even the one of Node.js. */
function toFormData(input: MultipartInput): UndiciFormData {
  const { FormData: Form } = undici();
  const form = new Form();
  if (input instanceof FormData) {
    for (const [name, value] of input) append(form, name, value);
    return form;
  }
  for (const [name, value] of Object.entries(input)) {
    for (const one of isList(value) ? value : [value]) append(form, name, one);
  }
  return form;
}

function append(form: UndiciFormData, name: string, value: FormValue): void {
  if (value instanceof Blob) form.append(name, value, 'name' in value ? String(value.name) : 'blob');
  else if (isFile(value)) form.append(name, blobOf(value), value.filename);
  else form.append(name, String(value));
}

function blobOf({ content, type = 'application/octet-stream' }: FormFile): Blob {
  // A copy: a Buffer may be a view of memory that others share.
  return new Blob([content instanceof Uint8Array ? Uint8Array.from(content) : content], { type });
}

function isFile(value: FormValue): value is FormFile {
  return typeof value === 'object' && value !== null && 'content' in value;
}

function isList(value: FormValue | readonly FormValue[]): value is readonly FormValue[] {
  return Array.isArray(value);
}
