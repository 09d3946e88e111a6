/**
 * Fires the events of a test on one node, waits for their listeners, and tells of one that throws to steer the test.
 */
import { isControl } from './control.js';
import type { Environment } from './environment.js';
import type { EventHook } from './eventHook.js';

export class TestEvents {
  /** How many ends are being told: a listener of `testStop` may begin another test, and end it. */
  #ends = 0;

  constructor(
    protected readonly environment: Environment,
    /** A listener threw a control exception. */
    protected readonly steered: (thrown: Error) => void,
    /** False where another node of the same process fires them. */
    protected readonly isFiring = true,
  ) {}

  /** Listeners of `testStopping` or `testStop` are being waited for: one of them must not wait for the end of the stop. */
  get isTellingEnd(): boolean {
    return this.#ends > 0;
  }

  testStart(): Promise<void> {
    return this.#fire(this.environment.events.testStart, { environment: this.environment });
  }

  spawningComplete(userCount: number): Promise<void> {
    return this.#fire(this.environment.events.spawningComplete, { userCount });
  }

  testStopping(): Promise<void> {
    return this.#tellEnd('testStopping');
  }

  testStop(): Promise<void> {
    return this.#tellEnd('testStop');
  }

  async #tellEnd(event: 'testStopping' | 'testStop'): Promise<void> {
    this.#ends++;
    try {
      await this.#fire(this.environment.events[event], { environment: this.environment });
    } finally {
      this.#ends--;
    }
  }

  async #fire<Event extends object>(hook: EventHook<Event>, event: Event): Promise<void> {
    if (!this.isFiring) return;
    try {
      await hook.fireAndWait(event);
    } catch (thrown) {
      if (!isControl(thrown)) throw thrown;
      this.steered(thrown);
    }
  }
}
