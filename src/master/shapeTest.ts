/**
 * A test whose load a shape decides: starts the shape, brings about what it wants, and ends with it.
 */
import { epochSeconds } from '../clock.js';
import { TsloadError } from '../errors.js';
import type { StartOptions } from '../events/index.js';
import { getLogger } from '../log.js';
import { type Shape, ShapeDriver } from './shapeDriver.js';
import type { ShapeLoad } from './shapeTick.js';

const log = getLogger('tsload.runners');

export interface ShapeTestParts {
  userClasses(): readonly string[];
  start(userCount: number, spawnRate: number, options: StartOptions): void;
  /** Something is wrong with the shape. */
  failed(message: string): void;
  /** The shape is over, and so is the test. */
  ended(): void;
  isStopTest(thrown: unknown): boolean;
}

export class ShapeTest {
  #driver: ShapeDriver | undefined;

  constructor(
    private readonly shape: Shape | undefined,
    private readonly parts: ShapeTestParts,
  ) {}

  /** Seconds since 1970: the zero of the shape's time; `undefined` when no shape decides. */
  get startTime(): number | undefined {
    return this.#driver?.startTime;
  }

  /** Lets the shape decide from now on. A second call while it does changes nothing. */
  start(): void {
    if (this.#driver !== undefined) {
      log.info('There is an ongoing shape test running: it goes on');
      return;
    }
    log.info('Shape test starting');
    this.#drive(0);
  }

  /** Lets it go on as if it had been started then, in seconds since 1970. */
  resume(startTime: number): void {
    this.#drive(epochSeconds() - startTime);
  }

  cancel(): void {
    this.#driver?.cancel();
    this.#driver = undefined;
  }

  #drive(elapsedSeconds: number): void {
    if (this.shape === undefined) {
      throw new TsloadError('MISUSE', 'there is no load shape: give the environment one');
    }
    const actions = {
      userClasses: new Set(this.parts.userClasses()),
      apply: (load: ShapeLoad) => this.#apply(load),
      ended: (failure: string | undefined) => this.#ended(failure),
      isStopTest: (thrown: unknown) => this.parts.isStopTest(thrown),
    };
    this.#driver = new ShapeDriver(this.shape, actions, elapsedSeconds);
    this.#driver.tick();
  }

  #apply({ userCount, spawnRate, userClasses }: ShapeLoad): void {
    log.info(`Shape test updating to ${userCount} users at ${spawnRate.toFixed(2)} spawn rate`);
    this.parts.start(userCount, spawnRate, userClasses === undefined ? {} : { userClasses });
  }

  #ended(failure: string | undefined): void {
    this.#driver = undefined;
    if (failure !== undefined) this.parts.failed(failure);
    log.info('Shape test stopping');
    this.parts.ended();
  }
}
