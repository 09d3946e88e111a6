/**
 * Opens sockets. One connector serves all connections with the same TLS options, so that certificates are read once for
 * a process and not once for each connection. No TLS session is resumed: each connection makes a whole handshake, as
 * each new visitor's would.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { TsloadError } from '../../errors.js';
import type { ConnectionSettings, HttpTlsOptions } from './connectionOptions.js';

/** Where to. undici's own names. */
export interface Destination {
  readonly hostname: string;
  readonly protocol: string;
  readonly port: string;
  readonly servername?: string | null | undefined;
}

/** Begins a connection: `connect`, `secureConnect` and `error` tell how it went. */
export function openSocket(to: Destination, settings: ConnectionSettings): Socket {
  const isSecure = to.protocol === 'https:';
  const host = to.hostname;
  const common = {
    host,
    port: Number(to.port || (isSecure ? 443 : 80)),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    ...(settings.localAddress === undefined ? {} : { localAddress: settings.localAddress }),
  };
  // How undici is told to speak HTTP/2 on a socket.
  if (!isSecure) return Object.assign(connectTcp(common), settings.http2 ? { alpnProtocol: 'h2' } : {});
  const { tls } = settings;
  const servername = tls.servername ?? (to.servername || host);
  return connectTls({
    ...common,
    secureContext: secureContextOf(tls),
    rejectUnauthorized: tls.verify !== false,
    ...(isIP(servername) === 0 ? { servername } : {}),
    ALPNProtocols: settings.http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
  });
}

const contexts = new WeakMap<HttpTlsOptions, SecureContext>();

/** The certificates and keys of these options, read once. Throws BAD_OPTION when they cannot be read. */
export function secureContextOf(tls: HttpTlsOptions): SecureContext {
  const known = contexts.get(tls);
  if (known !== undefined) return known;
  try {
    const made = createSecureContext(secureContextOptions(tls));
    contexts.set(tls, made);
    return made;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TsloadError(
      'BAD_OPTION',
      `the TLS options cannot be used (${reason}): give certificates and keys as PEM`,
      { cause },
    );
  }
}

/** For Node.js, which writes lists without `readonly`. */
export function secureContextOptions(tls: HttpTlsOptions): SecureContextOptions {
  const { ca, cert, key, passphrase, minVersion, maxVersion, ciphers } = tls;
  return {
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}
