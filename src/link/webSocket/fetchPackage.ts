/**
 * A worker that has no locustfile gets its master's: one request, tried again while no master answers.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { attemptUntil, defaultConnectSeconds } from './attempts.js';
import { requestOptions } from './dial.js';
import { locustfilePath } from './frames.js';
import { workerLimits } from './limits.js';
import type { FetchOptions, MasterAddress } from './options.js';
import { DialError, isEncrypted, nameOf, refused, unreachable, urlOf } from './refusals.js';
import { checkToken } from './token.js';

const defaultMaxBytes = 256 * 1024 * 1024;
/** Milliseconds without a byte after which an attempt is given up. The master packs the file before the first. */
const idleMillis = 30_000;
const maxSentenceBytes = 2_000;

export function fetchPackage(options: FetchOptions): Promise<Uint8Array> {
  checkToken(options.token);
  const { connectSeconds = defaultConnectSeconds, maxBytes = defaultMaxBytes } = options;
  const signal = options.signal ?? new AbortController().signal;
  return attemptUntil(() => fetchOnce(options, maxBytes, signal), {
    seconds: connectSeconds,
    maxPauseMillis: workerLimits.maxPauseMillis,
    signal,
    isLast: (error) => error.isFinal,
  });
}

async function fetchOnce(address: MasterAddress, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const response = await responseOf(address, signal);
  if (response.statusCode !== 200) {
    const sentence = (await bytesOf(address, response, maxSentenceBytes)).toString();
    throw refused(address, { status: response.statusCode ?? 0, sentence });
  }
  const bytes = await bytesOf(address, response, maxBytes);
  const announced = response.headers['content-length'];
  if (announced === undefined || Number(announced) === bytes.length) return bytes;
  throw new DialError(`the locustfile of the master at ${nameOf(address)} was cut off`, false);
}

function responseOf(address: MasterAddress, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(unreachable(address, error));
    const request: ClientRequest = (isEncrypted(address) ? httpsRequest : httpRequest)(
      `${urlOf(address, 'http')}${locustfilePath}`,
      { ...requestOptions(address), signal, agent: false, timeout: idleMillis },
      resolve,
    );
    request.on('timeout', () => request.destroy(new Error(`nothing came for ${idleMillis / 1000} s`)));
    request.on('error', failed);
    request.end();
  });
}

/** Throws `DialError`. */
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
    throw unreachable(address, thrown);
  }
  if (length > maxBytes) {
    const sentence = `what the master at ${nameOf(address)} sends as its locustfile has more than ${maxBytes} bytes`;
    throw new DialError(`${sentence}: fewer are taken`, true);
  }
  return Buffer.concat(chunks);
}
