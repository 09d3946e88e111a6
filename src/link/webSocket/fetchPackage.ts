/** The worker's side of the delivery of locustfiles: being written. */
import { ConnectionError } from '../../errors.js';
import type { FetchOptions } from './options.js';

export function fetchPackage(options: FetchOptions): Promise<Uint8Array> {
  return Promise.reject(new ConnectionError(`cannot fetch from ${options.host} yet`));
}
