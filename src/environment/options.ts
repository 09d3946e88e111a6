/**
 * What an environment is made from: what a program or the command line says, read once and made complete here.
 */
import { OptionError } from '../errors.js';
import type { Events, ParsedOptions } from '../events/index.js';
import type { IterationLimit } from '../link/index.js';
import type { Shape } from '../master/index.js';
import type { UserClass } from '../users/index.js';
import { defaultStallSeconds, defaultUsageLimits, type UsageLimits } from '../worker/index.js';

export type { Shape, UsageLimits, UserClass };

export interface EnvironmentOptions {
  /** Classes whose users run. Those of weight 0 and without a fixed count are dropped. Locust: `user_classes`. */
  readonly userClasses?: Iterable<UserClass>;
  /** An instance, not a class. Locust: `shape_class`. */
  readonly shape?: Shape;
  /** Default: events of its own. The command line gives the module's `events`. */
  readonly events?: Events;
  /** Base URL of all users; overrides that of their classes. Default: none. */
  readonly host?: string | undefined;
  /** Only tasks with one of these tags; on a worker the master's hold instead. Default: `parsedOptions.tags`, else all. */
  readonly tags?: readonly string[] | undefined;
  /** No task with one of these tags; on a worker as above. Default: `parsedOptions.excludeTags`, else none. */
  readonly excludeTags?: readonly string[] | undefined;
  /** Seconds that running tasks get to finish when users are stopped. Default: `parsedOptions.stopTimeout`, else 0. */
  readonly stopTimeout?: number | undefined;
  /** Whether statistics start again when the first ramp is complete. Default false. Locust: `reset_stats`. */
  readonly resetStats?: boolean | undefined;
  /** Whether a user goes on after an exception of a task. Default true. Locust: `catch_exceptions`. */
  readonly catchExceptions?: boolean | undefined;
  /** Options of the command line and custom ones. Default: none. */
  readonly parsedOptions?: ParsedOptions;
  /** Those of `parsedOptions` that a master sends to its workers: values of plain data. Default: all of them. */
  readonly customOptions?: ParsedOptions;
  /** A word for outputs. Locust: `profile`. */
  readonly profile?: string | undefined;
  /** Seconds from the start of each test whose samples are in no total. Default 0. */
  readonly warmup?: number | undefined;
  /** Task runs after which the test ends by itself, all users together or each. Default: no limit. */
  readonly iterations?: IterationLimit | undefined;
  /**
   * Seconds from the start of each test after which workers that cannot hear their master end it by themselves. Default: none.
   * It stops no test that its master can stop.
   */
  readonly runTime?: number | undefined;
  /** Whole number that determines task choice and wait times. Default: chance. */
  readonly seed?: number | undefined;
  /** Names of requests that are told apart; further ones count as `(other)`. Default 10,000. */
  readonly maxNames?: number | undefined;
  /** Charted percentiles, as fractions. Default 0.5 and 0.95. */
  readonly chartPercentiles?: readonly number[] | undefined;
  /**
   * Whether the runner quits when a test ends by itself (a shape's end, used up iterations, `StopTest`), or only stops.
   * Default: `parsedOptions.headless`, else false.
   */
  readonly quitAtEnd?: boolean | undefined;
  /**
   * Seconds without a turn of the event loop after which a task counts as never yielding: it is broken off, and the test ends.
   * 0: never. Default 5.
   */
  readonly stallSeconds?: number | undefined;
  /** How often CPU and memory are sampled, and from when on CPU is warned of. Default: each 10 seconds, above 90 %. */
  readonly usageLimits?: UsageLimits | undefined;
}

/** The same, checked and complete. */
export interface CompleteOptions {
  readonly tags: readonly string[];
  readonly excludeTags: readonly string[];
  readonly stopTimeout: number;
  readonly resetStats: boolean;
  readonly catchExceptions: boolean;
  readonly customOptions: ParsedOptions;
  readonly warmup: number;
  readonly runTime: number | undefined;
  readonly iterations: IterationLimit | undefined;
  readonly seed: number | undefined;
  readonly maxNames: number;
  readonly quitAtEnd: boolean;
  readonly stallSeconds: number;
  readonly usageLimits: UsageLimits;
}

/** Checks and completes. Throws `OptionError`. */
export function completeOptions(options: EnvironmentOptions): CompleteOptions {
  const parsed = options.parsedOptions ?? {};
  return {
    tags: options.tags ?? texts(parsed['tags']),
    excludeTags: options.excludeTags ?? texts(parsed['excludeTags']),
    stopTimeout: seconds('stopTimeout', options.stopTimeout ?? parsed['stopTimeout'] ?? 0),
    resetStats: options.resetStats ?? false,
    catchExceptions: options.catchExceptions ?? true,
    customOptions: options.customOptions ?? parsed,
    warmup: seconds('warmup', options.warmup ?? 0),
    runTime: options.runTime === undefined ? undefined : seconds('runTime', options.runTime),
    iterations: options.iterations && {
      ...options.iterations,
      count: whole('iterations', options.iterations.count, 1),
    },
    seed: options.seed === undefined ? undefined : whole('seed', options.seed, Number.MIN_SAFE_INTEGER),
    maxNames: whole('maxNames', options.maxNames ?? 10_000, 1),
    quitAtEnd: options.quitAtEnd ?? parsed['headless'] === true,
    stallSeconds: seconds('stallSeconds', options.stallSeconds ?? defaultStallSeconds),
    usageLimits: options.usageLimits ?? defaultUsageLimits,
  };
}

/** Throws `OptionError` for a class, or anything else that has no `tick`. */
export function checkedShape(shape: Shape | undefined): Shape | undefined {
  if (shape === undefined || typeof shape.tick === 'function') return shape;
  throw new OptionError('shape must be an object with a tick method: give an instance of the class, not the class');
}

function whole(name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  const range = least > Number.MIN_SAFE_INTEGER ? `, ${least} or more,` : '';
  throw new OptionError(`${name} must be a whole number${range} but is ${String(value)}`);
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function seconds(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new OptionError(`${name} must be a number of seconds, 0 or more, but is ${String(value)}`);
}
