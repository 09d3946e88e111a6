/**
 * Locust's protocol on either side: what runs without it loads neither ZeroMQ nor msgpack.
 */
import type { WorkerEnd } from '../memory.js';
import type { LocustMasterOptions, LocustServer, LocustServerOptions } from './options.js';

/**
 * Listens for Locust workers, and others that speak its protocol. Throws `ConnectionError` when the `zeromq` package is not installed,
 * or the port is not free.
 */
export async function openLocustServer(options: LocustServerOptions): Promise<LocustServer> {
  const { Server } = await import('./server.js');
  return Server.open(options);
}

/**
 * Makes this process a worker of a real Locust master; resolves when that has registered it. Throws `ConnectionError` when the `zeromq`
 * package is not installed, or the master does not answer.
 */
export async function connectToLocustMaster(options: LocustMasterOptions): Promise<WorkerEnd> {
  const { MasterConnection } = await import('./masterConnection.js');
  return MasterConnection.open(options);
}
