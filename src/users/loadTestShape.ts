/**
 * A load that a locustfile decides second by second. The master drives it.
 */

import { nowMicros } from '../clock.js';
import type { Environment, Runner } from '../events/index.js';

/**
 * What `tick` gives: `[users, spawnRate]`, `[users, spawnRate, userClasses]`, or `null` (or nothing) to end the test.
 * (Wider than the tuples it means, because TypeScript infers `[10, 2]` in a method as `number[]`.)
 */
export type ShapeTick = readonly (number | readonly unknown[] | null | undefined)[] | null | undefined;

/** Base of all load shapes. Locust: `LoadTestShape`. */
export abstract class LoadTestShape {
  /**
   * Not a shape to run but a base for others. Not inherited: a subclass that does not say so itself is a shape.
   * Default false. Locust: `abstract`.
   */
  static abstract = true;

  /**
   * Whether users, spawn rate and run time of the command line are meant for this shape, which reads them in
   * `environment.parsedOptions`. Otherwise they are ignored, with a warning. Default false. Locust: `use_common_options`.
   */
  static useCommonOptions = false;

  /** Set before the first tick. Locust: `runner`. */
  runner: Runner | undefined = undefined;
  /** Set before the first tick. Locust: `runner.environment`. */
  environment: Environment | undefined = undefined;

  #startMicros = nowMicros();

  /**
   * Called once a second. Users and users per second from now on, and optionally the user classes to start; `null` ends the
   * test. Only a result that differs from the last one changes anything. Locust: `tick`.
   */
  abstract tick(): ShapeTick;

  /** Seconds since the shape was started, or since `resetTime`. Locust: `get_run_time`. */
  getRunTime(): number {
    return (nowMicros() - this.#startMicros) / 1e6;
  }

  /**
   * Makes now the zero of `getRunTime`, or a moment so many seconds ago, in a test that a former master began. Called when the
   * shape starts. Locust: `reset_time`.
   */
  resetTime(elapsedSeconds = 0): void {
    this.#startMicros = nowMicros() - elapsedSeconds * 1e6;
  }

  /** Users that run right now, of all classes on all workers. Locust: `get_current_user_count`. */
  getCurrentUserCount(): number {
    return this.runner?.userCount ?? 0;
  }
}

/** A shape class that can be made and run. */
export interface ShapeClass {
  new (): LoadTestShape;
  readonly name: string;
  readonly useCommonOptions: boolean;
}

/** Whether a value is a subclass of `LoadTestShape` that is not abstract. */
export function isShapeClass(value: unknown): value is ShapeClass {
  if (typeof value !== 'function' || !(value.prototype instanceof LoadTestShape)) return false;
  return !(Object.hasOwn(value, 'abstract') && Reflect.get(value, 'abstract') === true);
}
