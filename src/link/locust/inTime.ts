/**
 * A wait with an end.
 */

import { type Call, callAfter } from '../../clock.js';

/** Whether it comes in time. Throws the signal's reason. */
export async function inTime(event: Promise<true>, seconds: number, signal: AbortSignal | undefined): Promise<boolean> {
  signal?.throwIfAborted();
  let limit: Call | undefined;
  let abort = () => {};
  const late = new Promise<false>((resolve, reject) => {
    limit = callAfter(seconds, () => resolve(false));
    abort = () => reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([event, late]);
  } finally {
    limit?.cancel();
    signal?.removeEventListener('abort', abort);
  }
}
