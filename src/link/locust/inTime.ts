/**
 * A wait with an end.
 */

/** Whether it comes in time. Throws the signal's reason. */
export async function inTime(event: Promise<true>, seconds: number, signal: AbortSignal | undefined): Promise<boolean> {
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let abort = () => {};
  const late = new Promise<false>((resolve, reject) => {
    timer = setTimeout(() => resolve(false), seconds * 1000);
    abort = () => reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([event, late]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
