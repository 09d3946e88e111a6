/**
 * The events of a test on a worker. What a listener throws to steer the test reaches whoever can end it.
 */
import { type Environment, isControl, TestEvents } from '../events/index.js';
import { getLogger } from '../log.js';
import { StopTest } from '../users/index.js';

const log = getLogger('tsload.runners');

export class WorkerTestEvents extends TestEvents {
  /** `isFiring`: they are fired here, and not by the master because it is in the same process. */
  constructor(environment: Environment, isFiring: boolean, stopTest: (reason: unknown) => void) {
    const steered = (thrown: Error): void => {
      if (thrown instanceof StopTest) stopTest(thrown);
      else log.debug(`a listener threw ${thrown.name}, which steers nothing here`);
    };
    super(environment, steered, isFiring);
  }

  /** What listeners add to a report. */
  reportToMaster(clientId: string): Record<string, unknown> {
    const data: Record<string, unknown> = {};
    if (!this.isFiring) return data;
    try {
      this.environment.events.reportToMaster.fire({ clientId, data });
    } catch (thrown) {
      if (!isControl(thrown)) throw thrown;
      this.steered(thrown);
    }
    return data;
  }
}
