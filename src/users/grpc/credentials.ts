import type { SecureContextOptions } from 'node:tls';

/** How a connection is secured: Node's `tls` options (`ca`, `cert`, `key`, `passphrase`, `pfx`, …) and two more. */
export interface TlsOptions extends SecureContextOptions {
  /** False: any certificate of the server is accepted. Default true. */
  readonly rejectUnauthorized?: boolean;
  /** The name that the server's certificate must be for, and that is asked for (SNI). Default: the host's. */
  readonly servername?: string;
}
