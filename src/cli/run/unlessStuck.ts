/**
 * A locustfile whose code awaits something that never comes leaves the event loop empty, and the process would end without a word.
 */
import { exitCodes } from '../exit.js';

/** Waits for the locustfile; says so and ends the process when it never comes. */
export async function unlessStuck<T>(loading: Promise<T>): Promise<T> {
  process.once('beforeExit', endStuckLoad);
  const loaded = await loading;
  process.off('beforeExit', endStuckLoad);
  return loaded;
}

function endStuckLoad(): void {
  process.stderr.write('tsload: error: the locustfile awaits something that never comes: it is not loaded\n');
  process.exit(exitCodes.failed);
}
