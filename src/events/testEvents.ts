/**
 * Fires the events of a test on the master's node, waits for their listeners, and tells of one that ends the test.
 */
import { type Environment, type EnvironmentEvent, type EventHook, isControl } from '../events/index.js';

export class TestEvents {
  /** How many ends are being told: a listener of `testStop` may begin another test, and end it. */
  #ends = 0;

  constructor(
    private readonly environment: Environment,
    /** A listener threw a control exception. */
    private readonly steered: (thrown: Error) => void,
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
    return this.#tellEnd(this.environment.events.testStopping);
  }

  testStop(): Promise<void> {
    return this.#tellEnd(this.environment.events.testStop);
  }

  async #tellEnd(event: EventHook<EnvironmentEvent>): Promise<void> {
    this.#ends++;
    try {
      await this.#fire(event, { environment: this.environment });
    } finally {
      this.#ends--;
    }
  }

  async #fire<Event extends object>(hook: EventHook<Event>, event: Event): Promise<void> {
    try {
      await hook.fireAndWait(event);
    } catch (thrown) {
      if (!isControl(thrown)) throw thrown;
      this.steered(thrown);
    }
  }
}
