/** Requests through a proxy: undici's ProxyAgent, which makes tunnels and keeps its own connections. */
import type { ProxyAgent } from 'undici';
import type { Attempt } from './connection.js';
import type { ConnectionSettings, HttpTlsOptions, ProxyOptions } from './connectionOptions.js';
import { secureContextOptions } from './connector.js';
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
      factory: (origin: string | URL, options: object) => new Pool(origin, { ...options, ...limits }),
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

function tlsOf(tls: HttpTlsOptions): object {
  return {
    ...secureContextOptions(tls),
    rejectUnauthorized: tls.verify !== false,
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
  };
}
