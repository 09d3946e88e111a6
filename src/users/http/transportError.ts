/** Names for what goes wrong between the client and the target, so that errors group and say whose fault they are. Pure. */

/**
 * Why a request failed. `generator limit` is the load generator's own fault: no files, ports or memory left.
 * `StaleConnectionError` is nobody's: the server closed a kept-alive connection while the request was on its way.
 */
export type RequestErrorName =
  | 'HTTPError'
  | 'ConnectionRefusedError'
  | 'ConnectionResetError'
  | 'ConnectionClosedError'
  | 'StaleConnectionError'
  | 'ConnectTimeoutError'
  | 'NetworkTimeoutError'
  | 'TimeoutError'
  | 'DnsError'
  | 'UnreachableError'
  | 'TlsError'
  | 'ProxyError'
  | 'ProtocolError'
  | 'IncompleteBodyError'
  | 'ContentDecodingError'
  | 'TooManyRedirectsError'
  | 'RedirectError'
  | 'RequestBodyError'
  | 'generator limit'
  | 'TransportError';

/** A request that failed: by its status, or without an answer. Never thrown by a call; `raiseForStatus` throws it. */
export class RequestError extends Error {
  override readonly name: RequestErrorName;

  constructor(name: RequestErrorName, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = name;
  }
}

/** What the client knows of an attempt that broke. */
export interface Circumstances {
  /** Whom the request was meant for, for the message: an origin, and the proxy if there is one. */
  readonly target: string;
  /** The connection stood when it broke. */
  readonly wasConnected: boolean;
  /** The head of the answer had arrived. */
  readonly hadHead: boolean;
  /** A connection that had served before, and ended before the server can have seen the request. */
  readonly wasStale: boolean;
}

const generatorLimits: Readonly<Record<string, string>> = {
  EMFILE: 'too many open files in this process (EMFILE): raise ulimit -n, or spread the users over more processes',
  ENFILE: 'too many open files on this machine (ENFILE): raise fs.file-max, or spread the users over more machines',
  EADDRNOTAVAIL:
    'no local port is left for a connection (EADDRNOTAVAIL): keep connections alive, widen net.ipv4.ip_local_port_range, or use more machines',
  EADDRINUSE:
    'no local port is left for a connection (EADDRINUSE): keep connections alive, widen net.ipv4.ip_local_port_range, or use more machines',
  ENOBUFS: 'the system has no buffers left (ENOBUFS): fewer users on this machine, or larger network buffers',
  ENOMEM: 'the system has no memory left (ENOMEM): fewer users on this machine',
};

/** The error that a sample shows for what a socket, undici or TLS reported. */
export function transportError(cause: unknown, seen: Circumstances): RequestError {
  if (cause instanceof RequestError) return cause;
  const codes = codesOf(cause);
  const limit = codes.find((code) => code in generatorLimits);
  if (limit !== undefined) return new RequestError('generator limit', generatorLimits[limit]!, { cause });
  const [name, message] = nameAndMessage(codes[0] ?? '', textOf(cause), seen);
  return new RequestError(name, message, { cause });
}

function nameAndMessage(code: string, text: string, seen: Circumstances): readonly [RequestErrorName, string] {
  const { target } = seen;
  if (isProxyFault(code, text)) return ['ProxyError', `${target}: ${text}`];
  if (isTls(code, text)) return ['TlsError', `${target}: ${tlsText(code, text)}`];
  switch (code) {
    case 'ECONNREFUSED':
      return ['ConnectionRefusedError', `${target} refused the connection`];
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
      return ['DnsError', `the host name of ${target} cannot be resolved (${code})`];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'ENETDOWN':
      return ['UnreachableError', `${target} cannot be reached (${code})`];
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return seen.wasConnected
        ? ['NetworkTimeoutError', `${target} no longer answers (${code})`]
        : ['ConnectTimeoutError', `${target} did not accept the connection in time`];
    // Only the request for a tunnel has such a limit.
    case 'UND_ERR_HEADERS_TIMEOUT':
      return ['ConnectTimeoutError', `${target} did not open a tunnel in time`];
    case 'UND_ERR_BODY_TIMEOUT':
      return ['NetworkTimeoutError', `${target} fell silent`];
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
    case 'HPE_INVALID_EOF_STATE':
      return ['IncompleteBodyError', `${target} ended the body before its announced end`];
    case 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH':
      return ['RequestBodyError', 'the request body is not as long as its Content-Length says'];
    default:
      return ended(code, text, seen);
  }
}

const resetCodes = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);
const closedCodes = new Set([
  'UND_ERR_SOCKET',
  'UND_ERR_INFO',
  'UND_ERR_ABORTED',
  'ERR_HTTP2_STREAM_CANCEL',
  'ERR_HTTP2_SESSION_ERROR',
]);

/** The connection ended, or something spoke no HTTP. */
function ended(
  code: string,
  text: string,
  { target, wasStale, hadHead }: Circumstances,
): readonly [RequestErrorName, string] {
  const wasReset = resetCodes.has(code);
  if (wasReset || closedCodes.has(code)) {
    if (wasStale)
      return ['StaleConnectionError', `${target} had closed the kept-alive connection when the request was sent`];
    if (wasReset) return ['ConnectionResetError', `${target} reset the connection${hadHead ? ' within the body' : ''}`];
    if (hadHead) return ['IncompleteBodyError', `${target} closed the connection within the body`];
    return ['ConnectionClosedError', `${target} closed the connection without an answer`];
  }
  // A PROTOCOL_ERROR is what Node.js itself makes of an answer that breaks the rules, such as a body of the wrong length.
  if (code === 'ERR_HTTP2_STREAM_ERROR' && !text.includes('NGHTTP2_PROTOCOL_ERROR')) {
    return ['ConnectionResetError', `${target} reset the stream (${/NGHTTP2_\w+/.exec(text)?.[0] ?? code})`];
  }
  if (code.startsWith('HPE_') || code.startsWith('ERR_HTTP2_') || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return ['ProtocolError', `${target} sent what is no valid HTTP: ${text}`];
  }
  return ['TransportError', `${target}: ${text}`];
}

/** Whether a connection ended: what a stale one does. Timeouts, refusals and bad certificates are something else. */
export function isEndOfConnection(cause: unknown): boolean {
  const code = codesOf(cause)[0] ?? '';
  return resetCodes.has(code) || code === 'UND_ERR_SOCKET';
}

function isProxyFault(code: string, text: string): boolean {
  return (
    text.startsWith('Proxy response') || text.startsWith('Proxy Authentication') || code.startsWith('UND_ERR_SOCKS5')
  );
}

function isTls(code: string, text: string): boolean {
  return (
    /^(ERR_SSL|ERR_TLS|ERR_OSSL|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|EPROTO|UND_ERR_PRX_TLS)/.test(
      code,
    ) || text.includes('before secure TLS connection')
  );
}

/** OpenSSL's own texts hold addresses and source lines: the code groups better. */
function tlsText(code: string, text: string): string {
  return /^(ERR_SSL|ERR_OSSL|EPROTO)/.test(code) || text === '' ? code : text;
}

/** The codes of an error, of the errors that it unites (a host with several addresses), and of its cause. */
function codesOf(thrown: unknown): string[] {
  if (!(thrown instanceof Error)) return [];
  const own = 'code' in thrown && typeof thrown.code === 'string' ? [thrown.code] : parserCode(thrown);
  const united = thrown instanceof AggregateError ? thrown.errors.flatMap(codesOf) : [];
  const deeper = own.length === 0 && thrown.cause !== undefined ? codesOf(thrown.cause) : [];
  return [...own, ...united, ...deeper];
}

/** undici's parser names its error only in words. */
function parserCode({ name, message }: Error): string[] {
  if (name !== 'HTTPParserError') return [];
  return [message.includes('Invalid EOF') ? 'HPE_INVALID_EOF_STATE' : 'HPE_INVALID'];
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
}
