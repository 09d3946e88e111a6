/** An answer whose body is read while it arrives. */
import { pipeline, Readable } from 'node:stream';
import { decoders } from './decode.js';
import { type JsonBody, JsonParseError } from './jsonBody.js';
import { judge } from './judging.js';
import type { ResponseMeta } from './outcome.js';
import { ResponseHead } from './response.js';
import { charsetOf, decodeText, textDecoder } from './responseText.js';
import { RequestError } from './transportError.js';

/**
 * The answer to a request with `stream: true`. The sample ends with the headers. Read the body to its end, leave the loop
 * early, or `cancel` it: until then it occupies one of the user's connections. It is cancelled when the user is stopped.
 * Reading rejects when the body breaks off; that is not a failure in the statistics, whose sample was taken before.
 */
export class StreamedResponse extends ResponseHead implements AsyncIterable<Buffer> {
  /** The body in pieces as they arrive, decoded. Leaving the loop early cancels the rest. Once only. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    try {
      const { contentEncoding } = this.call;
      if (contentEncoding === undefined) yield* this.#pieces();
      else yield* this.#decoded(contentEncoding);
    } finally {
      this.cancel();
    }
  }

  /** The lines of the body as they arrive, without their ends; the last one may lack its end. Locust: `iter_lines`. */
  async *lines(): AsyncGenerator<string, void, undefined> {
    const decoder = textDecoder(charsetOf(this.headers['content-type']));
    let rest = '';
    for await (const chunk of this) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
    }
    rest += decoder.decode();
    if (rest !== '') yield rest;
  }

  /** The rest of the body. */
  async bytes(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** The rest of the body as text. */
  async text(): Promise<string> {
    return decodeText(await this.bytes(), this.headers['content-type']);
  }

  /** The rest of the body as JSON. Rejects with `JsonParseError` when it is none. */
  async json<T = JsonBody>(): Promise<T> {
    const text = await this.text();
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new JsonParseError(this.call.name, cause);
    }
  }

  /** Lets go of the body: the connection is closed unless all of it has arrived. Harmless afterwards. */
  cancel(): void {
    this.call.stream?.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
  }

  async *#pieces(): AsyncGenerator<Buffer, void, undefined> {
    const body = this.call.stream;
    if (body === undefined) return;
    for (let chunk = await body.next(); chunk !== undefined; chunk = await body.next()) yield chunk;
  }

  async *#decoded(contentEncoding: string): AsyncGenerator<Buffer, void, undefined> {
    const pieces = this.#pieces();
    const first = await pieces.next();
    if (first.done) return;
    const source = Readable.from(
      (async function* () {
        yield first.value;
        yield* pieces;
      })(),
    );
    const steps = decoders(contentEncoding, first.value);
    const last = steps.at(-1) ?? source;
    if (steps.length > 0) pipeline([source, ...steps], () => {});
    try {
      for await (const chunk of last) yield chunk;
    } catch (thrown) {
      throw isZlibError(thrown)
        ? new RequestError('ContentDecodingError', `the ${contentEncoding} body of ${this.call.name} is corrupt`, {
            cause: thrown,
          })
        : thrown;
    }
  }
}

/** A streamed answer that the test judges. The sample is taken when the block ends; its time is that to the headers. */
export class CaughtStream extends StreamedResponse {
  /** As for `CaughtResponse`. */
  get requestMeta(): ResponseMeta {
    return this.call.outcome.meta;
  }

  success(): void {
    this.call.outcome.succeed();
  }

  failure(reason: unknown): void {
    this.call.outcome.fail(reason);
  }

  override raiseForStatus(): void {
    this.call.outcome.raise();
  }

  override async json<T = JsonBody>(): Promise<T> {
    try {
      return await super.json<T>();
    } catch (thrown) {
      if (thrown instanceof JsonParseError) this.call.outcome.bodyIsBroken(thrown);
      throw thrown;
    }
  }

  /** For the client: runs the block of `catchResponse`. */
  async judgeBy(block: (response: never) => unknown): Promise<void> {
    try {
      await judge(this.call.outcome, this as never, block);
    } finally {
      this.cancel();
    }
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    this.call.outcome.conclude();
  }
}

function isZlibError(thrown: unknown): boolean {
  return (
    thrown instanceof Error && 'code' in thrown && /^(Z_|ERR_BROTLI|ERR__ERROR|ERR_PADDING)/.test(String(thrown.code))
  );
}
