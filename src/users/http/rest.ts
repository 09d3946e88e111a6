/** Requests to JSON services. */
import { homedir } from 'node:os';
import { isControl } from '../../events/index.js';
import { tracebackOf } from '../../traceback.js';
import { ResponseError } from '../userErrors.js';
import { headersInputWith } from './headers.js';
import type { JsonBody } from './jsonBody.js';
import { judge } from './judging.js';
import type { RequestOptions } from './requestOptions.js';
import { CaughtResponse, type ResponseHead } from './response.js';

/** All options but those that `rest` decides itself. */
export type RestOptions = Omit<RequestOptions, 'catchResponse' | 'stream'>;
export type RestBlock = (response: RestResponse) => unknown;

/** The response of `rest`: a judged one with its body parsed. */
export class RestResponse extends CaughtResponse {
  #js: JsonBody | null | undefined = undefined;

  /** The parsed body; `null` when it is empty or no JSON. Locust: `js`. */
  get js(): JsonBody | null {
    if (this.#js === undefined) this.#js = this.#parse();
    return this.#js;
  }

  /** Runs a block on it, the way of `rest`. */
  async runRestBlock(block: RestBlock | undefined): Promise<void> {
    // Parsed first: what is no JSON is a failure, whatever the status, unless the block says otherwise.
    void this.js;
    await judge(this.call.outcome, this, async () => {
      try {
        await block?.(this);
      } catch (thrown) {
        if (isControl(thrown) || thrown instanceof ResponseError) throw thrown;
        this.failure(failureText(thrown, this.text()));
      }
    });
  }

  #parse(): JsonBody | null {
    const text = this.text();
    if (text === '') return null;
    try {
      return JSON.parse(text);
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      this.failure(`the response is not JSON: ${text.slice(0, 250)}, response code ${this.status}, error ${reason}`);
      return null;
    }
  }
}

type Begin = (method: string, url: string, options: RequestOptions, isRest: true) => Promise<ResponseHead>;

export async function rest(
  begin: Begin,
  method: string,
  url: string,
  options: RestOptions | RestBlock = {},
  block?: RestBlock,
): Promise<RestResponse> {
  if (typeof options === 'function') return rest(begin, method, url, {}, options);
  const headers = headersInputWith({ 'content-type': 'application/json', accept: 'application/json' }, options.headers);
  const response = await begin(method, url, { ...options, headers }, true);
  if (!(response instanceof RestResponse)) throw new TypeError('a call of rest gave another response');
  await response.runRestBlock(block);
  return response;
}

export function restUncached(
  begin: Begin,
  method: string,
  url: string,
  options: RestOptions | RestBlock = {},
  block?: RestBlock,
): Promise<RestResponse> {
  if (typeof options === 'function') return restUncached(begin, method, url, {}, options);
  const mark = url.includes('?') ? '&' : '?';
  const named = { name: `${url}${mark}_=...`, ...options };
  return rest(begin, method, `${url}${mark}_=${Date.now()}`, named, block);
}

function failureText(thrown: unknown, body: string): string {
  const head = body.slice(0, 200);
  if (
    thrown instanceof Error &&
    (thrown.name === 'AssertionError' || thrown.name === 'AssertionError [ERR_ASSERTION]')
  ) {
    const isOwn = !('generatedMessage' in thrown && thrown.generatedMessage === true) && thrown.message !== '';
    if (!isOwn) return 'Assertion failed';
    return thrown.message.endsWith(',') ? `${thrown.message} response was ${head}` : thrown.message;
  }
  const what = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return `${what} at ${placesOf(thrown).join(', ')}. Response was ${head}`;
}

/** File and line of each frame of the test's own, the home folder shortened. */
function placesOf(thrown: unknown): string[] {
  const stack = thrown instanceof Error ? tracebackOf(thrown) : '';
  const places: string[] = [];
  for (const [, file, line] of stack.matchAll(/(?:\(|at )(?:async )?(?:file:\/\/)?(\/[^()\n]*?):(\d+):\d+\)?$/gm)) {
    if (file !== undefined && !file.includes('/node_modules/')) places.push(`${file.replace(homedir(), '~')}:${line}`);
  }
  return places;
}
