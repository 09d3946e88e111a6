/**
 * Before each file of unit tests. They run in a few processes, one after the other, which takes half of the processor time of a process
 * for each. Yet each finds the modules of the project as if nobody had loaded them, so whatever these keep is new; and what a
 * process holds beside them is compared before and after: a file that leaves something fails, and says what.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, vi } from 'vitest';
import { readProcessState, whatWasLeft } from './processState.js';

vi.resetModules();
const exitListeners = new Set(process.rawListeners('exit'));
const before = readProcessState();

/** How long what was closed may take to be gone. */
const patienceMillis = 20_000;

afterAll(async () => {
  endAsAProcess();
  const start = performance.now();
  let left = whatWasLeft(before, readProcessState());
  vi.useRealTimers();
  while (left.length > 0 && performance.now() - start < patienceMillis) {
    await sleep(20);
    left = whatWasLeft(before, readProcessState());
  }
  if (left.length > 0) throw new Error(`this file leaves to the next one in its process:\n${left.join('\n')}`);
});

/** Does what would happen if the process ended with the file, as a process of tsload does with its one run. */
function endAsAProcess(): void {
  for (const listener of process.rawListeners('exit')) {
    if (exitListeners.has(listener)) continue;
    process.removeListener('exit', listener as () => void);
    Reflect.apply(listener, process, [0]);
  }
  // What the loader of locustfiles keeps as long as the process: the modules that it gives them, and where they came from.
  for (const name of ['tsload.own', 'tsload.places']) Reflect.deleteProperty(globalThis, Symbol.for(name));
}
