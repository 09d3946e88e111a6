/**
 * What all runners have for the command line, beside what listeners and users see of them.
 */
import type { Runner } from '../events/index.js';
import type { UserClassUpdate } from '../link/index.js';

export interface TestRunner extends Runner {
  /** Something failed that is neither a failed request nor an exception of a task: exit code 2. */
  readonly hasFault: boolean;
  /** A user class could not run as it is set up, having no host: exit code 1. */
  readonly hasBadSetup: boolean;
  /** On a worker: it lost its master, or what it measured last did not reach it: exit code 1. */
  readonly lossOfMaster?: boolean;
  /** CPU usage was above 90 % at least once in this test, on any node. Locust: `cpu_warning_emitted`. */
  readonly hasCpuWarning: boolean;
  /** As `stop`, for callers that no listener waits for. */
  stopWithListeners(): Promise<void>;
  /** The stop timeout of a stop that is under way, or comes, is over at once, and nobody waits for who cannot be heard. */
  hurry(): void;
  /** A user class is to be changed in this process. Throws `TsloadError` BAD_OPTION if it could not be changed on all workers. */
  checkUserClassUpdate?(update: UserClassUpdate): void;
  /** The process ends with this call: a master lets its workers go, as far as that needs no waiting. */
  abandon?(): void;
  /** A user class was changed in this process: a master has all workers change it. */
  userClassUpdated?(update: UserClassUpdate): void;
}
