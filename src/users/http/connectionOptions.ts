/** How connections are made: options as a test writes them, and as the pool uses them. */
import { isIP } from 'node:net';
import type { SecureVersion } from 'node:tls';
import { OptionError } from '../../errors.js';

/** TLS of a class's connections. Locust: `client.verify`, `client.cert`. */
export interface HttpTlsOptions {
  /** Whether the server's certificate must be valid. Default true. */
  readonly verify?: boolean;
  /** Certificates to trust besides none of the system's: PEM text, or several. Default: those Node.js trusts. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  /** Client certificate, PEM. */
  readonly cert?: string | Buffer;
  /** Key of the client certificate, PEM. */
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  /** Name to ask for and to check the certificate against. Default: the host of the URL. */
  readonly servername?: string;
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
  /** As OpenSSL writes them. */
  readonly ciphers?: string;
}

/** A proxy: its URL, with credentials in it where it asks for some. Locust: `proxy_host`, `proxy_port`. */
export interface ProxyOptions {
  /** `http://`, `https://` or `socks5://`. */
  readonly url: string;
  /** Sent to the proxy alone. */
  readonly headers?: Readonly<Record<string, string>>;
  /** TLS to an https proxy. */
  readonly tls?: HttpTlsOptions;
  /** Whether plain http requests go through a CONNECT tunnel too. Default false: they are sent to the proxy whole. */
  readonly tunnelsHttp?: boolean;
}

export interface ConnectionOptions {
  /** Connections to one origin at most; calls beyond wait for one. With `http2`: streams of one connection. Default 10. */
  readonly connections?: number;
  /** Seconds for TCP and TLS together. 0: no limit. Default 60. Locust: `connection_timeout`. */
  readonly connectionTimeoutSeconds?: number;
  /** Seconds that an idle connection is kept, unless the server announces less. Default 300. */
  readonly keepAliveTimeoutSeconds?: number;
  readonly tls?: HttpTlsOptions;
  readonly proxy?: string | ProxyOptions;
  /** Speak HTTP/2: negotiated over https, by prior knowledge over http. Default false. */
  readonly http2?: boolean;
  /** Address of this machine to connect from. */
  readonly localAddress?: string;
}

/** The same, read and complete. */
export interface ConnectionSettings {
  readonly connections: number;
  readonly connectionTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly tls: HttpTlsOptions;
  readonly proxy: ProxyOptions | undefined;
  readonly http2: boolean;
  readonly localAddress: string | undefined;
}

const defaults = { connections: 10, connectionTimeoutSeconds: 60, keepAliveTimeoutSeconds: 300 } as const;
/** One object, so that one secure context is made of it. */
const plainTls: HttpTlsOptions = {};

/** Checks and completes options. Throws BAD_OPTION. */
export function readConnectionOptions(options: ConnectionOptions): ConnectionSettings {
  const connections = options.connections ?? defaults.connections;
  if (!Number.isInteger(connections) || connections < 1) {
    throw new OptionError(`the number of connections must be a whole number above 0 but is ${String(connections)}`);
  }
  const { localAddress, tls = plainTls, http2 = false } = options;
  if (localAddress !== undefined && isIP(localAddress) === 0) {
    throw new OptionError(`localAddress must be an IP address of this machine but is ${JSON.stringify(localAddress)}`);
  }
  const keepAlive = options.keepAliveTimeoutSeconds ?? defaults.keepAliveTimeoutSeconds;
  return {
    connections,
    connectionTimeoutMs: milliseconds(
      'connectionTimeoutSeconds',
      options.connectionTimeoutSeconds ?? defaults.connectionTimeoutSeconds,
    ),
    keepAliveTimeoutMs: Math.max(1, milliseconds('keepAliveTimeoutSeconds', keepAlive)),
    tls,
    proxy: options.proxy === undefined || options.proxy === '' ? undefined : readProxy(options.proxy),
    http2,
    localAddress,
  };
}

/** Seconds as whole milliseconds; 0 stays 0. Throws BAD_OPTION for what is no length of time. */
export function milliseconds(option: string, seconds: number): number {
  if (typeof seconds !== 'number' || !(seconds >= 0) || seconds > 2_000_000) {
    throw new OptionError(`${option} must be a number of seconds, 0 or more, but is ${String(seconds)}`);
  }
  return seconds === 0 ? 0 : Math.max(1, Math.round(seconds * 1000));
}

/** Throws BAD_OPTION when the proxy's URL is none. */
function readProxy(proxy: string | ProxyOptions): ProxyOptions {
  const options = typeof proxy === 'string' ? { url: proxy } : proxy;
  if (!/^(https?|socks5?):\/\/[^/]/i.test(options.url) || !URL.canParse(options.url)) {
    throw new OptionError(
      `proxy must be an http://, https:// or socks5:// URL but is ${JSON.stringify(options.url)}: for example http://127.0.0.1:3128`,
    );
  }
  return options;
}
