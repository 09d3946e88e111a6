/**
 * All events, typed. Names and meaning are Locust's, in camelCase; docs/events.md describes each.
 */
import type { Environment, Runner } from './environment.js';
import { EventHook } from './eventHook.js';
import { RequestHook } from './requestHook.js';

/** Options of a custom argument; see `ArgumentParser.addArgument`. */
export interface CustomArgument {
  readonly type?: 'string' | 'int' | 'float' | 'boolean';
  readonly default?: unknown;
  readonly choices?: readonly string[];
  readonly help?: string;
  /** Environment variable that gives the value. */
  readonly envVar?: string;
  /** Several values: a list. */
  readonly isMultiple?: boolean;
  /** Masked wherever options are shown. */
  readonly isSecret?: boolean;
  readonly isRequired?: boolean;
  readonly includeInWebUi?: boolean;
}

/** Takes custom arguments. Locust: the `parser` of `init_command_line_parser`. */
export interface ArgumentParser {
  /** `flags`: one or more like `--my-argument`, `-m`. The value is `parsedOptions.myArgument`. */
  addArgument(flags: string | readonly string[], options?: CustomArgument): void;
}

export interface EnvironmentEvent {
  readonly environment: Environment;
}
export interface InitEvent extends EnvironmentEvent {
  readonly runner: Runner | undefined;
  /** The web page; undefined when there is none. */
  readonly webUi: undefined;
}
export interface UserErrorEvent {
  /** The user (not the task set, as in Locust). */
  readonly userInstance: object;
  /** The task set whose task threw; the user itself for tasks directly on it. */
  readonly taskSet: object;
  readonly exception: unknown;
  readonly traceback: string;
}
export interface ReportEvent {
  readonly clientId: string;
  /** Mutable: what a worker's listener adds, the master's listener sees. Must be plain JSON-like values. */
  readonly data: Record<string, unknown>;
}
export interface WorkerEvent {
  readonly clientId: string;
}
export interface UsageEvent extends EnvironmentEvent {
  /** Percent of one core. */
  readonly cpuUsage: number;
}
export interface MemoryUsageEvent extends UsageEvent {
  /** Resident bytes. */
  readonly memoryUsage: number;
}
export interface HeartbeatEvent extends WorkerEvent {
  /** Seconds since 1970. */
  readonly timestamp: number;
}

/** Seconds that a listener of a test's end may take: what ends a test must end. */
const endingSeconds = 60;

export class Events {
  /** Whether a listener failed: the process then ends with code 2 unless a higher rule applies. */
  hasFailedListener = false;
  /** For tsload's own use: called when a listener fails, the first time and each time after. */
  onFailedListener: (() => void) | undefined;
  readonly #failed = () => this.listenerFailed();

  readonly initCommandLineParser = new EventHook<{ readonly parser: ArgumentParser }>(
    'initCommandLineParser',
    this.#failed,
  );
  readonly init = new EventHook<InitEvent>('init', this.#failed);
  readonly testStart = new EventHook<EnvironmentEvent>('testStart', this.#failed);
  readonly spawningComplete = new EventHook<{ readonly userCount: number }>('spawningComplete', this.#failed);
  readonly request = new RequestHook('request', this.#failed);
  readonly userError = new EventHook<UserErrorEvent>('userError', this.#failed);
  readonly reportToMaster = new EventHook<ReportEvent>('reportToMaster', this.#failed);
  readonly workerReport = new EventHook<ReportEvent>('workerReport', this.#failed);
  readonly workerConnect = new EventHook<WorkerEvent>('workerConnect', this.#failed);
  readonly testStopping = new EventHook<EnvironmentEvent>('testStopping', this.#failed, endingSeconds);
  readonly testStop = new EventHook<EnvironmentEvent>('testStop', this.#failed, endingSeconds);
  readonly resetStats = new EventHook<EnvironmentEvent>('resetStats', this.#failed);
  readonly quitting = new EventHook<EnvironmentEvent>('quitting', this.#failed);
  readonly quit = new EventHook<{ readonly exitCode: number }>('quit', this.#failed);
  readonly cpuWarning = new EventHook<UsageEvent>('cpuWarning', this.#failed);
  readonly usageMonitor = new EventHook<MemoryUsageEvent>('usageMonitor', this.#failed);
  readonly heartbeatSent = new EventHook<HeartbeatEvent>('heartbeatSent', this.#failed);
  readonly heartbeatReceived = new EventHook<HeartbeatEvent>('heartbeatReceived', this.#failed);

  /** For tsload's own use: a listener of something else than these events failed. */
  listenerFailed(): void {
    this.hasFailedListener = true;
    this.onFailedListener?.();
  }
}

/** The events of the command line's run: what a locustfile adds its listeners to. Locust: `locust.events`. */
export const events = new Events();
