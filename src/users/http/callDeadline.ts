/** The time limits of one call. */
import { Deadline } from './deadlines.js';

/** `TimeoutError`: the whole call took too long. `NetworkTimeoutError`: nothing was heard for too long. */
export type TimeoutName = 'TimeoutError' | 'NetworkTimeoutError';

/** What has time limits. */
export interface Limited {
  expire(name: TimeoutName): void;
}

export class CallDeadline extends Deadline {
  constructor(
    private readonly call: Limited,
    private readonly timeout: TimeoutName,
  ) {
    super();
  }

  expire(): void {
    this.call.expire(this.timeout);
  }
}
