/** How probes and contenders know that a run goes as it should. */
import type { Environment } from 'tsload';

/** Waits until a condition holds; throws when it does not within that many seconds. */
export async function settled(condition: () => boolean, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A rate of failures is no result: ends the process with the first one. */
export function watchFailures({ stats }: Environment): void {
  setInterval(() => {
    const [error] = stats.errors;
    const [exception] = stats.exceptions;
    if (error !== undefined) throw new Error(`a request failed: ${error.error}`);
    if (exception !== undefined) throw new Error(`a task failed: ${exception.traceback}`);
  }, 500);
}
