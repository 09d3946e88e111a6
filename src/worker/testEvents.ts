/**
 * The events of a test on this node: fired here, or not at all where the master fires them. What a listener throws to steer the
 * test reaches whoever can end it.
 */
import { type Environment, type EnvironmentEvent, type EventHook, isControl } from '../events/index.js';
import { getLogger } from '../log.js';
import { StopTest } from '../users/index.js';

const log = getLogger('tsload.runners');

export class TestEvents {
  #isTellingEnd = false;

  constructor(
    private readonly environment: Environment,
    private readonly isFiring: boolean,
    private readonly stopTest: (reason: unknown) => void,
  ) {}

  /** Listeners of `testStopping` or `testStop` are being waited for: one of them must not wait for the end of the stop. */
  get isTellingEnd(): boolean {
    return this.#isTellingEnd;
  }

  /** Waits for the listeners, as the next two. */
  testStart(): Promise<void> {
    return this.#fire(this.environment.events.testStart);
  }

  testStopping(): Promise<void> {
    return this.#tellEnd(this.environment.events.testStopping);
  }

  testStop(): Promise<void> {
    return this.#tellEnd(this.environment.events.testStop);
  }

  spawningComplete(userCount: number): void {
    this.#steer(() => this.environment.events.spawningComplete.fire({ userCount }));
  }

  /** What listeners add to a report. */
  reportToMaster(clientId: string): Record<string, unknown> {
    const data: Record<string, unknown> = {};
    this.#steer(() => this.environment.events.reportToMaster.fire({ clientId, data }));
    return data;
  }

  async #tellEnd(hook: EventHook<EnvironmentEvent>): Promise<void> {
    this.#isTellingEnd = true;
    await this.#fire(hook).finally(() => {
      this.#isTellingEnd = false;
    });
  }

  async #fire(hook: EventHook<EnvironmentEvent>): Promise<void> {
    if (!this.isFiring) return;
    try {
      await hook.fireAndWait({ environment: this.environment });
    } catch (thrown) {
      this.#steered(thrown);
    }
  }

  #steer(fire: () => void): void {
    if (!this.isFiring) return;
    try {
      fire();
    } catch (thrown) {
      this.#steered(thrown);
    }
  }

  /** A listener threw a control exception: one that ends the test does, others mean nothing here. */
  #steered(thrown: unknown): void {
    if (!isControl(thrown)) throw thrown;
    if (thrown instanceof StopTest) this.stopTest(thrown);
    else log.debug(`a listener threw ${thrown.name}, which steers nothing here`);
  }
}
