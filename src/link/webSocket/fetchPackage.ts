/**
 * A worker that has no locustfile gets its master's: one request, tried again while no master answers or the answer breaks off.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { attemptUntil, defaultConnectSeconds } from './attempts.js';
import { requestOptions } from './dial.js';
import { locustfilePath, packageType, subprotocol, versionHeader } from './frames.js';
import { workerLimits } from './limits.js';
import type { FetchOptions, MasterAddress } from './options.js';
import { DialError, isEncrypted, nameOf, refusalOf, refused, unreachable, urlOf } from './refusals.js';
import { checkToken } from './token.js';

const defaultMaxBytes = 256 * 1024 * 1024;
const defaultIdleMillis = 30_000;
const maxSentenceBytes = 2_000;

export function fetchPackage(options: FetchOptions): Promise<Uint8Array> {
  checkToken(options.token);
  const { connectSeconds = defaultConnectSeconds } = options;
  const signal = options.signal ?? new AbortController().signal;
  return attemptUntil(() => fetchOnce(options, signal), {
    seconds: connectSeconds,
    maxPauseMillis: workerLimits.maxPauseMillis,
    signal,
    isLast: (error) => error.isFinal,
  });
}

async function fetchOnce(options: FetchOptions, signal: AbortSignal): Promise<Uint8Array> {
  const response = await responseOf(options, signal);
  if (response.statusCode !== 200 || response.headers['content-type'] !== packageType) {
    throw refused(options, refusalOf(response, await bytesOf(options, response, maxSentenceBytes)));
  }
  const { maxBytes = defaultMaxBytes } = options;
  const bytes = await bytesOf(options, response, maxBytes);
  if (bytes.length > maxBytes) {
    const sentence = `what the master at ${nameOf(options)} sends as its locustfile has more than ${maxBytes} bytes`;
    throw new DialError(`${sentence}: fewer are taken`, true);
  }
  return bytes;
}

function responseOf(options: FetchOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const { idleMillis = defaultIdleMillis } = options;
  const { headers, ...trust } = requestOptions(options);
  return new Promise((resolve, reject) => {
    const request: ClientRequest = (isEncrypted(options) ? httpsRequest : httpRequest)(
      `${urlOf(options, 'http')}${locustfilePath}`,
      {
        ...trust,
        headers: { ...headers, [versionHeader]: subprotocol },
        signal,
        agent: false,
        timeout: idleMillis,
      },
      resolve,
    );
    request.on('timeout', () => request.destroy(new Error(`nothing came for ${idleMillis / 1000} s`)));
    request.on('error', (error: Error) => reject(unreachable(options, error)));
    request.end();
  });
}

/** All of it; of more than `maxBytes` no more than shows that. Throws `DialError` when it breaks off. */
async function bytesOf(address: MasterAddress, response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      if (!Buffer.isBuffer(chunk)) continue;
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) break;
    }
  } catch (thrown) {
    const what = thrown instanceof Error ? thrown.message : String(thrown);
    throw new DialError(`what the master at ${nameOf(address)} sent broke off after ${length} bytes (${what})`, false, {
      cause: thrown,
    });
  }
  return Buffer.concat(chunks);
}
