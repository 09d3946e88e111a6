/**
 * Asks a shape once a second what the load shall be, and acts when the answer changes.
 */
import { epochSeconds } from '../clock.js';
import { getLogger } from '../log.js';
import { tracebackOf } from '../traceback.js';
import { isSameLoad, readTick, type ShapeLoad } from './shapeTick.js';

const log = getLogger('tsload.runners');

/** A load shape as the master sees it. */
export interface Shape {
  tick(): unknown;
  /** `elapsedSeconds`: that have passed already, in a test that goes on. */
  resetTime?(elapsedSeconds?: number): void;
}

export interface ShapeActions {
  /** Names of the user classes of the test. */
  readonly userClasses: ReadonlySet<string>;
  apply(load: ShapeLoad): void;
  /** The shape is over. `failure`: what is wrong with it, in a sentence. */
  ended(failure?: string): void;
  isStopTest(thrown: unknown): boolean;
}

export class ShapeDriver {
  /** Seconds since 1970: the zero of the shape's time. */
  readonly startTime: number;
  #timer: NodeJS.Timeout | undefined;
  #last: ShapeLoad | undefined;
  #isRunning = true;
  readonly #began = performance.now();
  #ticks = 0;

  constructor(
    private readonly shape: Shape,
    private readonly actions: ShapeActions,
    elapsedSeconds = 0,
  ) {
    shape.resetTime?.(elapsedSeconds);
    this.startTime = epochSeconds() - elapsedSeconds;
  }

  /** The first tick comes at once; each next one a second after the one before was due. */
  tick(): void {
    if (!this.#isRunning) return;
    this.#ticks++;
    const load = this.#ask();
    if (load === undefined) return;
    if (!isSameLoad(load, this.#last)) {
      this.#last = load;
      this.actions.apply(load);
    }
    if (!this.#isRunning) return;
    const late = performance.now() - this.#began - this.#ticks * 1000;
    if (late > 0) this.#ticks += Math.floor(late / 1000); // a second that the process slept through has no tick
    this.#timer = setTimeout(() => this.tick(), Math.max(0, this.#ticks * 1000 - (performance.now() - this.#began)));
  }

  cancel(): void {
    this.#isRunning = false;
    clearTimeout(this.#timer);
  }

  #ask(): ShapeLoad | undefined {
    try {
      const load = readTick(this.shape.tick(), this.actions.userClasses);
      if (load === undefined) this.#end();
      return load;
    } catch (thrown) {
      if (this.actions.isStopTest(thrown)) {
        log.error(`the load shape ends the test: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
        this.#end();
      } else {
        this.#end(sentence(thrown));
      }
      return undefined;
    }
  }

  #end(failure?: string): void {
    this.cancel();
    this.actions.ended(failure);
  }
}

/** A shape's own exception brings its stack; what tsload says about a result stands for itself. */
function sentence(thrown: unknown): string {
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'BAD_SHAPE') return thrown.message;
  return `tick of the load shape failed: ${tracebackOf(thrown)}`;
}
