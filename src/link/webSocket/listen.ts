/**
 * The HTTP server that carries links: opened with small limits, and with one sentence when it cannot be.
 */
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { bracketed } from '../../address.js';
import { ConnectionError } from '../../errors.js';
import type { LinkLimits, LinkServerOptions } from './options.js';

/** Bytes of a request's headers: a token and a few names. */
const maxHeaderSize = 8 * 1024;

/** Listens when it resolves. Throws `ConnectionError`. */
export async function listen(options: LinkServerOptions, limits: LinkLimits): Promise<Server> {
  const server = makeServer(options, limits);
  const { host, port } = options;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(options, error)));
    server.listen({ port, ...(host !== '*' && { host }), backlog: 1_024 }, resolve);
  });
  server.removeAllListeners('error');
  return server;
}

function makeServer({ tls }: LinkServerOptions, { handshakeMillis }: LinkLimits): Server {
  const http = {
    maxHeaderSize,
    headersTimeout: handshakeMillis,
    requestTimeout: handshakeMillis,
    keepAlive: true,
    noDelay: true,
  };
  try {
    if (tls === undefined) return createServer(http);
    const { cert, key, ca } = tls;
    // who shows none, or another, is refused by the first answer, which can say why
    const demand = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: false };
    return createTlsServer({ ...http, ...demand, cert, key, handshakeTimeout: handshakeMillis, minVersion: 'TLSv1.2' });
  } catch (thrown) {
    const what = thrown instanceof Error ? thrown.message : String(thrown);
    throw new ConnectionError(
      `the certificate or key of the master cannot be used (${what}): give both in PEM format`,
      {
        cause: thrown,
      },
    );
  }
}

function cannotListen({ host, port }: LinkServerOptions, error: Error): ConnectionError {
  const place = `${bracketed(host)}:${port}`;
  const code = 'code' in error ? String(error.code) : error.message;
  return new ConnectionError(`cannot listen for workers on ${place}: ${reasons[code] ?? error.message}`, {
    cause: error,
  });
}

const reasons: { readonly [code: string]: string } = {
  EADDRINUSE: 'the port is taken, maybe by another master: end that, or give another port',
  EADDRNOTAVAIL: 'this machine does not have that address: give one that it has, or * for all',
  EACCES: 'ports below 1024 are not for everybody: give a higher one',
  ENOTFOUND: 'the name is not known: give an address of this machine, or * for all',
};
