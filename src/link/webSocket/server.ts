/** The master's side: being written. */
import { ConnectionError } from '../../errors.js';
import type { LinkServer, LinkServerOptions } from './options.js';

export function openServer(options: LinkServerOptions): Promise<LinkServer> {
  return Promise.reject(new ConnectionError(`cannot listen on ${options.host} yet`));
}
