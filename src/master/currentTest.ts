/**
 * The test that workers were told of, as those parts of the master share it that bring it about.
 */
import type { TestSettings } from '../link/index.js';
import type { RampControl } from './rampControl.js';

export interface CurrentTest {
  readonly number: number;
  /** Seconds since 1970: the warm-up and the run time count from here. */
  readonly startTime: number;
  readonly settings: TestSettings;
  /** Absent while workers are still waited for. */
  ramps: RampControl | undefined;
  isStopping: boolean;
}
