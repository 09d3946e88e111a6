/**
 * The start of a master's own workers, which over ssh may take a while: a signal ends it, and then, as when it fails, whoever has
 * joined meanwhile is told that there will be no test.
 */
import type { MasterRunner } from '../../environment/index.js';
import { getLogger } from '../../log.js';
import type { Order, OwnWorkers } from '../cluster/ownWorkers.js';
import { Exit } from '../exit.js';
import { codeOfSignal, type Signals } from './signals.js';

const log = getLogger('tsload.main');

/** Throws `SpawnError`, or `Exit` after a signal; then nothing of it is left running. */
export async function startWorkers(
  own: Pick<OwnWorkers, 'start' | 'stop'>,
  orders: readonly Order[],
  runner: Pick<MasterRunner, 'quit'>,
  signals: Signals,
): Promise<void> {
  const stopped = new Promise<never>((_, reject) => {
    signals.giveTo({
      stop: (signal) => {
        log.info(`Got ${signal}: the test is not started (once more: at once)`);
        reject(new Exit(codeOfSignal(signal)));
      },
      hurry: (signal) => process.exit(codeOfSignal(signal)),
    });
  });
  try {
    await Promise.race([own.start(orders), stopped]);
  } catch (thrown) {
    await own.stop();
    await runner.quit();
    throw thrown;
  }
}
