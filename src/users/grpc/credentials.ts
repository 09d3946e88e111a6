/** How connections are secured. */
import { createSecureContext } from 'node:tls';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { TsloadError } from '../../errors.js';
import type { HttpTlsOptions } from '../http/connectionOptions.js';
import { grpcJs } from './lazy.js';

/** TLS of a class's connections: the same words as for HTTP. */
export type GrpcTlsOptions = HttpTlsOptions;

/** grpc-js credentials for `tls`; undefined or false: none. `owner` names the class in errors. */
export function credentialsFor(tls: GrpcTlsOptions | boolean | undefined, owner: string): ChannelCredentials {
  const { credentials } = grpcJs();
  if (tls === undefined || tls === false) return credentials.createInsecure();
  const { verify = true, servername: _, ca, ...context } = tls === true ? {} : tls;
  try {
    const trusted = ca === undefined ? {} : { ca: [ca].flat() };
    const secureContext = createSecureContext({ ...context, ...trusted });
    return credentials.createFromSecureContext(secureContext, { rejectUnauthorized: verify });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TsloadError('BAD_USER_CLASS', `static tls of ${owner} cannot be used: ${reason}`, { cause });
  }
}
