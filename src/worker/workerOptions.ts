/**
 * What a worker is made from, and what it says when it is over.
 */
import type { Environment, MessageListener } from '../events/index.js';
import type { RunSetup, TestSettings, UserClassUpdate, WorkerEnd } from '../link/index.js';
import type { LogRecord } from '../log.js';
import type { IntervalRecorder } from '../stats/index.js';
import type { UserClass } from '../users/index.js';
import { defaultKeptLimits, type KeptLimits } from './keptReports.js';
import type { UsageLimits } from './usageMonitor.js';

export interface WorkerOptions {
  /** `local` in a one-process run. */
  readonly id: string;
  readonly environment: Environment;
  readonly userClasses: ReadonlyMap<string, UserClass>;
  readonly link: WorkerEnd;
  readonly recorder: IntervalRecorder;
  /**
   * Whether this worker fires the events of a test itself (`testStart`, `spawningComplete`, `testStopping`, `testStop`,
   * `reportToMaster`). Not in a one-process run: the master does it there, and each fires once.
   */
  readonly firesTestEvents: boolean;
  /** Whether what the master says of tests waits for `release`: listeners of `init` come before all others. Default false. */
  readonly holdsMessages?: boolean;
  /** Takes over what was set up for the whole run. Called with each welcome. */
  applySetup?(setup: RunSetup): void;
  /** Takes over what the master says about the test: host, tags, custom options. */
  applySettings?(settings: TestSettings): void;
  updateUserClass?(update: UserClassUpdate): void;
  /** A message of the locustfile came. */
  customMessage?: (message: Parameters<MessageListener>[0]) => void;
  /** It is over: nothing runs and nothing comes any more. */
  ended?(ending: WorkerEnding): void;
  readonly usageLimits: UsageLimits;
  /** Seconds without a turn of the event loop after which a task is broken off; 0: never. */
  readonly stallSeconds: number;
  /** Seconds that it goes on without its master. Default 60. */
  readonly graceSeconds?: number;
  /** A log line as the worker's own log has it: lines are sent to the master. Default: they are not. */
  readonly formatLog?: (record: LogRecord) => string;
  /** Other values are for tests. */
  readonly times?: Partial<WorkerTimes>;
}

export interface WorkerTimes {
  /** Between two heartbeats; 0: none are sent. Default 1. */
  readonly heartbeatSeconds: number;
  /** Between two looks at lease, run time and grace, while there is something to watch. Default 0.2. */
  readonly watchSeconds: number;
  /** That a worker waits at its end for the master to have its last reports. Default 10. */
  readonly lastReportsSeconds: number;
  readonly keptReports: KeptLimits;
}

const defaultWorkerTimes: WorkerTimes = {
  heartbeatSeconds: 1,
  watchSeconds: 0.2,
  lastReportsSeconds: 10,
  keptReports: defaultKeptLimits,
};

export function completeTimes(times: Partial<WorkerTimes> = {}): WorkerTimes {
  return { ...defaultWorkerTimes, ...times };
}

export const defaultGraceSeconds = 60;

/** How a worker came to its end. */
export interface WorkerEnding {
  /** `quit`: its master said so. `left`: it was asked to, here. `lost`: it lost its master. */
  readonly why: 'quit' | 'left' | 'lost';
  /** For `lost`: what became of the master, as far as is known. */
  readonly reason: string;
  /** In reports that the master has not acknowledged. */
  readonly unreportedRequests: number;
}
