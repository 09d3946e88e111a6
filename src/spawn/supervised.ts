/**
 * The worker's end of being spawned (`tsload --worker --supervised`): takes what it is handed, and sees to it that this process
 * does not outlive the one that started it.
 */
import { Worker as Thread } from 'node:worker_threads';
import { OptionError } from '../errors.js';
import { type Handover, readHandover } from './handover.js';

let supervision: Promise<Handover> | undefined;

/** True once `superviseSelf` was called: this process is a spawned worker, and spawns none itself. */
export function isSupervised(): boolean {
  return supervision !== undefined;
}

/**
 * To be called before anything that may take long: from now on the process ends with the one that started it, even while a task
 * spins. It gets SIGTERM first, and is killed when it still runs after a while. Twice is once.
 *
 * Throws `OptionError` in a process that no spawner started.
 */
export function superviseSelf(): Promise<Handover> {
  supervision ??= watch();
  return supervision;
}

/** What the thread tells. */
export type WatchdogMessage =
  | { readonly kind: 'handover'; readonly line: string }
  /** There is no pipe to watch. */
  | { readonly kind: 'alone' };

function watch(): Promise<Handover> {
  const script = new URL('./watchdogThread.js', import.meta.url);
  const thread = new Thread(script, { execArgv: [], env: {}, name: 'tsload watchdog' });
  return new Promise((resolve, reject) => {
    thread.once('message', (message: WatchdogMessage) => {
      thread.unref();
      try {
        if (message.kind === 'alone') throw alone();
        resolve(readHandover(message.line));
      } catch (thrown) {
        reject(thrown);
      }
    });
    thread.once('error', reject);
  });
}

function alone(): OptionError {
  return new OptionError('--supervised is for workers that tsload itself starts: leave it out');
}
