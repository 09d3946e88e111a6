/**
 * Why an attempt to reach a master failed, in words, and whether trying again could help. Pure.
 */
import type { IncomingMessage } from 'node:http';
import { bracketed } from '../../address.js';
import { ConnectionError } from '../../errors.js';
import { oneLine, protocolVersion } from './frames.js';
import type { MasterAddress } from './options.js';

/** What a master that refuses a request answers with, and what a worker gets to read. */
export interface Refusal {
  readonly status: number;
  readonly sentence: string;
}

/** An attempt that failed. `isFinal`: the next one would fail as well. */
export class DialError extends ConnectionError {
  constructor(
    message: string,
    readonly isFinal: boolean,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

export function nameOf({ host, port }: MasterAddress): string {
  return `${bracketed(host)}:${port}`;
}

/** The other end's address, as people write it. */
export function shownAddress(socket: { readonly remoteAddress?: string | undefined }): string {
  return socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/i, '') ?? 'an unknown address';
}

/** The base of all URLs of a master. */
export function urlOf(address: MasterAddress, scheme: 'ws' | 'http'): string {
  return `${scheme}${isEncrypted(address) ? 's' : ''}://${nameOf(address)}`;
}

export function isEncrypted({ tls }: MasterAddress): boolean {
  return tls !== undefined && tls.isEnabled !== false;
}

/** What a master said with its refusal; nothing when it is the page of some other server. */
export function refusalOf(response: IncomingMessage, body: Uint8Array): Refusal {
  const isSentence = (response.headers['content-type'] ?? '').startsWith('text/plain');
  return { status: response.statusCode ?? 0, sentence: isSentence ? Buffer.from(body).toString() : '' };
}

/** The answer of an HTTP server that did not do what it was asked. */
export function refused(address: MasterAddress, { status, sentence }: Refusal): DialError {
  const master = `the master at ${nameOf(address)}`;
  const said = oneLine(sentence).slice(0, 500);
  if (status === 401) {
    const sentence = `${master} refuses this worker: its token is not the master's`;
    return new DialError(`${sentence}: give it the one that the master has or printed, as TSLOAD_TOKEN`, true);
  }
  if (said !== '' && status >= 400 && status < 500)
    return new DialError(`${master} refuses this worker: ${said}`, true);
  if (status === 426) {
    return new DialError(
      `${master} does not speak version ${protocolVersion} of the link: install the same tsload`,
      true,
    );
  }
  const what = said === '' ? `HTTP status ${status}` : `HTTP status ${status}: ${said}`;
  if (status >= 500) return new DialError(`${master} answers with ${what}`, false);
  return new DialError(`what listens at ${nameOf(address)} is no master of tsload: it answers with ${what}`, true);
}

const codes: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  ETIMEDOUT: 'there is no answer',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up now',
};

/** What the system, TLS or the WebSocket said. */
export function unreachable(address: MasterAddress, thrown: unknown): DialError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = 'code' in error ? String(error.code) : '';
  const master = `the master at ${nameOf(address)}`;
  const options = { cause: thrown };
  if (/^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT)/.test(code)) {
    return new DialError(`the certificate of ${master} ${faultOf(code, error)}`, true, options);
  }
  if (/ALERT|ERR_OSSL|ERR_SSL|EPROTO/.test(code)) {
    const hint = /WRONG_VERSION|packet length|wrong version/i.test(`${code} ${error.message}`)
      ? 'it does not speak TLS: give it --tls-cert and --tls-key, or this worker no --tls-ca'
      : `TLS failed (${code}); it may want a certificate of this worker`;
    return new DialError(`${master} cannot be talked to: ${hint}`, true, options);
  }
  if (/subprotocol/.test(error.message)) {
    return new DialError(
      `${master} does not speak version ${protocolVersion} of the link: install the same tsload`,
      true,
      options,
    );
  }
  if (code.startsWith('HPE_')) {
    return new DialError(
      `what listens at ${nameOf(address)} is no master of tsload: it does not speak HTTP; where a master has --protocol locust, tsload's workers join at its --ws-bind-port, 5558 unless set`,
      true,
      options,
    );
  }
  const hint = code === 'ECONNRESET' && !isEncrypted(address) ? '; it may want TLS' : '';
  return new DialError(`${master} cannot be reached: ${codes[code] ?? error.message}${hint}`, false, options);
}

/** What is wrong with a certificate, and what to do. */
function faultOf(code: string, error: Error): string {
  if (code === 'CERT_HAS_EXPIRED') return 'has expired: give the master a new one';
  if (code === 'CERT_NOT_YET_VALID') return 'is not valid yet: look at the clocks of both machines';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = namesIn(error);
    return `is not for that name${names === '' ? '' : `, but for ${names}`}: give --master-host as it stands in the certificate`;
  }
  return `is not trusted (${oneLine(error.message)}): give --tls-ca the authority that signed it`;
}

function namesIn(error: Error): string {
  const cert: unknown = 'cert' in error ? error.cert : undefined;
  const names: unknown =
    typeof cert === 'object' && cert !== null && 'subjectaltname' in cert ? cert.subjectaltname : undefined;
  return typeof names === 'string' ? oneLine(names).slice(0, 200) : '';
}

/** An error of Node's HTTP or TLS server about a connection. */
export interface ClientFault extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
}

/** What a master says of a connection from which no request came; undefined of one that was merely broken off. */
export function ofNoRequest({ code, message, rawPacket }: ClientFault): string | undefined {
  if (code === 'ECONNRESET' || code === 'EPIPE') return undefined;
  if (code !== undefined && /^(ERR_SSL|ERR_OSSL|ERR_TLS|EPROTO)/.test(code)) {
    return ofHandshake(code);
  }
  const what = `it sent no valid HTTP, so it is no worker of tsload (${code ?? oneLine(message)})`;
  if (rawPacket?.[0] === 0xff) return `${what}: maybe one of Locust, which this port is not for`;
  if (rawPacket?.[0] === 0x16) return 'it speaks TLS, and this master has no --tls-cert';
  return what;
}

function ofHandshake(code: string): string {
  if (/HTTP_REQUEST|WRONG_VERSION|UNKNOWN_PROTOCOL/.test(code)) return 'it does not speak TLS, and this master does';
  if (/ALERT/.test(code)) return `it ended the TLS handshake, maybe as it does not trust this master (${code})`;
  return `the TLS handshake failed (${code})`;
}
