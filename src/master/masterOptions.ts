/**
 * What a master is made from.
 */
import type { CustomMessage, Environment } from '../events/index.js';
import type { RunSetup, TestSettings } from '../link/index.js';
import type { RunStatistics } from '../stats/index.js';
import type { ClassPlan } from './dispatcher.js';
import type { Journal, RestoredRun } from './journal.js';
import type { Shape } from './shapeDriver.js';
import type { Patience } from './silence.js';

export interface MasterOptions {
  readonly environment: Environment;
  readonly statistics: RunStatistics;
  readonly setup: RunSetup;
  /** Asked at the start of each test. */
  classes(): readonly ClassPlan[];
  /** Called at the start of each test, before anybody hears of it. */
  prepare(): void;
  /** Asked at the start of each test, when listeners of `testStart` are done. */
  settings(): TestSettings;
  readonly shape: Shape | undefined;
  /** Statistics start again each time all users are there. */
  readonly resetStats: boolean;
  /** A test that ends by itself ends the runner too. */
  readonly quitAtEnd: boolean;
  /**
   * Whether workers are other processes: then they may be missing, come and go, and `workerConnect`, `workerReport` and
   * `heartbeatSent` are fired.
   */
  readonly isDistributed: boolean;
  /** Seconds that a spawn message is sent before its time. */
  readonly leadSeconds: number;
  isStopTest(thrown: unknown): boolean;
  customMessage?(message: CustomMessage): void;
  /** How long silent workers are waited for. Default: `defaultPatience`. */
  readonly patience?: Partial<Patience>;
  /** Whether warnings of workers are repeated in this process's log. Default true. */
  readonly repeatsWarnings?: boolean;
  /** SHA-256 of the locustfile's bundle: a worker that has another one is warned of. */
  readonly locustfileSha256?: string | undefined;
  readonly journal?: Journal | undefined;
  /** The run of a master that ended: this one goes on with it. `setup` and the statistics are restored by then. */
  readonly restored?: RestoredRun | undefined;
  /** Whether nobody can come before `release`: those of a restored run are waited for from then on. Default false. */
  readonly isHeld?: boolean;
}
