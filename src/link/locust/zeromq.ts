/**
 * The `zeromq` package, which is optional: it is native, and only this protocol needs it.
 */
import { bracketed } from '../../address.js';
import { ConnectionError } from '../../errors.js';

export type ZeroMq = typeof import('zeromq');

/** Throws `ConnectionError` when the package cannot be loaded. */
export async function loadZeroMq(load: () => Promise<ZeroMq> = () => import('zeromq')): Promise<ZeroMq> {
  try {
    return await load();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw new ConnectionError(
      `Locust's protocol needs the package zeromq, which cannot be loaded (${why}): npm install zeromq`,
      {
        cause,
      },
    );
  }
}

/** How both ends set their sockets: as Locust does. */
export const socketOptions = { linger: 0, tcpKeepalive: 1, tcpKeepaliveIdle: 30 } as const;

/** An address as ZeroMQ wants it; IPv6 addresses stand in brackets. */
export function endpointOf(host: string, port: number): string {
  return `tcp://${bracketed(host)}:${port}`;
}
