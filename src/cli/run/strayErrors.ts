/**
 * Errors that nobody catches: a promise of a locustfile that is rejected and not awaited, a throw in a timer or an emitter.
 * Such a mistake of a test must not end the run: it is logged and counted like an exception of a task.
 */
import { isControl } from '../../events/index.js';
import { getLogger } from '../../log.js';
import { tracebackOf } from '../../traceback.js';
import { exitCodes } from '../exit.js';

const log = getLogger('tsload.main');

type Count = (thrown: unknown) => void;

export class StrayErrors {
  #count: Count | undefined;

  constructor() {
    process.on('unhandledRejection', (reason) => this.#caught('a rejected promise that nothing awaits', reason));
    process.on('uncaughtException', (thrown) => this.#caught('an exception that nothing catches', thrown));
  }

  /** From now on they are counted; before, they end the process. */
  countWith(count: Count): void {
    this.#count = count;
  }

  #caught(what: string, thrown: unknown): void {
    if (isControl(thrown)) return; // a user was stopped in the middle of something that its task did not await
    if (this.#count === undefined) {
      process.stderr.write(`tsload: error: ${what}: ${tracebackOf(thrown)}\n`);
      process.exit(exitCodes.failed);
    }
    log.error(`${what}: ${tracebackOf(thrown)}`);
    this.#count(thrown);
  }
}
