/** The worker's side: being written. */
import { ConnectionError } from '../../errors.js';
import type { ConnectOptions, WorkerEnd } from './options.js';

export function connect(options: ConnectOptions): Promise<WorkerEnd> {
  return Promise.reject(new ConnectionError(`cannot connect to ${options.host} yet`));
}
