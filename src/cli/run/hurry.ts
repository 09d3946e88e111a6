/**
 * Somebody does not want to wait any longer: what is left of a shutdown gets a moment, and no more.
 */
import { isControl } from '../../events/index.js';
import { describeThrown, getLogger } from '../../log.js';

const log = getLogger('tsload.main');

const hurriedStopMillis = 2000;

export class Hurry {
  /** From now on steps get a moment. */
  up: () => void = () => {};
  readonly #called = new Promise<void>((resolve) => {
    this.up = resolve;
  });

  /** Waits for a step of the shutdown. It must not end the shutdown, so what it throws is logged. */
  async unlessCalled(step: Promise<unknown>, name: string, momentMillis = hurriedStopMillis): Promise<void> {
    const settled = step.catch((thrown: unknown) => {
      if (isControl(thrown)) log.warning(`a listener of ${name} threw ${thrown.name}: there is no test left to steer`);
      else log.error(`${name} failed: ${describeThrown(thrown)}`);
    });
    const tooLong = this.#called.then(() => new Promise((resolve) => setTimeout(resolve, momentMillis)));
    await Promise.race([settled, tooLong]);
  }
}
