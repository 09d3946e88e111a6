/** Requests through a proxy: undici's ProxyAgent, which makes tunnels and keeps its own connections. */
import type { buildConnector, ProxyAgent } from 'undici';
import type { Attempt } from './connection.js';
import type { ConnectionSettings, HttpTlsOptions, ProxyOptions } from './connectionOptions.js';
import { secureContextOptions } from './connector.js';
import { RequestError } from './transportError.js';
import { undici } from './undici.js';

export class ProxyTransport {
  readonly #agent: ProxyAgent;

  constructor(proxy: ProxyOptions, settings: ConnectionSettings) {
    const { Pool, ProxyAgent: Agent } = undici();
    const limits = {
      connections: settings.connections,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: settings.keepAliveTimeoutMs,
      keepAliveMaxTimeout: settings.keepAliveTimeoutMs,
    };
    this.#agent = new Agent({
      ...limits,
      uri: proxy.url,
      proxyTunnel: proxy.tunnelsHttp ?? false,
      requestTls: { ...tlsOf(settings.tls), timeout: settings.connectionTimeoutMs },
      proxyTls: { ...tlsOf(proxy.tls ?? {}), timeout: settings.connectionTimeoutMs },
      factory: (origin: string | URL, options: object) =>
        new Pool(origin, { ...options, ...connectOf(options), ...limits }),
      // Of the connections on which tunnels are asked for: a proxy that never answers must not hold a call for ever.
      clientFactory: (origin: string | URL, options: object) =>
        new Pool(origin, { ...options, headersTimeout: settings.connectionTimeoutMs }),
      ...(proxy.headers === undefined ? {} : { headers: { ...proxy.headers } }),
    });
  }

  send(attempt: Attempt): void {
    this.#agent.dispatch(attempt.options, attempt.handler);
  }

  close(): void {
    this.#agent.destroy(new Error('the connection was closed'), () => {});
  }
}

/**
 * The agent's way to a tunnel, with one difference: undici takes a proxy that closes the connection for a connection that broke
 * between two requests, and asks again at once, for ever.
 */
function connectOf(options: object): { connect?: buildConnector.connector } {
  const connect: unknown = Reflect.get(options, 'connect');
  if (typeof connect !== 'function') return {};
  return {
    connect: (to, callback) => {
      const told: buildConnector.Callback = (...[error, socket]) => {
        if (error === null) callback(null, socket);
        else callback(isAskedAgain(error) ? closedByProxy(error) : error, null);
      };
      Reflect.apply(connect, undefined, [to, told]);
    },
  };
}

function isAskedAgain(error: Error): boolean {
  return 'code' in error && (error.code === 'UND_ERR_SOCKET' || error.code === 'UND_ERR_INFO');
}

function closedByProxy(cause: Error): RequestError {
  return new RequestError('ProxyError', 'the proxy closed the connection when it was asked for a tunnel', { cause });
}

function tlsOf(tls: HttpTlsOptions): object {
  return {
    ...secureContextOptions(tls),
    rejectUnauthorized: tls.verify !== false,
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
  };
}
