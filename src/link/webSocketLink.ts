/**
 * The link over the network, loaded when it is asked for: a test in one process pays nothing for it.
 */
import type { ConnectOptions, FetchOptions, LinkServer, LinkServerOptions, WorkerEnd } from './webSocket/options.js';

/** Listens for workers. Throws `ConnectionError` when it cannot. */
export async function openLinkServer(options: LinkServerOptions): Promise<LinkServer> {
  const { openServer } = await import('./webSocket/server.js');
  return openServer(options);
}

/**
 * Makes a worker's link; resolves when the master took it in. Tries again while no master answers. Throws `ConnectionError`
 * when there is none in time, or at once when it refuses this worker.
 */
export async function connectToMaster(options: ConnectOptions): Promise<WorkerEnd> {
  const { connect } = await import('./webSocket/connect.js');
  return connect(options);
}

/** The bytes of the master's locustfile package. Throws `ConnectionError`. */
export async function fetchLocustfile(options: FetchOptions): Promise<Uint8Array> {
  const { fetchPackage } = await import('./webSocket/fetchPackage.js');
  return fetchPackage(options);
}
